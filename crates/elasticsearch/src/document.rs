//! A batch of log records as action lines and documents.

mod members;
mod record;

use weir_config::DataStream;
use weir_model::{Batch, Level};
use weir_proto::attributes::{SCOPE_TAIL, WEIR_FILE_ID};
use weir_proto::otlp::logs::{LogRecordView, RequestView, ScopeView};
use weir_proto::otlp::{AnyValueView, KeyValues};
use weir_proto::wire::WireError;

use crate::fields::{RESOURCE_FIELDS, resource_field};
use crate::id::{is_file_id, put_line_id, put_record_id};
use crate::json::{put_as_string, put_escaped, put_int, put_string};
use crate::timestamp::TimestampWriter;
use members::{put_id, put_name, put_others, put_text};
use record::{EXCEPTION_FIELDS, RecordFields, is_other};

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
    let Some(level) = Level::of(i64::from(record.severity_number())).name() else {
        put_text(out, "log.level", Some(text).filter(|text| !text.is_empty()));
        return Ok(());
    };
    put_text(out, "log.level", Some(level));
    if !text.is_empty() && !text.eq_ignore_ascii_case(level) && fields.json.is_none() {
        put_text(out, "log.severity_text", Some(text));
    }
    Ok(())
}

fn put_ids(out: &mut Vec<u8>, record: &LogRecordView<'_>) -> Result<(), WireError> {
    if let Some(id) = record.trace_id()? {
        put_id(out, "trace.id", &id);
    }
    if let Some(id) = record.span_id()? {
        put_id(out, "span.id", &id);
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

#[cfg(test)]
pub(crate) mod tests;
