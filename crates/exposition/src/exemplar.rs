//! Exemplars of OpenMetrics.

use crate::Reason;
use crate::cursor::Cursor;

/// Name and value as they stand on the page.
type RawLabel<'a> = (&'a [u8], &'a [u8]);

/// An example observation, usually with the trace it came from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exemplar<'a> {
    /// What follows the opening brace, closing brace included; checked.
    labels: &'a [u8],
    /// The observed value.
    pub value: f64,
    /// Milliseconds since 1970, when the page gives a time.
    pub timestamp_ms: Option<i64>,
}

impl<'a> Exemplar<'a> {
    pub(crate) fn new(labels: &'a [u8], value: f64, timestamp_ms: Option<i64>) -> Self {
        Self { labels, value, timestamp_ms }
    }

    /// Names and values in the order of the page. Escapes are left as they are, as Prometheus leaves them. A name
    /// in quotes may be no UTF-8, values always are.
    pub fn labels(&self) -> impl Iterator<Item = RawLabel<'a>> + use<'a> {
        let mut cursor = Cursor::new(self.labels);
        std::iter::from_fn(move || label(&mut cursor).ok().flatten())
    }
}

/// Reads what follows the opening brace, closing brace included.
pub(crate) fn scan_labels<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Reason> {
    let start = cursor.at;
    while label(cursor)?.is_some() {}
    Ok(cursor.since(start))
}

/// Reads a label and the comma behind it; `None` at the closing brace, which is taken.
fn label<'a>(cursor: &mut Cursor<'a>) -> Result<Option<RawLabel<'a>>, Reason> {
    if cursor.eat(b'}') {
        return Ok(None);
    }
    let name = match cursor.peek() {
        Some(b'"') => cursor.quoted_line().filter(|name| !name.contains(&0)),
        _ => cursor.label_name(),
    };
    let name = name.ok_or(Reason::LabelName)?;
    if !cursor.eat(b'=') {
        return Err(Reason::Equals);
    }
    let value = cursor.label_value(false)?;
    if value.contains(&0) {
        return Err(Reason::LabelValue);
    }
    if !cursor.eat(b',') && cursor.peek() != Some(b'}') {
        return Err(Reason::LabelEnd);
    }
    Ok(Some((name, value)))
}
