//! Storing spans.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use weir_model::Batch;
use weir_proto::otlp::traces::{RequestView, SpanView};

use super::details::Details;
use crate::batches::{Written, mark};
use crate::clock::stored;
use crate::json::put_attributes;
use crate::logs::write::{resource_number, scope_number};
use crate::names::{Kind, Names};
use crate::place::{Placer, Table, first_id, is_taken};
use crate::usage::Added;

/// `STATUS_CODE_ERROR`.
pub(crate) const STATUS_ERROR: i32 = 2;
/// What a span takes beside its text: rows and indexes.
const SPAN_BYTES: usize = 200;

/// Stores the spans of `batches` within a transaction.
pub(crate) fn write(
    db: &Connection,
    names: &mut Names,
    batches: &[&Batch],
) -> rusqlite::Result<(Vec<Written>, Added)> {
    let mut written = vec![Written::default(); batches.len()];
    let mut found = Vec::new();
    for (index, &batch) in batches.iter().enumerate() {
        if mark(db, batch)? {
            find(db, names, index, batch, &mut found)?;
        } else {
            written[index] = Written::again(batch);
        }
    }
    found.sort_by_key(|span: &Found<'_>| span.first_id);
    let mut writer = Writer { db, placer: Placer::default(), row: Row::default(), added: Added::default() };
    let mut traces = HashMap::new();
    for span in &found {
        let written = &mut written[span.batch];
        match writer.put(names, span)? {
            Some(Put::Stored { trace_id }) => {
                written.stored += 1;
                Summary::add(&mut traces, trace_id, span);
            }
            Some(Put::Duplicate) => written.duplicates += 1,
            None => {}
        }
    }
    put_summaries(db, &traces)?;
    Ok((written, writer.added))
}

/// A span with what it shares with others.
struct Found<'a> {
    first_id: i64,
    batch: usize,
    received: i64,
    resource: i64,
    service: Option<&'a str>,
    scope: i64,
    is_error: bool,
    span: SpanView<'a>,
}

/// Collects the spans of a batch. An error in a message means that the rest of it cannot be read.
fn find<'a>(
    db: &Connection,
    names: &mut Names,
    index: usize,
    batch: &'a Batch,
    found: &mut Vec<Found<'a>>,
) -> rusqlite::Result<()> {
    let received = stored(batch.received.0);
    for resource in RequestView::new(&batch.payload).resources() {
        let Ok(resource) = resource else { continue };
        let attributes = resource.attributes();
        let Some(number) = resource_number(db, names, attributes)? else { continue };
        let service = attributes.find(weir_proto::attributes::SERVICE_NAME).ok().flatten();
        let service = service.and_then(|value| value.as_str());
        for scope in resource.scopes() {
            let Ok(scope) = scope else { continue };
            let (Ok(name), Ok(version)) = (scope.name(), scope.version()) else { continue };
            let scope_number = scope_number(db, names, name, version)?;
            for span in scope.records() {
                let Ok(span) = span else { continue };
                let Ok(status) = span.status_code() else { continue };
                found.push(Found {
                    first_id: first_id(stored(span.start_time_unix_nano()), received),
                    batch: index,
                    received,
                    resource: number,
                    service,
                    scope: scope_number,
                    is_error: status == STATUS_ERROR,
                    span,
                });
            }
        }
    }
    Ok(())
}

enum Put {
    Stored { trace_id: [u8; 16] },
    Duplicate,
}

struct Writer<'a> {
    db: &'a Connection,
    placer: Placer,
    row: Row,
    added: Added,
}

/// Buffers that are used again.
#[derive(Default)]
struct Row {
    attributes: Vec<u8>,
    details: Details,
}

/// The columns of the narrow table, the id left out.
struct Narrow<'a> {
    trace_id: &'a [u8],
    span_id: &'a [u8],
    parent_id: Option<&'a [u8]>,
    operation: i64,
    status: i32,
    kind: i32,
    start: i64,
    duration: i64,
}

const INSERT_SPAN: &str = "INSERT INTO span(id, trace_id, span_id, kind, parent_id, operation, status, start, \
    duration) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(trace_id, span_id, kind) DO NOTHING";
const INSERT_BODY: &str = "INSERT INTO span_body(id, received, resource, scope, status_message, attributes, events, \
    links) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

impl Writer<'_> {
    /// None when the span cannot be read; one without its ids cannot be found either.
    fn put(&mut self, names: &mut Names, found: &Found<'_>) -> rusqlite::Result<Option<Put>> {
        let span = &found.span;
        self.row.attributes.clear();
        let (Ok(()), Ok(())) = (
            put_attributes(&mut self.row.attributes, span.attributes(), |_| true),
            self.row.details.read(span.message()),
        ) else {
            return Ok(None);
        };
        let (Ok(Some(trace_id)), Ok(Some(span_id)), Ok(parent_id), Ok(name), Ok(status)) =
            (span.trace_id(), span.span_id(), span.parent_span_id(), span.name(), span.status_code())
        else {
            return Ok(None);
        };
        let start = stored(span.start_time_unix_nano());
        let narrow = Narrow {
            trace_id: &trace_id,
            span_id: &span_id,
            parent_id: parent_id.as_ref().map(|id| &id[..]),
            operation: operation_number(self.db, names, found.service, name, span.kind())?,
            status,
            kind: span.kind(),
            start,
            duration: stored(span.end_time_unix_nano()).saturating_sub(start).max(0),
        };
        let Some(id) = self.put_narrow(found.first_id, &narrow)? else { return Ok(Some(Put::Duplicate)) };
        self.put_body(id, found)?;
        Ok(Some(Put::Stored { trace_id }))
    }

    /// Gives the span an id; none when it is there already.
    fn put_narrow(&mut self, first_id: i64, row: &Narrow<'_>) -> rusqlite::Result<Option<i64>> {
        let mut insert = self.db.prepare_cached(INSERT_SPAN)?;
        let mut id = self.placer.next(first_id);
        loop {
            let values = params![
                id,
                row.trace_id,
                row.span_id,
                row.kind,
                row.parent_id,
                row.operation,
                row.status,
                row.start,
                row.duration
            ];
            match insert.execute(values) {
                Ok(0) => return Ok(None),
                Ok(_) => {
                    self.placer.took(id);
                    return Ok(Some(id));
                }
                Err(error) if is_taken(&error) => id = Placer::free(self.db, Table::Span, id)?,
                Err(error) => return Err(error),
            }
        }
    }

    fn put_body(&mut self, id: i64, found: &Found<'_>) -> rusqlite::Result<()> {
        let Row { attributes, details } = &self.row;
        let [attributes, events, links] = [attributes, &details.events, &details.links]
            .map(|json| std::str::from_utf8(json).expect("JSON made of text is text"));
        let message = &details.status_message;
        self.db.prepare_cached(INSERT_BODY)?.execute(params![
            id,
            found.received,
            found.resource,
            found.scope,
            message,
            attributes,
            events,
            links
        ])?;
        self.added.count(1, SPAN_BYTES + attributes.len() + events.len() + links.len() + message.len());
        Ok(())
    }
}

fn operation_number(
    db: &Connection,
    names: &mut Names,
    service: Option<&str>,
    name: &str,
    kind: i32,
) -> rusqlite::Result<i64> {
    let has_service = [u8::from(service.is_some())];
    let parts =
        [&has_service[..], service.unwrap_or_default().as_bytes(), name.as_bytes(), &kind.to_le_bytes()];
    names.number(db, Kind::Operation, &parts, &[&service, &name, &kind])
}

/// What a transaction adds to a trace.
struct Summary {
    start: i64,
    end: i64,
    spans: i64,
    errors: i64,
    received: i64,
}

impl Summary {
    fn add(traces: &mut HashMap<[u8; 16], Self>, trace_id: [u8; 16], found: &Found<'_>) {
        let start = stored(found.span.start_time_unix_nano());
        let end = stored(found.span.end_time_unix_nano()).max(start);
        let summary = traces.entry(trace_id).or_insert(Self {
            start,
            end,
            spans: 0,
            errors: 0,
            received: found.received,
        });
        summary.start = summary.start.min(start);
        summary.end = summary.end.max(end);
        summary.spans += 1;
        summary.errors += i64::from(found.is_error);
        summary.received = summary.received.max(found.received);
    }
}

fn put_summaries(db: &Connection, traces: &HashMap<[u8; 16], Summary>) -> rusqlite::Result<()> {
    let mut upsert = db.prepare_cached(
        "INSERT INTO trace(trace_id, start, end, spans, errors, received) VALUES(?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT(trace_id) DO UPDATE SET start = min(start, excluded.start), end = max(end, excluded.end), \
         spans = spans + excluded.spans, errors = errors + excluded.errors, \
         received = max(received, excluded.received)",
    )?;
    for (trace_id, summary) in traces {
        let Summary { start, end, spans, errors, received } = summary;
        upsert.execute(params![trace_id, start, end, spans, errors, received])?;
    }
    Ok(())
}
