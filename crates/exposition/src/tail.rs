//! What follows the series on a line: value, timestamp, exemplar.

use crate::cursor::Cursor;
use crate::exemplar;
use crate::number::{parse_plain, parse_value};
use crate::{Exemplar, Format, Reason};

/// The part of a line behind the series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tail<'a> {
    /// The sample.
    pub value: f64,
    /// Milliseconds since 1970, when the page gives a time.
    pub timestamp_ms: Option<i64>,
    /// OpenMetrics only.
    pub exemplar: Option<Exemplar<'a>>,
    /// Bytes that the tail takes, line end included.
    pub len: usize,
}

/// Reads what follows the series at the start of `rest`, line end included.
///
/// For a line whose series bytes were recognised: the byte at the start of `rest` must be a blank, since otherwise
/// the series on the page may be a longer one.
#[inline]
pub fn parse_tail(rest: &[u8], format: Format) -> Result<Tail<'_>, Reason> {
    if rest.first() == Some(&b' ')
        && let Some((value, len)) = parse_plain(&rest[1..])
        && rest[1 + len] == b'\n'
    {
        return Ok(Tail { value, timestamp_ms: None, exemplar: None, len: len + 2 });
    }
    match format {
        Format::Text => text_tail(rest),
        Format::OpenMetrics => open_metrics_tail(rest),
    }
}

/// Blanks, value, blanks, perhaps digits, blanks, line end. The page's end counts as a line end.
fn text_tail(rest: &[u8]) -> Result<Tail<'_>, Reason> {
    let mut cursor = Cursor::new(rest);
    cursor.skip_blanks();
    let value = parse_value(token(&mut cursor, |byte| matches!(byte, b'{' | b' ' | b'\t' | b'\n' | 0)))?;
    cursor.skip_blanks();
    let digits = token(&mut cursor, |byte| !byte.is_ascii_digit());
    let timestamp_ms = if digits.is_empty() { None } else { Some(milliseconds(digits)?) };
    cursor.skip_blanks();
    if !cursor.eat(b'\n') && !cursor.rest().is_empty() {
        return Err(Reason::LineEnd);
    }
    Ok(Tail { value, timestamp_ms, exemplar: None, len: cursor.at })
}

/// Value, perhaps timestamp, perhaps exemplar, each after one blank; line end.
fn open_metrics_tail(rest: &[u8]) -> Result<Tail<'_>, Reason> {
    let mut cursor = Cursor::new(rest);
    let value = number(&mut cursor, Reason::Value)?;
    let mut tail = Tail { value, timestamp_ms: None, exemplar: None, len: 0 };
    if cursor.peek() == Some(b' ') && !cursor.rest().starts_with(b" # ") {
        tail.timestamp_ms = Some(seconds(&mut cursor)?);
    }
    if cursor.eat_text(b" # {") {
        let labels = exemplar::scan_labels(&mut cursor)?;
        let value = number(&mut cursor, Reason::Value)?;
        let timestamp_ms = if cursor.peek() == Some(b' ') { Some(seconds(&mut cursor)?) } else { None };
        tail.exemplar = Some(Exemplar::new(labels, value, timestamp_ms));
    }
    match cursor.peek() {
        Some(b'\n') => {
            tail.len = cursor.at + 1;
            Ok(tail)
        }
        Some(_) => Err(Reason::LineEnd),
        None => Err(Reason::EofMissing),
    }
}

/// Takes the bytes before the first one that `ends` names.
fn token<'a>(cursor: &mut Cursor<'a>, ends: impl Fn(u8) -> bool) -> &'a [u8] {
    let start = cursor.at;
    let rest = cursor.rest();
    cursor.at += rest.iter().position(|&byte| ends(byte)).unwrap_or(rest.len());
    cursor.since(start)
}

/// A blank and a number in OpenMetrics.
fn number(cursor: &mut Cursor<'_>, otherwise: Reason) -> Result<f64, Reason> {
    if !cursor.eat(b' ') {
        return Err(otherwise);
    }
    parse_value(token(cursor, |byte| matches!(byte, b' ' | b'\n' | 0))).map_err(|_| otherwise)
}

/// A blank and a time in seconds in OpenMetrics, cut to whole milliseconds as Prometheus cuts it. A time beyond the
/// range is the end of the range (in Prometheus that depends on the processor).
fn seconds(cursor: &mut Cursor<'_>) -> Result<i64, Reason> {
    let seconds = number(cursor, Reason::Timestamp)?;
    if seconds.is_finite() { Ok((seconds * 1000.0) as i64) } else { Err(Reason::Timestamp) }
}

/// A time in milliseconds in the text format: digits only.
fn milliseconds(digits: &[u8]) -> Result<i64, Reason> {
    std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok()).ok_or(Reason::Timestamp)
}

#[cfg(test)]
mod tests;
