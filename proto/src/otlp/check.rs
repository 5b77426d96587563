//! One walk over a request that came from outside.

mod schema;

use self::schema::{FieldKind, LOGS_REQUEST, Schema, TRACE_REQUEST};
use crate::wire::{DEPTH_MAX, Fields, Value, WireError};

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
        for field in Fields::with_depth(message, depth) {
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
}

fn below(depth: u32) -> Result<u32, WireError> {
    depth.checked_sub(1).ok_or(WireError::Depth)
}

#[inline]
fn check_text(text: &[u8]) -> Result<(), WireError> {
    if text.is_ascii() || simdutf8::basic::from_utf8(text).is_ok() { Ok(()) } else { Err(WireError::Utf8) }
}
