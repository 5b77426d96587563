//! Writing JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use weir_proto::otlp::AnyValueView;
use weir_proto::wire::WireError;

/// Values nested deeper than this are refused; intake lets less through.
const DEPTH_MAX: usize = 128;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends `text` in quotes.
#[inline]
pub(crate) fn put_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    put_escaped(out, text.as_bytes());
    out.push(b'"');
}

/// Appends `text`, which is UTF-8, with quotes, backslashes and control characters escaped.
pub(crate) fn put_escaped(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len());
    let mut rest = text;
    loop {
        let clean = clean_len(rest);
        out.extend_from_slice(&rest[..clean]);
        let Some(&byte) = rest.get(clean) else { return };
        put_escape(out, byte);
        rest = &rest[clean + 1..];
    }
}

/// Length of the part of `text` before the first byte to escape. Whole blocks are looked at without branches, which
/// the compiler turns into vector instructions; then words of 8 bytes find the place.
#[inline]
fn clean_len(text: &[u8]) -> usize {
    const BLOCK: usize = 32;
    let (blocks, _) = text.as_chunks::<BLOCK>();
    let clean_blocks = blocks
        .iter()
        .take_while(|block| !block.iter().fold(false, |found, &byte| found | needs_escape(byte)))
        .count();
    let mut at = clean_blocks * BLOCK;
    let (words, _) = text[at..].as_chunks::<8>();
    for word in words {
        let found = escapes_in(u64::from_le_bytes(*word));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    text[at..].iter().position(|&byte| needs_escape(byte)).map_or(text.len(), |tail| at + tail)
}

/// The top bit of each byte to escape. Where a byte is marked, higher ones may be marked wrongly, since the
/// subtractions borrow; the lowest mark is right.
const fn escapes_in(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const TOPS: u64 = ONES << 7;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let quotes = quote.wrapping_sub(ONES) & !quote;
    let backslashes = backslash.wrapping_sub(ONES) & !backslash;
    (control | quotes | backslashes) & TOPS
}

#[inline]
const fn needs_escape(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

fn put_escape(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        _ => {
            out.extend_from_slice(b"\\u00");
            put_hex(out, &[byte]);
        }
    }
}

/// Appends bytes as lower-case hexadecimal digits.
pub(crate) fn put_hex<const N: usize>(out: &mut Vec<u8>, bytes: &[u8; N]) {
    let digits = bytes.map(|byte| [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    out.extend_from_slice(digits.as_flattened());
}

/// Appends a whole number.
pub(crate) fn put_int(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends a value as JSON: bytes in base64 and numbers that JSON does not have as text, as in OTLP/JSON.
pub(crate) fn put_value(out: &mut Vec<u8>, value: AnyValueView<'_>) -> Result<(), WireError> {
    put_nested(out, value, DEPTH_MAX)
}

fn put_nested(out: &mut Vec<u8>, value: AnyValueView<'_>, depth: usize) -> Result<(), WireError> {
    let depth = depth.checked_sub(1).ok_or(WireError::Depth)?;
    match value {
        AnyValueView::Empty => out.extend_from_slice(b"null"),
        AnyValueView::Str(text) => put_string(out, text),
        AnyValueView::Bool(true) => out.extend_from_slice(b"true"),
        AnyValueView::Bool(false) => out.extend_from_slice(b"false"),
        AnyValueView::Int(number) => put_int(out, number),
        AnyValueView::Double(number) => put_double(out, number),
        AnyValueView::Bytes(bytes) => put_string(out, &STANDARD.encode(bytes)),
        AnyValueView::Array(array) => {
            out.push(b'[');
            for (index, value) in array.values().enumerate() {
                put_comma(out, index);
                put_nested(out, value?, depth)?;
            }
            out.push(b']');
        }
        AnyValueView::KvList(list) => {
            out.push(b'{');
            for (index, entry) in list.iter().enumerate() {
                let entry = entry?;
                put_comma(out, index);
                put_string(out, entry.key()?);
                out.push(b':');
                put_nested(out, entry.value()?, depth)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn put_comma(out: &mut Vec<u8>, index: usize) {
    if index > 0 {
        out.push(b',');
    }
}

fn put_double(out: &mut Vec<u8>, number: f64) {
    if number.is_finite() {
        out.extend_from_slice(ryu::Buffer::new().format_finite(number).as_bytes());
    } else if number.is_nan() {
        out.extend_from_slice(b"\"NaN\"");
    } else {
        out.extend_from_slice(if number > 0.0 { b"\"Infinity\"" } else { b"\"-Infinity\"" });
    }
}

/// Appends a value as a string: text as it is, anything else as JSON text.
pub(crate) fn put_as_string(out: &mut Vec<u8>, value: AnyValueView<'_>) -> Result<(), WireError> {
    match value {
        AnyValueView::Str(text) => put_string(out, text),
        AnyValueView::Bytes(bytes) => put_string(out, &STANDARD.encode(bytes)),
        value => {
            let mut text = Vec::new();
            put_value(&mut text, value)?;
            out.push(b'"');
            put_escaped(out, &text);
            out.push(b'"');
        }
    }
    Ok(())
}

/// Appends a value for a `flattened` field: text, numbers and booleans as they are, lists and objects as JSON text,
/// whose keys and depth then mean nothing to the mapping.
pub(crate) fn put_flat(out: &mut Vec<u8>, value: AnyValueView<'_>) -> Result<(), WireError> {
    match value {
        AnyValueView::Array(_) | AnyValueView::KvList(_) => put_as_string(out, value),
        value => put_value(out, value),
    }
}

#[cfg(test)]
mod tests;
