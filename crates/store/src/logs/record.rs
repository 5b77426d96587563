//! Log records as they are read back.

use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use serde_json::{Map, Value};
use weir_proto::attributes::{LOG_FILE_PATH, SCOPE_TAIL};

use crate::clock::{ms, rfc3339};
use crate::error::QueryError;
use crate::hex;
use crate::json::{self, as_text};
use crate::lookup::{Lookup, Scope};
use crate::text::{BREAK, fold};
use weir_model::Level;

/// Characters of a message in a list.
const MESSAGE_MAX: usize = 2_000;

/// A record in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogRow {
    /// The record's id.
    pub id: String,
    /// When it happened.
    pub time_ms: f64,
    /// Its level.
    pub level: Level,
    /// Who emitted it.
    pub service: Option<String>,
    /// The message member of a JSON line, else the body; cut.
    pub message: String,
    /// Whether `message` is cut.
    pub truncated: bool,
    /// Path of its file, else the scope.
    pub source: Option<String>,
    /// The trace that it belongs to.
    pub trace_id: Option<String>,
    /// The span that it belongs to.
    pub span_id: Option<String>,
}

/// A record with everything.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogRecord {
    /// As in a list.
    #[serde(flatten)]
    pub row: LogRow,
    /// When it happened, to the nanosecond.
    pub time: String,
    /// When it was collected.
    pub observed_ms: Option<f64>,
    /// When weir received it.
    pub received_ms: f64,
    /// 1 to 24, 0 when unknown.
    pub severity_number: i64,
    /// The severity as the source wrote it.
    pub severity_text: String,
    /// The raw line.
    pub body: String,
    /// The body, when it is a JSON object.
    pub json: Option<Map<String, Value>>,
    /// The record's own attributes.
    pub attributes: Map<String, Value>,
    /// The resource's attributes.
    pub resource: Map<String, Value>,
    /// The instrumentation scope.
    pub scope: Scope,
    /// Where the line stands, when it came from a file.
    pub file: Option<FilePlace>,
    /// Whether the store has a span of its trace.
    pub trace_exists: bool,
}

/// Where a line stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FilePlace {
    /// The file's path when it was read.
    pub path: Option<String>,
    /// The file's identity.
    pub id: String,
    /// Bytes before the line.
    pub offset: i64,
}

/// The narrow row of a record.
#[derive(Clone, Debug)]
pub(crate) struct Narrow {
    pub(crate) id: i64,
    pub(crate) severity: i64,
    pub(crate) resource: i64,
    pub(crate) scope: i64,
    pub(crate) trace_id: Option<Vec<u8>>,
    pub(crate) span_id: Option<Vec<u8>>,
}

/// The columns that [`Narrow::read`] takes.
pub(crate) const NARROW_COLUMNS: &str =
    "log.id, log.severity, log.resource, log.scope, log.trace_id, log.span_id";

impl Narrow {
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            severity: row.get(1)?,
            resource: row.get(2)?,
            scope: row.get(3)?,
            trace_id: row.get(4)?,
            span_id: row.get(5)?,
        })
    }

    pub(crate) fn find(db: &Connection, id: i64) -> rusqlite::Result<Option<Self>> {
        let mut select = db.prepare_cached(
            "SELECT id, severity, resource, scope, trace_id, span_id FROM log WHERE id = ?1",
        )?;
        select.query_row([id], Self::read).optional()
    }
}

/// The wide row of a record.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) time: i64,
    observed: Option<i64>,
    received: i64,
    severity_text: String,
    pub(crate) text: String,
    message: Option<(usize, usize)>,
    pub(crate) attributes: String,
}

impl Body {
    pub(crate) fn find(db: &Connection, id: i64) -> rusqlite::Result<Option<Self>> {
        let mut select = db.prepare_cached(
            "SELECT time, observed, received, severity_text, body, message_start, message_len, attributes \
             FROM log_body WHERE id = ?1",
        )?;
        let found = select.query_row([id], |row| {
            let (start, len): (Option<u32>, Option<u32>) = (row.get(5)?, row.get(6)?);
            Ok(Self {
                time: row.get(0)?,
                observed: row.get(1)?,
                received: row.get(2)?,
                severity_text: row.get(3)?,
                text: row.get(4)?,
                message: start.zip(len).map(|(start, len)| (start as usize, len as usize)),
                attributes: row.get(7)?,
            })
        });
        found.optional()
    }

    /// The message member of a JSON line, else the whole.
    fn message(&self) -> String {
        let member = self.message.and_then(|(start, len)| self.text.get(start..start.checked_add(len)?));
        let member = member.and_then(|value| serde_json::from_str::<Value>(value).ok());
        member.as_ref().and_then(as_text).map_or_else(|| self.text.clone(), |text| text.into_owned())
    }
}

/// Appends the folded text that the full-text index has of a record.
pub(crate) fn put_searched_text(out: &mut String, body: &str, attributes: &Map<String, Value>) {
    fold(out, body);
    for text in attributes.values().filter_map(as_text) {
        out.push_str(BREAK);
        fold(out, &text);
    }
}

impl LogRow {
    pub(crate) fn new(lookup: &Lookup<'_>, narrow: &Narrow, body: &Body) -> rusqlite::Result<Self> {
        let resource = lookup.resource(narrow.resource)?;
        let (message, truncated) = cut(body.message());
        Ok(Self {
            id: narrow.id.to_string(),
            time_ms: ms(body.time),
            level: Level::of(narrow.severity),
            service: resource.service.clone(),
            message,
            truncated,
            source: source(lookup, narrow)?,
            trace_id: narrow.trace_id.as_deref().map(hex::encode),
            span_id: narrow.span_id.as_deref().map(hex::encode),
        })
    }
}

/// Path of its file, else the scope.
fn source(lookup: &Lookup<'_>, narrow: &Narrow) -> rusqlite::Result<Option<String>> {
    let resource = lookup.resource(narrow.resource)?;
    if let Some(path) = resource.attributes.get(LOG_FILE_PATH).and_then(as_text) {
        return Ok(Some(path.into_owned()));
    }
    let scope = lookup.scope(narrow.scope)?;
    Ok(Some(&scope.name).filter(|name| !name.is_empty() && *name != SCOPE_TAIL).cloned())
}

fn cut(mut message: String) -> (String, bool) {
    let Some((end, _)) = message.char_indices().nth(MESSAGE_MAX) else { return (message, false) };
    message.truncate(end);
    (message, true)
}

/// The record with this id.
pub(crate) fn find(db: &Connection, id: i64) -> Result<LogRecord, QueryError> {
    let lookup = Lookup::new(db);
    let narrow = Narrow::find(db, id)?.ok_or(QueryError::NotFound("log record with this id"))?;
    let body = Body::find(db, id)?.ok_or(QueryError::Damaged("a log record without a body"))?;
    let resource = lookup.resource(narrow.resource)?;
    Ok(LogRecord {
        row: LogRow::new(&lookup, &narrow, &body)?,
        time: rfc3339(body.time),
        observed_ms: body.observed.map(ms),
        received_ms: ms(body.received),
        severity_number: narrow.severity,
        json: json::object_in(&body.text),
        attributes: json::object(&body.attributes),
        resource: resource.attributes.clone(),
        scope: (*lookup.scope(narrow.scope)?).clone(),
        file: file_place(db, id, resource.attributes.get(LOG_FILE_PATH))?,
        trace_exists: match &narrow.trace_id {
            Some(trace_id) => trace_exists(db, trace_id)?,
            None => false,
        },
        severity_text: body.severity_text,
        body: body.text,
    })
}

fn file_place(db: &Connection, id: i64, path: Option<&Value>) -> rusqlite::Result<Option<FilePlace>> {
    let mut select = db.prepare_cached(
        "SELECT file.name, log.place FROM log JOIN file ON file.id = log.file WHERE log.id = ?1",
    )?;
    let found = select.query_row([id], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?))).optional()?;
    let path = path.and_then(as_text).map(|path| path.into_owned());
    Ok(found.map(|(id, offset)| FilePlace { path, id: hex::encode(&id), offset }))
}

/// Whether the store has a span of this trace.
pub(crate) fn trace_exists(db: &Connection, trace_id: &[u8]) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT EXISTS(SELECT 1 FROM trace WHERE trace_id = ?1)")?
        .query_row([trace_id], |row| row.get(0))
}
