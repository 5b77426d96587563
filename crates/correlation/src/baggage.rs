//! The W3C `baggage` header.

use std::borrow::Cow;

/// A header longer than this is not read; the specification asks for at least so much.
pub const BYTES_MAX: usize = 8192;

/// The value of the first entry named `key`, percent-decoded. Entries that break the grammar are passed over.
///
/// <https://www.w3.org/TR/baggage/#baggage-http-header-format>
pub fn get<'a>(header: &'a str, key: &str) -> Option<Cow<'a, str>> {
    if header.len() > BYTES_MAX {
        return None;
    }
    header.split(',').find_map(|member| {
        let entry = member.split(';').next()?;
        let (name, value) = entry.split_once('=')?;
        (name.trim_matches(OWS) == key).then(|| decode(value.trim_matches(OWS)))
    })
}

/// Optional white space, RFC 7230 section 3.2.3.
const OWS: [char; 2] = [' ', '\t'];

/// A percent sign that two hexadecimal digits do not follow stands for itself.
fn decode(value: &str) -> Cow<'_, str> {
    if !value.contains('%') {
        return Cow::Borrowed(value);
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        match (first, escaped_byte(tail)) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    Cow::Owned(String::from_utf8(bytes).unwrap_or_else(|error| {
        // The Baggage API of OpenTelemetry replaces what is not UTF-8.
        String::from_utf8_lossy(error.as_bytes()).into_owned()
    }))
}

fn escaped_byte(tail: &[u8]) -> Option<u8> {
    let digit = |at: usize| tail.get(at).and_then(|&byte| char::from(byte).to_digit(16));
    Some((digit(0)? << 4 | digit(1)?) as u8)
}

#[cfg(test)]
mod tests;
