//! OTLP's messages as tables. `proto/vendor/opentelemetry` has the definitions.

/// What a field holds.
#[derive(Clone, Copy)]
pub(super) enum FieldKind {
    /// Not in the definition: skipped.
    Unknown,
    Varint,
    Fixed64,
    Fixed32,
    Bytes,
    Text,
    /// Bytes of which there are none or this many.
    Id(usize),
    /// `KeyValue` messages, any number.
    KeyValues,
    /// A message that may occur any number of times.
    Many(&'static Schema),
    /// A message that may occur once.
    Once(&'static Schema),
    /// A span or log record.
    Record(&'static Schema),
}

/// The fields of a message, by number.
pub(super) struct Schema {
    fields: [FieldKind; FIELDS],
}

/// One more than the greatest field number.
const FIELDS: usize = 17;

impl Schema {
    const fn new(fields: &[(usize, FieldKind)]) -> Self {
        let mut schema = Self { fields: [FieldKind::Unknown; FIELDS] };
        let mut index = 0;
        while index < fields.len() {
            let (number, kind) = fields[index];
            schema.fields[number] = kind;
            index += 1;
        }
        schema
    }

    #[inline]
    pub(super) fn kind(&self, number: u32) -> FieldKind {
        self.fields.get(number as usize).copied().unwrap_or(FieldKind::Unknown)
    }
}

use FieldKind::{Bytes, Fixed32, Fixed64, Id, KeyValues, Many, Once, Record, Text, Varint};

pub(super) static TRACE_REQUEST: Schema = Schema::new(&[(1, Many(&RESOURCE_SPANS))]);
static RESOURCE_SPANS: Schema = Schema::new(&[(1, Once(&RESOURCE)), (2, Many(&SCOPE_SPANS)), (3, Text)]);
static SCOPE_SPANS: Schema = Schema::new(&[(1, Once(&SCOPE)), (2, Record(&SPAN)), (3, Text)]);
static SPAN: Schema = Schema::new(&[
    (1, Id(16)),
    (2, Id(8)),
    (3, Text),
    (4, Id(8)),
    (5, Text),
    (6, Varint),
    (7, Fixed64),
    (8, Fixed64),
    (9, KeyValues),
    (10, Varint),
    (11, Many(&EVENT)),
    (12, Varint),
    (13, Many(&LINK)),
    (14, Varint),
    (15, Once(&STATUS)),
    (16, Fixed32),
]);
static EVENT: Schema = Schema::new(&[(1, Fixed64), (2, Text), (3, KeyValues), (4, Varint)]);
static LINK: Schema =
    Schema::new(&[(1, Id(16)), (2, Id(8)), (3, Text), (4, KeyValues), (5, Varint), (6, Fixed32)]);
static STATUS: Schema = Schema::new(&[(2, Text), (3, Varint)]);

pub(super) static LOGS_REQUEST: Schema = Schema::new(&[(1, Many(&RESOURCE_LOGS))]);
static RESOURCE_LOGS: Schema = Schema::new(&[(1, Once(&RESOURCE)), (2, Many(&SCOPE_LOGS)), (3, Text)]);
static SCOPE_LOGS: Schema = Schema::new(&[(1, Once(&SCOPE)), (2, Record(&LOG_RECORD)), (3, Text)]);
static LOG_RECORD: Schema = Schema::new(&[
    (1, Fixed64),
    (2, Varint),
    (3, Text),
    (5, Once(&ANY_VALUE)),
    (6, KeyValues),
    (7, Varint),
    (8, Fixed32),
    (9, Id(16)),
    (10, Id(8)),
    (11, Fixed64),
    (12, Text),
]);

static RESOURCE: Schema = Schema::new(&[(1, KeyValues), (2, Varint), (3, Many(&ENTITY_REF))]);
static ENTITY_REF: Schema = Schema::new(&[(1, Text), (2, Text), (3, Text), (4, Text)]);
static SCOPE: Schema = Schema::new(&[(1, Text), (2, Text), (3, KeyValues), (4, Varint)]);
pub(super) static KEY_VALUE: Schema = Schema::new(&[(1, Text), (2, Once(&ANY_VALUE)), (3, Varint)]);
static ANY_VALUE: Schema = Schema::new(&[
    (1, Text),
    (2, Varint),
    (3, Varint),
    (4, Fixed64),
    (5, Once(&ARRAY_VALUE)),
    (6, Once(&KEY_VALUE_LIST)),
    (7, Bytes),
    (8, Varint),
]);
static ARRAY_VALUE: Schema = Schema::new(&[(1, Many(&ANY_VALUE))]);
static KEY_VALUE_LIST: Schema = Schema::new(&[(1, KeyValues)]);
