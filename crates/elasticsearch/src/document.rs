//! A batch of log records as action lines and documents.

use weir_config::DataStream;
use weir_model::Batch;
use weir_proto::attributes::{CORRELATION_ID, LOG_IOSTREAM, LOG_OFFSET, SCOPE_TAIL, WEIR_FILE_ID, WEIR_JSON};
use weir_proto::otlp::logs::{LogRecordView, RequestView, ScopeView};
use weir_proto::otlp::{AnyValueView, KeyValueView, KeyValues};
use weir_proto::wire::WireError;

use crate::fields::{RESOURCE_FIELDS, resource_field};
use crate::id::{is_file_id, put_line_id, put_record_id};
use crate::json::{put_as_string, put_escaped, put_flat, put_hex, put_int, put_string};
use crate::timestamp::TimestampWriter;

/// Attributes of exceptions (OpenTelemetry semantic conventions) and their ECS fields.
const EXCEPTION_FIELDS: [(&str, &str); 3] = [
    ("exception.type", "error.type"),
    ("exception.message", "error.message"),
    ("exception.stacktrace", "error.stack_trace"),
];

/// Where the lines of a bulk body go.
pub(crate) trait Lines {
    /// The buffer to append to.
    fn buffer(&mut self) -> &mut Vec<u8>;
    /// A document's two lines are complete.
    fn end_document(&mut self);
}

/// Writes documents. What is the same for many records is encoded once: per exporter, resource and scope.
pub(crate) struct DocumentWriter {
    data_stream: Vec<u8>,
    resource: Vec<u8>,
    scope: Vec<u8>,
    file_id: Option<String>,
    timestamp: TimestampWriter,
}

/// What a record's attributes say about its document, found in one pass.
#[derive(Clone, Copy, Default)]
struct RecordFields<'a> {
    offset: Option<i64>,
    stream: Option<&'a str>,
    correlation_id: Option<&'a str>,
    json: Option<JsonLine<'a>>,
    exception: [Option<&'a str>; EXCEPTION_FIELDS.len()],
    /// Whether there are attributes for `attributes`.
    has_others: bool,
}

impl DocumentWriter {
    pub(crate) fn new(stream: &DataStream) -> Self {
        let mut data_stream = br#","data_stream.type":"logs","data_stream.dataset":"#.to_vec();
        put_string(&mut data_stream, &stream.dataset);
        data_stream.extend_from_slice(br#","data_stream.namespace":"#);
        put_string(&mut data_stream, &stream.namespace);
        Self {
            data_stream,
            resource: Vec::new(),
            scope: Vec::new(),
            file_id: None,
            timestamp: TimestampWriter::new(),
        }
    }

    /// Appends the lines of every record of `batch` and returns how many documents that made. Records that cannot be
    /// read are left out.
    pub(crate) fn put_batch(&mut self, batch: &Batch, lines: &mut impl Lines) -> u64 {
        let mut written = 0;
        let mut index = 0;
        // An error here means that the rest of its message cannot be read.
        for resource in RequestView::new(&batch.payload).resources() {
            let Ok(resource) = resource else { continue };
            let readable = self.begin_resource(resource.attributes()).is_ok();
            for scope in resource.scopes() {
                let Ok(scope) = scope else { continue };
                let readable = readable && self.begin_scope(&scope).is_ok();
                for record in scope.records() {
                    index += 1;
                    let start = lines.buffer().len();
                    let Ok(record) = record else { continue };
                    if readable && self.put_record(lines.buffer(), batch, index, &record).is_ok() {
                        lines.end_document();
                        written += 1;
                    } else {
                        lines.buffer().truncate(start);
                    }
                }
            }
        }
        written
    }

    /// Encodes what every document of a resource has in common.
    fn begin_resource(&mut self, attributes: KeyValues<'_>) -> Result<(), WireError> {
        let out = &mut self.resource;
        out.clear();
        out.extend_from_slice(&self.data_stream);
        let mut written = [false; RESOURCE_FIELDS.len()];
        let mut has_others = false;
        for attribute in attributes.iter() {
            let attribute = attribute?;
            let Some(index) = resource_field(attribute.key_bytes()) else {
                has_others = true;
                continue;
            };
            let field = RESOURCE_FIELDS[index].1;
            let value = attribute.value()?;
            if already_written(field, &written) || matches!(value, AnyValueView::Empty) {
                continue;
            }
            written[index] = true;
            put_name(out, field);
            put_as_string(out, value)?;
        }
        if has_others {
            put_others(out, "labels", attributes, |entry| Ok(resource_field(entry.key_bytes()).is_none()))?;
        }
        Ok(())
    }

    /// Encodes what every document of a scope has in common.
    fn begin_scope(&mut self, scope: &ScopeView<'_>) -> Result<(), WireError> {
        self.scope.clear();
        let name = scope.name()?;
        let file_id = if name == SCOPE_TAIL { scope.attributes().find(WEIR_FILE_ID)? } else { None };
        self.file_id =
            file_id.and_then(|value| value.as_str()).filter(|text| is_file_id(text)).map(str::to_owned);
        if !name.is_empty() && name != SCOPE_TAIL {
            put_name(&mut self.scope, "log.logger");
            put_string(&mut self.scope, name);
        }
        Ok(())
    }

    fn put_record(
        &mut self,
        out: &mut Vec<u8>,
        batch: &Batch,
        index: u32,
        record: &LogRecordView<'_>,
    ) -> Result<(), WireError> {
        let body = record.body()?.unwrap_or_default();
        let fields = RecordFields::read(record.attributes(), body)?;
        out.extend_from_slice(br#"{"create":{"_id":""#);
        match (&self.file_id, fields.offset) {
            (Some(file_id), Some(offset)) => put_line_id(out, file_id, offset as u64),
            _ => put_record_id(out, batch, index, record.message()),
        }
        out.extend_from_slice(b"\"}}\n");

        out.extend_from_slice(br#"{"@timestamp":""#);
        self.timestamp.put(out, time_of(record, batch));
        out.push(b'"');
        out.extend_from_slice(&self.resource);
        out.extend_from_slice(&self.scope);
        put_message(out, &fields, body)?;
        put_level(out, record, &fields)?;
        put_ids(out, record)?;
        put_record_fields(out, &fields);
        put_event_name(out, record)?;
        if fields.has_others {
            put_others(out, "attributes", record.attributes(), is_other)?;
        }
        if let Some(line) = fields.json {
            put_name(out, "json");
            out.extend_from_slice(line.object);
        }
        out.extend_from_slice(b"}\n");
        Ok(())
    }
}

impl<'a> RecordFields<'a> {
    fn read(attributes: KeyValues<'a>, body: AnyValueView<'a>) -> Result<Self, WireError> {
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
struct JsonLine<'a> {
    object: &'a [u8],
    /// The value of its message key as it stands there.
    message: Option<&'a [u8]>,
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

fn already_written(field: &str, written: &[bool]) -> bool {
    RESOURCE_FIELDS.iter().zip(written).any(|(&(_, other), &written)| written && other == field)
}

/// Its own time, else the time it was observed, else the time weir received it.
fn time_of(record: &LogRecordView<'_>, batch: &Batch) -> u64 {
    [record.time_unix_nano(), record.observed_time_unix_nano()]
        .into_iter()
        .find(|&time| time != 0)
        .unwrap_or(batch.received.0)
}

/// Appends a member's name. `name` is one of ours and needs no escaping.
fn put_name(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn put_text(out: &mut Vec<u8>, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        put_name(out, name);
        put_string(out, text);
    }
}

fn put_message(
    out: &mut Vec<u8>,
    fields: &RecordFields<'_>,
    body: AnyValueView<'_>,
) -> Result<(), WireError> {
    if matches!(body, AnyValueView::Empty) {
        return Ok(());
    }
    put_name(out, "message");
    match fields.json.and_then(|line| line.message) {
        Some(string) if string.len() > 1 && string.starts_with(b"\"") && string.ends_with(b"\"") => {
            out.extend_from_slice(string);
        }
        // A message that is no text.
        Some(value) => {
            out.push(b'"');
            put_escaped(out, value);
            out.push(b'"');
        }
        None => put_as_string(out, body)?,
    }
    Ok(())
}

/// `log.level` is the same word for every spelling of a severity. Where the source used another word, that is kept
/// too, save in a JSON line, which has it already.
fn put_level(
    out: &mut Vec<u8>,
    record: &LogRecordView<'_>,
    fields: &RecordFields<'_>,
) -> Result<(), WireError> {
    let text = record.severity_text()?;
    let Some(level) = level(record.severity_number()) else {
        put_text(out, "log.level", Some(text).filter(|text| !text.is_empty()));
        return Ok(());
    };
    put_text(out, "log.level", Some(level));
    if !text.is_empty() && !text.eq_ignore_ascii_case(level) && fields.json.is_none() {
        put_text(out, "log.severity_text", Some(text));
    }
    Ok(())
}

/// The name of a severity number (OpenTelemetry, logs data model, "Field: SeverityNumber").
fn level(severity_number: i32) -> Option<&'static str> {
    Some(match severity_number {
        1..=4 => "trace",
        5..=8 => "debug",
        9..=12 => "info",
        13..=16 => "warn",
        17..=20 => "error",
        21..=24 => "fatal",
        _ => return None,
    })
}

fn put_ids(out: &mut Vec<u8>, record: &LogRecordView<'_>) -> Result<(), WireError> {
    let mut put_id = |name: &str, id: &[u8]| {
        put_name(out, name);
        out.push(b'"');
        put_hex(out, id);
        out.push(b'"');
    };
    if let Some(id) = record.trace_id()? {
        put_id("trace.id", &id);
    }
    if let Some(id) = record.span_id()? {
        put_id("span.id", &id);
    }
    Ok(())
}

fn put_record_fields(out: &mut Vec<u8>, fields: &RecordFields<'_>) {
    put_text(out, "correlation.id", fields.correlation_id);
    if let Some(offset) = fields.offset {
        put_name(out, "log.offset");
        put_int(out, offset);
    }
    put_text(out, "stream", fields.stream);
    for (&(_, field), &text) in EXCEPTION_FIELDS.iter().zip(&fields.exception) {
        put_text(out, field, text);
    }
}

fn put_event_name(out: &mut Vec<u8>, record: &LogRecordView<'_>) -> Result<(), WireError> {
    put_text(out, "event.action", Some(record.event_name()?).filter(|name| !name.is_empty()));
    Ok(())
}

fn is_other(entry: &KeyValueView<'_>) -> Result<bool, WireError> {
    Ok(matches!(RecordAttribute::of(entry)?, RecordAttribute::Other))
}

/// Appends an object with the attributes that `is_other` picks. Of several with one key the first is taken, since
/// Elasticsearch refuses a document with a key twice.
fn put_others(
    out: &mut Vec<u8>,
    name: &str,
    attributes: KeyValues<'_>,
    is_other: impl Fn(&KeyValueView<'_>) -> Result<bool, WireError>,
) -> Result<(), WireError> {
    put_name(out, name);
    out.push(b'{');
    let mut seen = 0_u64;
    let mut is_first = true;
    for (index, entry) in attributes.iter().enumerate() {
        let entry = entry?;
        // Looking back costs; mostly the bit says that it is not needed.
        let bit = key_bit(entry.key_bytes());
        if !is_other(&entry)? || (seen & bit != 0 && occurs_before(attributes, index, entry.key_bytes())) {
            continue;
        }
        seen |= bit;
        if !is_first {
            out.push(b',');
        }
        is_first = false;
        put_string(out, entry.key()?);
        out.push(b':');
        put_flat(out, entry.value()?)?;
    }
    out.push(b'}');
    Ok(())
}

/// One of 64 bits for a key.
fn key_bit(key: &[u8]) -> u64 {
    let hash = key.iter().fold(key.len() as u64, |hash, &byte| hash.wrapping_mul(31) + u64::from(byte));
    1 << (hash % 64)
}

fn occurs_before(attributes: KeyValues<'_>, index: usize, key: &[u8]) -> bool {
    attributes.iter().take(index).any(|entry| entry.is_ok_and(|entry| entry.key_bytes() == key))
}

#[cfg(test)]
pub(crate) mod tests;
