//! Traces: the spans of one, and what tells them apart in a list.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};
use serde::Serialize;
use serde_json::{Map, Value};

use super::critical_path::{Piece, critical_path};
use super::waterfall::{Interval, Node, Waterfall};
use crate::clock::ms;
use crate::error::QueryError;
use crate::filter::Filters;
use crate::hex;
use crate::json;
use crate::logs::page::{self, LogQuery};
use crate::logs::record::LogRow;
use crate::logs::scan::{LogSelection, Order};
use crate::lookup::{Lookup, Scope};
use crate::readers::Budget;

/// Spans given of a trace.
pub(crate) const SPANS_MAX: usize = 10_000;
/// Log records given of a trace.
const LOGS_MAX: usize = 500;

/// A span's operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RootSpan {
    /// Whose operation.
    pub service: Option<String>,
    /// Its name.
    pub operation: String,
    /// Its kind.
    pub kind: &'static str,
}

/// Spans of a service within a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceSpans {
    /// The service.
    pub name: Option<String>,
    /// How many spans.
    pub spans: u64,
}

/// A trace with all its spans.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trace {
    /// Its id.
    pub trace_id: String,
    /// First start.
    pub start_ms: Option<f64>,
    /// From first start to last end.
    pub duration_ms: Option<f64>,
    /// The span without a parent, or what comes nearest.
    pub root: Option<RootSpan>,
    /// Number of spans.
    pub span_count: u64,
    /// Spans that ended in an error.
    pub error_count: u64,
    /// The services, by number of spans.
    pub services: Vec<ServiceSpans>,
    /// Attributes of the resources that spans refer to.
    pub resources: Vec<Map<String, Value>>,
    /// The spans in the order of a waterfall.
    pub spans: Vec<TraceSpan>,
    /// What the root waited for.
    pub critical_path: Vec<CriticalPiece>,
    /// Log records of the trace, oldest first.
    pub logs: Vec<LogRow>,
    /// Whether there are more.
    pub logs_truncated: bool,
    /// Whether there are more spans.
    pub truncated: bool,
}

/// A span of a trace.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TraceSpan {
    /// Its id.
    pub span_id: String,
    /// Its parent's id.
    pub parent_span_id: Option<String>,
    /// Whether the parent is not among the spans.
    pub missing_parent: bool,
    /// Number of ancestors.
    pub depth: usize,
    /// Whose operation.
    pub service: Option<String>,
    /// What it does.
    pub operation: String,
    /// On which side of a call.
    pub kind: &'static str,
    /// When it started.
    pub start_ms: f64,
    /// The same, from the trace's start.
    pub offset_ms: f64,
    /// How long it took.
    pub duration_ms: f64,
    /// How long none of its children was running.
    pub self_ms: f64,
    /// How it ended.
    pub status: SpanStatus,
    /// What instrumented it.
    pub scope: Scope,
    /// Index of its resource.
    pub resource: usize,
    /// Its attributes.
    pub attributes: Map<String, Value>,
    /// What happened within it.
    pub events: Vec<SpanEvent>,
    /// Links to other spans: `trace_id`, `span_id`, `attributes`.
    pub links: Value,
    /// Log records that carry its id.
    pub log_count: u64,
}

/// How a span ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpanStatus {
    /// `unset`, `ok` or `error`.
    pub code: &'static str,
    /// What went wrong.
    pub message: String,
}

/// Something that happened within a span.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpanEvent {
    /// When.
    pub time_ms: f64,
    /// The same, from the trace's start.
    pub offset_ms: f64,
    /// What.
    pub name: String,
    /// With which attributes.
    pub attributes: Value,
}

/// A piece of time that the trace spent waiting for a span, from the trace's start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CriticalPiece {
    /// The span.
    pub span_id: String,
    /// From when.
    pub from_ms: f64,
    /// Until when.
    pub to_ms: f64,
}

/// The narrow row of a span.
#[derive(Clone, Debug)]
pub(crate) struct NarrowSpan {
    pub(crate) id: i64,
    pub(crate) span_id: Vec<u8>,
    pub(crate) parent_id: Option<Vec<u8>>,
    pub(crate) operation: i64,
    pub(crate) status: i64,
    pub(crate) start: i64,
    pub(crate) duration: i64,
}

impl NarrowSpan {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            span_id: row.get(1)?,
            parent_id: row.get(2)?,
            operation: row.get(3)?,
            status: row.get(4)?,
            start: row.get(5)?,
            duration: row.get(6)?,
        })
    }

    pub(crate) fn is_error(&self) -> bool {
        self.status == i64::from(super::write::STATUS_ERROR)
    }

    fn interval(&self) -> Interval {
        Interval { start: self.start, end: self.start.saturating_add(self.duration) }
    }
}

/// The spans of a trace by start, at most `limit`.
pub(crate) fn spans_of(db: &Connection, trace_id: &[u8], limit: usize) -> rusqlite::Result<Vec<NarrowSpan>> {
    let mut select = db.prepare_cached(
        "SELECT id, span_id, parent_id, operation, status, start, duration FROM span WHERE trace_id = ?1 \
         ORDER BY start, id LIMIT ?2",
    )?;
    let rows = select.query_map((trace_id, limit as i64), NarrowSpan::read)?;
    rows.collect()
}

/// The waterfall of spans.
pub(crate) fn waterfall(spans: &[NarrowSpan]) -> Waterfall {
    let nodes = spans.iter().map(|span| Node {
        id: &span.span_id,
        parent: span.parent_id.as_deref(),
        time: span.interval(),
    });
    Waterfall::new(&nodes.collect::<Vec<_>>())
}

/// What a list and a page say of spans: the root and the services.
pub(crate) fn summary(
    lookup: &Lookup<'_>,
    spans: &[NarrowSpan],
) -> rusqlite::Result<(Option<RootSpan>, Vec<ServiceSpans>)> {
    let mut services: BTreeMap<Option<String>, u64> = BTreeMap::new();
    for span in spans {
        *services.entry(lookup.operation(span.operation)?.service.clone()).or_default() += 1;
    }
    let mut services: Vec<ServiceSpans> =
        services.into_iter().map(|(name, spans)| ServiceSpans { name, spans }).collect();
    services.sort_by_key(|service| std::cmp::Reverse(service.spans));
    // By start, so that the first of either kind is the earliest.
    let without_parent = spans.iter().find(|span| span.parent_id.is_none());
    let is_orphan =
        |span: &&NarrowSpan| !spans.iter().any(|other| Some(&other.span_id) == span.parent_id.as_ref());
    let root = without_parent.or_else(|| spans.iter().find(is_orphan)).or(spans.first());
    let root = root.map(|span| lookup.operation(span.operation)).transpose()?;
    let root = root.map(|operation| RootSpan {
        service: operation.service.clone(),
        operation: operation.name.clone(),
        kind: kind_name(operation.kind),
    });
    Ok((root, services))
}

/// The trace with this id.
pub(crate) fn find(db: &Connection, trace_id: &[u8; 16], budget: &Budget) -> Result<Trace, QueryError> {
    let lookup = Lookup::new(db);
    let mut spans = spans_of(db, trace_id, SPANS_MAX + 1)?;
    let truncated = spans.len() > SPANS_MAX;
    spans.truncate(SPANS_MAX);
    let logs = logs_of(db, trace_id, budget)?;
    if spans.is_empty() && logs.records.is_empty() {
        return Err(QueryError::NotFound("trace with this id"));
    }
    let start = spans.iter().map(|span| span.start).min();
    let end = spans.iter().map(|span| span.interval().end).max();
    let (root, services) = summary(&lookup, &spans)?;
    let waterfall = waterfall(&spans);
    let mut builder = Builder { lookup: &lookup, trace_start: start.unwrap_or(0), resources: Vec::new() };
    let logs_by_span = logs_by_span(db, trace_id)?;
    let mut rows = Vec::with_capacity(spans.len());
    for line in waterfall.lines() {
        let span = &spans[line.index];
        let mut row = builder.span(span)?;
        row.depth = line.depth;
        row.missing_parent = span.parent_id.is_some() && line.parent.is_none();
        row.self_ms = ms(waterfall.self_time(line.index));
        row.log_count = logs_by_span.get(&span.span_id).copied().unwrap_or(0);
        rows.push(row);
    }
    let piece = |piece: &Piece| CriticalPiece {
        span_id: hex::encode(&spans[piece.index].span_id),
        from_ms: ms(piece.time.start - builder.trace_start),
        to_ms: ms(piece.time.end - builder.trace_start),
    };
    Ok(Trace {
        trace_id: hex::encode(trace_id),
        start_ms: start.map(ms),
        duration_ms: start.zip(end).map(|(start, end)| ms(end - start)),
        root,
        span_count: spans.len() as u64,
        error_count: spans.iter().filter(|span| span.is_error()).count() as u64,
        services,
        critical_path: critical_path(&waterfall).iter().map(piece).collect(),
        resources: builder.resources.into_iter().map(|(_, attributes)| attributes).collect(),
        spans: rows,
        logs: logs.records,
        logs_truncated: logs.next_cursor.is_some(),
        truncated,
    })
}

fn logs_of(db: &Connection, trace_id: &[u8], budget: &Budget) -> Result<page::LogPage, QueryError> {
    let filters = Filters::parse(&[format!("trace.id={}", hex::encode(trace_id))])?;
    let selection = LogSelection { filters, to: i64::MAX, ..LogSelection::default() };
    let query = LogQuery { selection, limit: LOGS_MAX, order: Order::Ascending, cursor: None };
    page::read(db, &query, budget)
}

fn logs_by_span(db: &Connection, trace_id: &[u8]) -> rusqlite::Result<BTreeMap<Vec<u8>, u64>> {
    let mut select = db.prepare_cached(
        "SELECT span_id, count(*) FROM log WHERE trace_id = ?1 AND span_id IS NOT NULL GROUP BY span_id",
    )?;
    let rows = select
        .query_map([trace_id], |row| Ok((row.get(0)?, u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0))))?;
    rows.collect()
}

/// Reads the wide rows.
struct Builder<'a> {
    lookup: &'a Lookup<'a>,
    trace_start: i64,
    resources: Vec<(i64, Map<String, Value>)>,
}

impl Builder<'_> {
    fn span(&mut self, span: &NarrowSpan) -> Result<TraceSpan, QueryError> {
        let operation = self.lookup.operation(span.operation)?;
        let wide = Wide::find(self.lookup.db, span.id)?;
        Ok(TraceSpan {
            span_id: hex::encode(&span.span_id),
            parent_span_id: span.parent_id.as_deref().map(hex::encode),
            missing_parent: false,
            depth: 0,
            service: operation.service.clone(),
            operation: operation.name.clone(),
            kind: kind_name(operation.kind),
            start_ms: ms(span.start),
            offset_ms: ms(span.start - self.trace_start),
            duration_ms: ms(span.duration),
            self_ms: 0.0,
            status: SpanStatus { code: status_name(span.status), message: wide.status_message },
            scope: (*self.lookup.scope(wide.scope)?).clone(),
            resource: self.resource(wide.resource)?,
            attributes: json::object(&wide.attributes),
            events: self.events(&wide.events),
            links: serde_json::from_str(&wide.links).unwrap_or_default(),
            log_count: 0,
        })
    }

    fn resource(&mut self, id: i64) -> rusqlite::Result<usize> {
        if let Some(index) = self.resources.iter().position(|(known, _)| *known == id) {
            return Ok(index);
        }
        self.resources.push((id, self.lookup.resource(id)?.attributes.clone()));
        Ok(self.resources.len() - 1)
    }

    fn events(&self, events: &str) -> Vec<SpanEvent> {
        let events: Vec<Value> = serde_json::from_str(events).unwrap_or_default();
        let event = |event: Value| {
            let time =
                event.get("time").and_then(Value::as_str).and_then(|time| time.parse().ok()).unwrap_or(0);
            SpanEvent {
                time_ms: ms(time),
                offset_ms: ms(time.saturating_sub(self.trace_start)),
                name: event.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
                attributes: event.get("attributes").cloned().unwrap_or_default(),
            }
        };
        events.into_iter().map(event).collect()
    }
}

/// The wide row of a span.
pub(crate) struct Wide {
    pub(crate) resource: i64,
    pub(crate) scope: i64,
    status_message: String,
    pub(crate) attributes: String,
    events: String,
    links: String,
}

impl Wide {
    pub(crate) fn find(db: &Connection, id: i64) -> rusqlite::Result<Self> {
        let mut select = db.prepare_cached(
            "SELECT resource, scope, status_message, attributes, events, links FROM span_body WHERE id = ?1",
        )?;
        select.query_row([id], |row| {
            Ok(Self {
                resource: row.get(0)?,
                scope: row.get(1)?,
                status_message: row.get(2)?,
                attributes: row.get(3)?,
                events: row.get(4)?,
                links: row.get(5)?,
            })
        })
    }
}

/// The name of a `SpanKind` in the API.
pub(crate) fn kind_name(kind: i64) -> &'static str {
    match kind {
        1 => "internal",
        2 => "server",
        3 => "client",
        4 => "producer",
        5 => "consumer",
        _ => "unspecified",
    }
}

/// The name of a `StatusCode` in the API.
pub(crate) fn status_name(code: i64) -> &'static str {
    match code {
        1 => "ok",
        2 => "error",
        _ => "unset",
    }
}
