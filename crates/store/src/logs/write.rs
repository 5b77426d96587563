//! Storing log records.

use rusqlite::{Connection, params};
use weir_model::Batch;
use weir_proto::attributes::{LOG_OFFSET, SCOPE_TAIL, SERVICE_NAME, WEIR_FILE_ID, WEIR_JSON};
use weir_proto::otlp::logs::{LogRecordView, RequestView, ResourceView, ScopeView};
use weir_proto::otlp::{AnyValueView, KeyValueView};
use weir_proto::wire::WireError;

use crate::batches::{Written, mark};
use crate::clock::stored;
use crate::json::{ObjectWriter, put_as_text, put_attributes, put_value, text_of};
use crate::names::{Kind, Names};
use crate::place::{Placer, Table, first_id, is_taken};
use crate::text::{BREAK, fold};
use crate::usage::Added;

/// What a record takes beside its text: rows, indexes and the shortest words.
const RECORD_BYTES: usize = 160;

/// Stores the records of `batches` within a transaction and appends their ids to `ids`.
pub(crate) fn write(
    db: &Connection,
    names: &mut Names,
    batches: &[&Batch],
    ids: &mut Vec<i64>,
) -> rusqlite::Result<(Vec<Written>, Added)> {
    let mut written = vec![Written::default(); batches.len()];
    let mut found = Vec::new();
    for (index, &batch) in batches.iter().enumerate() {
        if mark(db, batch)? {
            Finder { db, names, batch: index, received: stored(batch.received.0) }.find(batch, &mut found)?;
        } else {
            written[index] = Written::again(batch);
        }
    }
    // In the order of their ids the tables and the index grow at one place.
    found.sort_by_key(|record: &Found<'_>| record.first_id);
    let mut writer = Writer { db, placer: Placer::default(), row: Row::default(), added: Added::default() };
    for record in &found {
        let written = &mut written[record.batch];
        match writer.put(record)? {
            Put::Stored(id) => {
                ids.push(id);
                written.stored += 1;
            }
            Put::Duplicate => written.duplicates += 1,
            Put::Malformed => {}
        }
    }
    Ok((written, writer.added))
}

/// A record with what it shares with others.
struct Found<'a> {
    first_id: i64,
    batch: usize,
    received: i64,
    time: i64,
    resource: i64,
    scope: i64,
    /// Number of the file that it is a line of.
    file: Option<i64>,
    record: LogRecordView<'a>,
}

/// Collects the records of a batch.
struct Finder<'a> {
    db: &'a Connection,
    names: &'a mut Names,
    batch: usize,
    received: i64,
}

impl Finder<'_> {
    /// An error in a message means that the rest of it cannot be read.
    fn find<'a>(&mut self, batch: &'a Batch, found: &mut Vec<Found<'a>>) -> rusqlite::Result<()> {
        for resource in RequestView::new(&batch.payload).resources() {
            let Ok(resource) = resource else { continue };
            let Some(number) = self.resource(&resource)? else { continue };
            for scope in resource.scopes() {
                let Ok(scope) = scope else { continue };
                let Some((scope_number, file)) = self.scope(&scope)? else { continue };
                for record in scope.records() {
                    let Ok(record) = record else { continue };
                    let time = self.time(&record);
                    let first_id = first_id(time, self.received);
                    let (batch, received) = (self.batch, self.received);
                    found.push(Found {
                        first_id,
                        batch,
                        received,
                        time,
                        resource: number,
                        scope: scope_number,
                        file,
                        record,
                    });
                }
            }
        }
        Ok(())
    }

    fn resource(&mut self, resource: &ResourceView<'_>) -> rusqlite::Result<Option<i64>> {
        resource_number(self.db, self.names, resource.attributes())
    }

    fn scope(&mut self, scope: &ScopeView<'_>) -> rusqlite::Result<Option<(i64, Option<i64>)>> {
        let (Ok(name), Ok(version)) = (scope.name(), scope.version()) else { return Ok(None) };
        let number = scope_number(self.db, self.names, name, version)?;
        let file = match scope.attributes().find(WEIR_FILE_ID) {
            Ok(Some(AnyValueView::Str(id))) if name == SCOPE_TAIL => file_id(id),
            _ => None,
        };
        let file = file.map(|id| self.names.number(self.db, Kind::File, &[&id], &[&id])).transpose()?;
        Ok(Some((number, file)))
    }

    /// Its own time, else the time it was observed, else the time weir received it.
    fn time(&self, record: &LogRecordView<'_>) -> i64 {
        let times = [record.time_unix_nano(), record.observed_time_unix_nano()];
        times.into_iter().find(|&time| time != 0).map_or(self.received, stored)
    }
}

/// The number of a resource; none when it cannot be read.
pub(crate) fn resource_number(
    db: &Connection,
    names: &mut Names,
    attributes: weir_proto::otlp::KeyValues<'_>,
) -> rusqlite::Result<Option<i64>> {
    let mut json = Vec::new();
    let (Ok(()), Ok(service)) =
        (put_attributes(&mut json, attributes, |_| true), attributes.find(SERVICE_NAME))
    else {
        return Ok(None);
    };
    let service = service.and_then(|value| value.as_str());
    let json = text_of(json);
    names.number(db, Kind::Resource, &[json.as_bytes()], &[&service, &json]).map(Some)
}

/// The number of a scope.
pub(crate) fn scope_number(
    db: &Connection,
    names: &mut Names,
    name: &str,
    version: &str,
) -> rusqlite::Result<i64> {
    names.number(db, Kind::Scope, &[name.as_bytes(), version.as_bytes()], &[&name, &version])
}

/// A file's identity as the tailer writes it.
fn file_id(text: &str) -> Option<[u8; 16]> {
    let is_hex = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_hex.then(|| u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)).flatten()
}

enum Put {
    Stored(i64),
    Duplicate,
    Malformed,
}

struct Writer<'a> {
    db: &'a Connection,
    placer: Placer,
    row: Row,
    added: Added,
}

/// What is written of a record, in buffers that are used again.
#[derive(Default)]
struct Row {
    body: String,
    attributes: Vec<u8>,
    folded: String,
    offset: Option<i64>,
    message: Option<(u32, u32)>,
}

const INSERT_LOG: &str = "INSERT INTO log(id, severity, resource, scope, trace_id, span_id, file, place) \
    VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(file, place) WHERE file IS NOT NULL DO NOTHING";
const INSERT_BODY: &str = "INSERT INTO log_body(id, time, observed, received, severity_text, body, message_start, \
    message_len, attributes) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
const INSERT_TEXT: &str = "INSERT INTO log_text(rowid, text) VALUES(?1, ?2)";

impl Writer<'_> {
    fn put(&mut self, found: &Found<'_>) -> rusqlite::Result<Put> {
        let record = &found.record;
        let (Ok(()), Ok(trace_id), Ok(span_id), Ok(severity_text)) =
            (self.row.read(record), record.trace_id(), record.span_id(), record.severity_text())
        else {
            return Ok(Put::Malformed);
        };
        let ids = (trace_id.as_ref().map(|id| &id[..]), span_id.as_ref().map(|id| &id[..]));
        let Some(id) = self.put_narrow(found, ids)? else { return Ok(Put::Duplicate) };
        let observed = Some(record.observed_time_unix_nano()).filter(|&time| time != 0).map(stored);
        let (start, len) = self.row.message.unzip();
        self.db.prepare_cached(INSERT_BODY)?.execute(params![
            id,
            found.time,
            observed,
            found.received,
            severity_text,
            self.row.body,
            start,
            len,
            std::str::from_utf8(&self.row.attributes).expect("JSON made of text is text"),
        ])?;
        self.db.prepare_cached(INSERT_TEXT)?.execute(params![id, self.row.folded])?;
        let text = self.row.body.len() + self.row.folded.len() / 2 + self.row.attributes.len();
        self.added.count(1, text + RECORD_BYTES);
        Ok(Put::Stored(id))
    }

    /// Gives the record an id; none when the line is there already.
    fn put_narrow(
        &mut self,
        found: &Found<'_>,
        ids: (Option<&[u8]>, Option<&[u8]>),
    ) -> rusqlite::Result<Option<i64>> {
        let severity =
            Some(found.record.severity_number()).filter(|number| (1..=24).contains(number)).unwrap_or(0);
        let line = found.file.zip(self.row.offset).unzip();
        let mut insert = self.db.prepare_cached(INSERT_LOG)?;
        let mut id = self.placer.next(found.first_id);
        loop {
            let values = params![id, severity, found.resource, found.scope, ids.0, ids.1, line.0, line.1];
            match insert.execute(values) {
                Ok(0) => return Ok(None),
                Ok(_) => {
                    self.placer.took(id);
                    return Ok(Some(id));
                }
                Err(error) if is_taken(&error) => id = Placer::free(self.db, Table::Log, id)?,
                Err(error) => return Err(error),
            }
        }
    }
}

impl Row {
    fn read(&mut self, record: &LogRecordView<'_>) -> Result<(), WireError> {
        self.body.clear();
        self.attributes.clear();
        self.folded.clear();
        (self.offset, self.message) = (None, None);
        let body = record.body()?.unwrap_or_default();
        if !matches!(body, AnyValueView::Empty) {
            put_as_text(&mut self.body, body)?;
        }
        fold(&mut self.folded, &self.body);
        let mut attributes = ObjectWriter::open(&mut self.attributes);
        let mut text = String::new();
        for entry in record.attributes().iter() {
            let entry = entry?;
            match Own::of(&entry)? {
                Own::Offset(offset) => self.offset = Some(offset),
                Own::Message(place) => self.message = place,
                Own::Other(value) => {
                    attributes.put(entry.key()?, value)?;
                    text.clear();
                    if put_attribute_text(&mut text, value)? {
                        self.folded.push_str(BREAK);
                        fold(&mut self.folded, &text);
                    }
                }
            }
        }
        let event = record.event_name()?;
        if !event.is_empty() {
            attributes.put("event.name", AnyValueView::Str(event))?;
            self.folded.push_str(BREAK);
            fold(&mut self.folded, event);
        }
        attributes.close();
        Ok(())
    }
}

/// Appends the text that [`put_searched_text`](super::record::put_searched_text) makes of the attribute when it is read
/// back. False when there is none.
fn put_attribute_text(out: &mut String, value: AnyValueView<'_>) -> Result<bool, WireError> {
    match value {
        AnyValueView::Empty => return Ok(false),
        AnyValueView::Array(_) | AnyValueView::KvList(_) => {
            let mut json = Vec::new();
            put_value(&mut json, value, 0)?;
            let read_back: serde_json::Value = serde_json::from_slice(&json).unwrap_or_default();
            out.push_str(&read_back.to_string());
        }
        scalar => put_as_text(out, scalar)?,
    }
    Ok(true)
}

/// An attribute that weir itself put on a line, or another one.
enum Own<'a> {
    Offset(i64),
    /// Where the message is in a JSON line; none when it has none.
    Message(Option<(u32, u32)>),
    Other(AnyValueView<'a>),
}

impl<'a> Own<'a> {
    fn of(entry: &KeyValueView<'a>) -> Result<Self, WireError> {
        let key = entry.key_bytes();
        Ok(match entry.value()? {
            AnyValueView::Int(offset) if key == LOG_OFFSET.as_bytes() => Self::Offset(offset),
            AnyValueView::Bytes(place) if key == WEIR_JSON.as_bytes() => Self::Message(message_place(place)),
            value => Self::Other(value),
        })
    }
}

/// Reads the value of [`WEIR_JSON`].
fn message_place(place: &[u8]) -> Option<(u32, u32)> {
    let (start, len) = place.split_first_chunk::<4>()?;
    let len = u32::from_le_bytes(len.try_into().ok()?);
    (len > 0).then_some((u32::from_le_bytes(*start), len))
}
