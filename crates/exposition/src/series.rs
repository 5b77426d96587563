//! A line that holds a sample.

use crate::cursor::Cursor;
use crate::unescape::unescape;
use crate::{Exemplar, Format, Kind, LabelBuf, Reason, number};

/// A sample as it stands on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesLine<'a> {
    /// The raw bytes of name and labels. Equal bytes under an equal [`Kind`] are one series.
    pub series: &'a [u8],
    /// The sample.
    pub value: f64,
    /// Milliseconds since 1970, when the page gives a time.
    pub timestamp_ms: Option<i64>,
    /// OpenMetrics only.
    pub exemplar: Option<Exemplar<'a>>,
    /// The type that the last `TYPE` line gave, of whatever metric.
    pub kind: Kind,
    pub(crate) format: Format,
}

impl SeriesLine<'_> {
    /// Decodes name and labels into `out`, which is cleared first. Fails when a name in quotes is not UTF-8.
    ///
    /// Values of `le` in histograms and of `quantile` in summaries are brought into OpenMetrics' form, so that
    /// `le="1"` and `le="1.0"` are one series, as Prometheus 3 does.
    pub fn labels(&self, out: &mut LabelBuf) -> Result<(), Reason> {
        out.clear();
        let mut result = Ok(());
        let mut decode = |part: Part<'_>| {
            if result.is_ok() {
                result = push_part(&part, self.kind, out);
            }
        };
        scan(&mut Cursor::new(self.series), self.format, &mut decode)?;
        result
    }
}

/// What a series is made of, as it stands between quotes or without them.
pub(crate) enum Part<'a> {
    Name(&'a [u8]),
    Label(&'a [u8], &'a [u8]),
}

fn push_part(part: &Part<'_>, kind: Kind, out: &mut LabelBuf) -> Result<(), Reason> {
    let text = |bytes| std::str::from_utf8(bytes).map_err(|_| Reason::Utf8).map(|text| unescape(text, true));
    match part {
        // No matter what such a label is called: an empty label is an absent one.
        Part::Label(name, []) => out.push(text(name).as_deref().unwrap_or_default(), ""),
        Part::Name(name) => out.push("__name__", &text(name)?),
        Part::Label(name, value) => {
            let (name, value) = (text(name)?, text(value)?);
            match canonical_bound(kind, &name, &value) {
                Some(value) => out.push(&name, &value),
                None => out.push(&name, &value),
            }
        }
    }
    Ok(())
}

fn canonical_bound(kind: Kind, name: &str, value: &str) -> Option<String> {
    match (kind, name) {
        (Kind::Histogram, "le") | (Kind::Summary, "quantile") => {
            number::parse_value(value.as_bytes()).ok().map(number::canonical)
        }
        _ => None,
    }
}

/// Reads a series and leaves the cursor behind it. Blanks at the start of a text line become part of the name, as
/// in Prometheus.
pub(crate) fn scan<'a>(
    cursor: &mut Cursor<'a>,
    format: Format,
    visit: &mut impl FnMut(Part<'a>),
) -> Result<(), Reason> {
    let start = cursor.at;
    if format == Format::Text {
        cursor.skip_blanks();
    }
    let named = cursor.peek() != Some(b'{');
    if named {
        cursor.metric_name().ok_or(Reason::Start)?;
        visit(Part::Name(cursor.since(start)));
        let end = cursor.at;
        skip_blanks(cursor, format);
        if cursor.peek() != Some(b'{') {
            cursor.at = end;
            return Ok(());
        }
    }
    cursor.at += 1;
    scan_labels(cursor, format, named, visit)
}

fn skip_blanks(cursor: &mut Cursor<'_>, format: Format) {
    if format == Format::Text {
        cursor.skip_blanks();
    }
}

/// Reads what follows the opening brace, closing brace included. A quoted text that is no label's name is the
/// metric's name.
fn scan_labels<'a>(
    cursor: &mut Cursor<'a>,
    format: Format,
    mut named: bool,
    visit: &mut impl FnMut(Part<'a>),
) -> Result<(), Reason> {
    loop {
        skip_blanks(cursor, format);
        if cursor.eat(b'}') {
            return if named { Ok(()) } else { Err(Reason::NameMissing) };
        }
        let quoted = cursor.peek() == Some(b'"');
        let name = if quoted { cursor.quoted_name() } else { cursor.label_name() };
        let name = name.ok_or(Reason::LabelName)?;
        skip_blanks(cursor, format);
        if quoted && matches!(cursor.peek(), Some(b',' | b'}')) {
            if named {
                return Err(Reason::NameTwice);
            }
            named = true;
            visit(Part::Name(name));
            cursor.eat(b',');
            continue;
        }
        visit(Part::Label(name, scan_value(cursor, format)?));
        skip_blanks(cursor, format);
        // The text format does without commas between labels.
        if !cursor.eat(b',') && format == Format::OpenMetrics && cursor.peek() != Some(b'}') {
            return Err(Reason::LabelEnd);
        }
    }
}

fn scan_value<'a>(cursor: &mut Cursor<'a>, format: Format) -> Result<&'a [u8], Reason> {
    if !cursor.eat(b'=') {
        return Err(Reason::Equals);
    }
    skip_blanks(cursor, format);
    cursor.label_value(format == Format::Text)
}
