//! What a scan finds.

use std::borrow::Cow;
use std::ops::Range;

/// What a line says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found<'a> {
    /// When it happened, in nanoseconds since the Unix epoch.
    pub time: Option<u64>,
    /// How bad it is.
    pub severity: Option<Severity<'a>>,
    /// Where the message stands in the line: a JSON string, quotes included.
    pub message: Option<Range<u32>>,
    /// The trace that the line belongs to; never all zero.
    pub trace_id: Option<[u8; 16]>,
    /// The span that the line belongs to; never all zero.
    pub span_id: Option<[u8; 8]>,
    /// The value of the most preferred correlation key.
    pub correlation_id: Option<Text<'a>>,
}

/// A line's severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Severity<'a> {
    /// OpenTelemetry's `SeverityNumber`: 1 to 24, 0 when the text is not known.
    pub number: u8,
    /// The text as it stands in the line; for a number, the name of what it means.
    pub text: &'a str,
}

/// The content of a JSON string or a number, as it stands in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    pub(crate) raw: &'a str,
    pub(crate) is_escaped: bool,
}

impl<'a> Text<'a> {
    /// The value, for which escapes have to be resolved in a copy.
    pub fn decode(&self) -> Cow<'a, str> {
        if self.is_escaped { Cow::Owned(unescape(self.raw)) } else { Cow::Borrowed(self.raw) }
    }
}

/// Resolves the escapes of a checked string.
fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let mut chars = escape.chars();
        match chars.next() {
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('u') => {
                rest = push_code_point(&mut text, &escape[1..]);
                continue;
            }
            other => text.extend(other),
        }
        rest = chars.as_str();
    }
    text.push_str(rest);
    text
}

/// Pushes the character whose code units follow, and returns what is after it.
fn push_code_point<'a>(text: &mut String, digits: &'a str) -> &'a str {
    let unit = |digits: &str| digits.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
    let units = [unit(digits), digits.get(4..).and_then(|rest| unit(rest.strip_prefix("\\u")?))];
    let decoded = char::decode_utf16(units.into_iter().map_while(|unit| unit)).next();
    match decoded {
        Some(Ok(character)) => {
            text.push(character);
            digits.get(if character.len_utf16() == 2 { 10 } else { 4 }..).unwrap_or_default()
        }
        // A checked string has no other; this keeps it from mattering.
        _ => {
            text.push(char::REPLACEMENT_CHARACTER);
            digits.get(4..).unwrap_or_default()
        }
    }
}
