//! What a record's attributes say about its document.

use weir_proto::attributes::{CORRELATION_ID, LOG_IOSTREAM, LOG_OFFSET, WEIR_JSON};
use weir_proto::otlp::{AnyValueView, KeyValueView, KeyValues};
use weir_proto::wire::WireError;

/// Attributes of exceptions (OpenTelemetry semantic conventions) and their ECS fields.
pub(super) const EXCEPTION_FIELDS: [(&str, &str); 3] = [
    ("exception.type", "error.type"),
    ("exception.message", "error.message"),
    ("exception.stacktrace", "error.stack_trace"),
];

/// What a record's attributes say about its document, found in one pass.
#[derive(Clone, Copy, Default)]
pub(super) struct RecordFields<'a> {
    pub(super) offset: Option<i64>,
    pub(super) stream: Option<&'a str>,
    pub(super) correlation_id: Option<&'a str>,
    pub(super) json: Option<JsonLine<'a>>,
    pub(super) exception: [Option<&'a str>; EXCEPTION_FIELDS.len()],
    /// Whether there are attributes for `attributes`.
    pub(super) has_others: bool,
}

impl<'a> RecordFields<'a> {
    pub(super) fn read(attributes: KeyValues<'a>, body: AnyValueView<'a>) -> Result<Self, WireError> {
        let mut fields = Self::default();
        for entry in attributes.iter() {
            match RecordAttribute::of(&entry?)? {
                RecordAttribute::Offset(offset) => fields.offset = Some(offset),
                RecordAttribute::Stream(stream) => fields.stream = Some(stream),
                RecordAttribute::CorrelationId(id) => fields.correlation_id = Some(id),
                RecordAttribute::Json(message) => fields.json = JsonLine::of(body, message),
                RecordAttribute::Exception(index, text) => fields.exception[index] = Some(text),
                RecordAttribute::Other => fields.has_others = true,
            }
        }
        Ok(fields)
    }
}

/// An attribute with a place of its own in the document, or another one.
enum RecordAttribute<'a> {
    Offset(i64),
    Stream(&'a str),
    CorrelationId(&'a str),
    Json(&'a [u8]),
    Exception(usize, &'a str),
    Other,
}

impl<'a> RecordAttribute<'a> {
    /// An attribute whose value has another type than it should is as any other.
    fn of(entry: &KeyValueView<'a>) -> Result<Self, WireError> {
        let key = entry.key_bytes();
        let value = entry.value()?;
        Ok(match value {
            AnyValueView::Int(offset) if key == LOG_OFFSET.as_bytes() => Self::Offset(offset),
            AnyValueView::Bytes(message) if key == WEIR_JSON.as_bytes() => Self::Json(message),
            AnyValueView::Str(text) if key == LOG_IOSTREAM.as_bytes() => Self::Stream(text),
            AnyValueView::Str(text) if key == CORRELATION_ID.as_bytes() => Self::CorrelationId(text),
            AnyValueView::Str(text) if key.starts_with(b"exception.") => EXCEPTION_FIELDS
                .iter()
                .position(|(name, _)| name.as_bytes() == key)
                .map_or(Self::Other, |index| Self::Exception(index, text)),
            _ => Self::Other,
        })
    }
}

/// A line that is a JSON object.
#[derive(Clone, Copy)]
pub(super) struct JsonLine<'a> {
    pub(super) object: &'a [u8],
    /// The value of its message key as it stands there.
    pub(super) message: Option<&'a [u8]>,
}

impl<'a> JsonLine<'a> {
    /// Reads [`WEIR_JSON`]. Any sender can set that attribute, so what would break the frame of the bulk body is
    /// treated as plain text: a body with a newline or one that is not in braces. What is no JSON between them spoils
    /// only its own document, which Elasticsearch then refuses.
    fn of(body: AnyValueView<'a>, message: &[u8]) -> Option<Self> {
        let body = body.as_str()?.as_bytes();
        let object = body.trim_ascii();
        let is_framed = object.starts_with(b"{") && object.ends_with(b"}");
        if !is_framed || memchr::memchr(b'\n', object).is_some() {
            return None;
        }
        let (start, len) = message.split_first_chunk::<4>()?;
        let start = u32::from_le_bytes(*start) as usize;
        let len = u32::from_le_bytes(len.try_into().ok()?) as usize;
        let message = body.get(start..start.checked_add(len)?).filter(|message| !message.is_empty());
        Some(Self { object, message })
    }
}

pub(super) fn is_other(entry: &KeyValueView<'_>) -> Result<bool, WireError> {
    Ok(matches!(RecordAttribute::of(entry)?, RecordAttribute::Other))
}
