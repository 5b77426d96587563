//! One walk over a request that came from outside.

mod schema;

use self::schema::{FieldKind, KEY_VALUE, LOGS_REQUEST, Schema, TRACE_REQUEST};
use crate::wire::{DEPTH_MAX, Fields, Value, WireError, split_short};

/// Checks an `ExportTraceServiceRequest` and counts its spans.
///
/// Accepts what prost accepts, except that ids must be empty or have the right length and that a message that may
/// occur once occurs once: see [the module](super).
pub fn check_traces(request: &[u8]) -> Result<u64, WireError> {
    check(request, &TRACE_REQUEST)
}

/// Checks an `ExportLogsServiceRequest` and counts its log records, as [`check_traces`] does.
pub fn check_logs(request: &[u8]) -> Result<u64, WireError> {
    check(request, &LOGS_REQUEST)
}

fn check(request: &[u8], schema: &'static Schema) -> Result<u64, WireError> {
    let mut walk = Walk { records: 0 };
    walk.message(request, schema, DEPTH_MAX)?;
    Ok(walk.records)
}

struct Walk {
    records: u64,
}

impl Walk {
    /// `depth` is how many levels may still be below this message.
    fn message(&mut self, message: &[u8], schema: &'static Schema, depth: u32) -> Result<(), WireError> {
        let mut seen = 0_u32;
        let mut fields = Fields::with_depth(message, depth);
        while let Some(field) = fields.next() {
            let field = field?;
            match (schema.kind(field.number), field.value) {
                (FieldKind::Unknown, _) if depth == 0 => return Err(WireError::Depth),
                (FieldKind::Unknown, _)
                | (FieldKind::Varint, Value::Varint(_))
                | (FieldKind::Fixed64, Value::Fixed64(_))
                | (FieldKind::Fixed32, Value::Fixed32(_))
                | (FieldKind::Bytes, Value::Bytes(_)) => {}
                (FieldKind::Text, Value::Bytes(text)) => check_text(text)?,
                (FieldKind::Id(len), Value::Bytes(id)) if id.is_empty() || id.len() == len => {}
                (FieldKind::Id(_), Value::Bytes(_)) => return Err(WireError::IdLength),
                (FieldKind::Once(schema), Value::Bytes(inner)) => {
                    if seen & (1 << field.number) != 0 {
                        return Err(WireError::Repeated);
                    }
                    seen |= 1 << field.number;
                    self.message(inner, schema, below(depth)?)?;
                }
                (FieldKind::KeyValues, Value::Bytes(inner)) => {
                    let depth = below(depth)?;
                    self.key_value(inner, depth)?;
                    while let Some(inner) = fields.next_short(field.number as u8) {
                        self.key_value(inner, depth)?;
                    }
                }
                (FieldKind::Many(schema), Value::Bytes(inner)) => {
                    self.message(inner, schema, below(depth)?)?
                }
                (FieldKind::Record(schema), Value::Bytes(inner)) => {
                    self.records += 1;
                    self.message(inner, schema, below(depth)?)?;
                }
                _ => return Err(WireError::WireType),
            }
        }
        Ok(())
    }

    #[inline]
    fn key_value(&mut self, message: &[u8], depth: u32) -> Result<(), WireError> {
        if depth > 0 && is_plain_key_value(message) {
            return Ok(());
        }
        self.message(message, &KEY_VALUE, depth)
    }
}

/// Whether a `KeyValue` is what encoders nearly always write: a key and a value, each once and in ASCII if text.
/// What this does not recognise is looked at field by field.
#[inline]
fn is_plain_key_value(message: &[u8]) -> bool {
    let Some((key, value_field)) = split_short(message, 1) else { return false };
    let Some((value, [])) = split_short(value_field, 2) else { return false };
    match value {
        // Then tags and lengths are, too; so one look covers key and value.
        [0x0a, len, text @ ..] => usize::from(*len) == text.len() && is_ascii(message),
        [0x10 | 0x18, number @ ..] => is_varint(number) && is_ascii(key),
        [0x21, number @ ..] => number.len() == 8 && is_ascii(key),
        _ => false,
    }
}

/// Whether `bytes` are one varint of at most 9 bytes.
#[inline]
fn is_varint(bytes: &[u8]) -> bool {
    match bytes.split_last() {
        Some((last, rest)) => rest.len() < 9 && *last < 0x80 && rest.iter().all(|byte| *byte >= 0x80),
        None => false,
    }
}

/// `<[u8]>::is_ascii` for the short text that attributes have.
#[inline]
fn is_ascii(text: &[u8]) -> bool {
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    let Some(last) = text.last_chunk::<8>() else { return text.iter().all(u8::is_ascii) };
    let (chunks, _) = text.as_chunks::<8>();
    let all = chunks.iter().fold(u64::from_le_bytes(*last), |all, chunk| all | u64::from_le_bytes(*chunk));
    all & HIGH_BITS == 0
}

fn below(depth: u32) -> Result<u32, WireError> {
    depth.checked_sub(1).ok_or(WireError::Depth)
}

#[inline]
fn check_text(text: &[u8]) -> Result<(), WireError> {
    if is_ascii(text) || simdutf8::basic::from_utf8(text).is_ok() { Ok(()) } else { Err(WireError::Utf8) }
}
