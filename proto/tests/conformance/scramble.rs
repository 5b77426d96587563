//! Encodings that prost does not write: fields in another order, twice, unknown, packed otherwise, cut off.

use weir_proto::wire::{
    Field, Fields, Value, put_bytes_field, put_fixed64_field, put_tag, put_varint, put_varint_field,
};

use super::choices::Choices;

/// A message's definition as far as scrambling needs it: which fields hold messages.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    TraceRequest,
    ResourceSpans,
    ScopeSpans,
    Span,
    LinkOrEvent,
    LogsRequest,
    ResourceLogs,
    ScopeLogs,
    LogRecord,
    Resource,
    Scope,
    KeyValue,
    AnyValue,
    Array,
    List,
    MetricsRequest,
    TimeSeries,
    Exemplar,
    Flat,
}

impl Shape {
    fn inner(self, number: u32) -> Option<Self> {
        Some(match (self, number) {
            (Self::TraceRequest, 1) => Self::ResourceSpans,
            (Self::LogsRequest, 1) => Self::ResourceLogs,
            (Self::ResourceSpans | Self::ResourceLogs, 1) => Self::Resource,
            (Self::ResourceSpans, 2) => Self::ScopeSpans,
            (Self::ResourceLogs, 2) => Self::ScopeLogs,
            (Self::ScopeSpans | Self::ScopeLogs, 1) => Self::Scope,
            (Self::ScopeSpans, 2) => Self::Span,
            (Self::ScopeLogs, 2) => Self::LogRecord,
            (Self::Span, 11 | 13) => Self::LinkOrEvent,
            (Self::Span, 15) => Self::Flat,
            (Self::LogRecord, 5) | (Self::KeyValue, 2) | (Self::Array, 1) => Self::AnyValue,
            (Self::Span, 9)
            | (Self::LinkOrEvent, 3 | 4)
            | (Self::LogRecord, 6)
            | (Self::Resource, 1)
            | (Self::Scope, 3)
            | (Self::List, 1) => Self::KeyValue,
            (Self::Resource, 3) => Self::Flat,
            (Self::AnyValue, 5) => Self::Array,
            (Self::AnyValue, 6) => Self::List,
            (Self::MetricsRequest, 5) => Self::TimeSeries,
            (Self::TimeSeries, 2 | 5) => Self::Flat,
            (Self::TimeSeries, 4) => Self::Exemplar,
            _ => return None,
        })
    }

    /// Fields of numbers that may be packed.
    fn may_be_packed(self, number: u32) -> bool {
        matches!((self, number), (Self::TimeSeries | Self::Exemplar, 1))
    }
}

/// Writes `message` in another way. The result need not be valid.
pub(crate) fn scramble(message: &[u8], shape: Shape, choices: &mut Choices<'_>) -> Vec<u8> {
    let mut fields = Vec::new();
    for field in Fields::new(message) {
        let Ok(field) = field else { return message.to_vec() };
        put_field(&mut fields, message, &field, shape, choices);
    }
    match choices.below(24) {
        1 if !fields.is_empty() => fields.rotate_left(1),
        2 => fields.reverse(),
        3 if !fields.is_empty() => {
            let twice = fields[choices.below(fields.len())].clone();
            fields.insert(choices.below(fields.len() + 1), twice);
        }
        4 => fields.insert(choices.below(fields.len() + 1), unknown_field(choices)),
        5 if !fields.is_empty() => drop(fields.remove(choices.below(fields.len()))),
        _ => {}
    }
    fields.concat()
}

/// Appends `field`, scrambled within, as one or more fields.
fn put_field(
    fields: &mut Vec<Vec<u8>>,
    message: &[u8],
    field: &Field<'_>,
    shape: Shape,
    choices: &mut Choices<'_>,
) {
    let mut out = Vec::new();
    match (field.value, shape.inner(field.number)) {
        (Value::Bytes(inner), Some(inner_shape)) => {
            put_bytes_field(&mut out, field.number, &scramble(inner, inner_shape, choices));
        }
        (Value::Bytes(packed), None) if shape.may_be_packed(field.number) && choices.below(2) == 1 => {
            let at = choices.below(packed.len() + 1);
            let (front, back) = packed.split_at(at);
            put_bytes_field(&mut out, field.number, front);
            // Bytes that are varints on their own, unless a varint was cut in two.
            for byte in back {
                put_tag(&mut out, field.number, 0);
                out.push(*byte);
            }
        }
        _ => out.extend_from_slice(&message[field.range.clone()]),
    }
    fields.push(out);
}

fn unknown_field(choices: &mut Choices<'_>) -> Vec<u8> {
    let number = [900, 20, 63, 64, (1 << 29) - 1, 1, 2, 3, 7][choices.below(9)];
    let mut out = Vec::new();
    match choices.below(6) {
        0 => put_varint_field(&mut out, number, u64::MAX),
        1 => put_fixed64_field(&mut out, number, 7),
        2 => put_bytes_field(&mut out, number, &[0xff, 0xc0]),
        3 => {
            put_tag(&mut out, number, 5);
            out.extend_from_slice(&[1, 2, 3, 4]);
        }
        4 => put_groups(&mut out, number, 1),
        _ => put_groups(&mut out, number, 80 + choices.below(25)),
    }
    out
}

/// Groups within each other, the innermost with one field.
fn put_groups(out: &mut Vec<u8>, number: u32, depth: usize) {
    (0..depth).for_each(|_| put_tag(out, number, 3));
    put_varint_field(out, 1, 1);
    (0..depth).for_each(|_| put_tag(out, number, 4));
}

/// Changes single bytes, or cuts the message off.
pub(crate) fn damage(message: &mut Vec<u8>, choices: &mut Choices<'_>) {
    for _ in 0..choices.below(4) {
        let at = choices.below(message.len());
        let byte = choices.below(256) as u8;
        match choices.below(5) {
            0 if !message.is_empty() => message[at] = byte,
            1 => message.insert(at.min(message.len()), byte),
            2 if !message.is_empty() => drop(message.remove(at)),
            3 => message.truncate(at),
            _ => {
                let mut varint = Vec::new();
                put_varint(&mut varint, u64::from(byte) << 56);
                message.splice(at..at, varint);
            }
        }
    }
}
