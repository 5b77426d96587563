//! The W3C `traceparent` header.

use crate::ids;

/// A span's place in a trace, as `traceparent` carries it.
///
/// <https://www.w3.org/TR/trace-context/#traceparent-header>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    /// `trace-id`
    pub trace_id: [u8; 16],
    /// `parent-id`: the span that the header's writer was in.
    pub span_id: [u8; 8],
    /// `trace-flags`: bit 0 is sampled, bit 1 says that the trace id is random.
    pub flags: u8,
}

/// Length of version 00 and least length of any version.
const LEN: usize = 55;

impl TraceParent {
    /// Reads a header value. A version above 00 is read as far as 00 defines it (section 4.3, versioning).
    pub fn parse(header: &[u8]) -> Option<Self> {
        let (fields, rest) = header.split_at_checked(LEN)?;
        let version = hex_byte(&fields[..2])?;
        let dashes = [fields[2], fields[35], fields[52]] == *b"---";
        let ends = rest.is_empty() || (version > 0 && rest[0] == b'-');
        let lower_case = !fields.iter().any(u8::is_ascii_uppercase);
        if version == 0xff || !dashes || !ends || !lower_case {
            return None;
        }
        Some(Self {
            trace_id: ids::trace_id(&fields[3..35])?,
            span_id: ids::span_id(&fields[36..52])?,
            flags: hex_byte(&fields[53..])?,
        })
    }
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    Some((digit(digits[0])? << 4 | digit(digits[1])?) as u8)
}

#[cfg(test)]
mod tests;
