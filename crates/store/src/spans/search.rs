//! Finding traces.

use std::borrow::Cow;

use rusqlite::{Connection, params};
use serde::Serialize;
use weir_proto::attributes::SERVICE_NAME;

use super::trace::{
    NarrowSpan, RootSpan, SPANS_MAX, ServiceSpans, Wide, kind_name, spans_of, status_name, summary,
};
use crate::clock::{NANOS_PER_MS, ms};
use crate::error::QueryError;
use crate::filter::{FieldValue, Filters};
use crate::hex;
use crate::json::{self, as_text, member};
use crate::lookup::Lookup;
use crate::readers::Budget;
use crate::text::contains_ignoring_case;

/// Traces of a page at most.
pub const TRACES_PAGE_MAX: usize = 200;
/// Traces between looks at the clock.
const STRIDE: u64 = 64;

/// Which traces. Times and durations are nanoseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceQuery {
    /// A span is of this service.
    pub service: Option<String>,
    /// A span, of that service, has this name.
    pub operation: Option<String>,
    /// Whether a span has an error.
    pub error: Option<bool>,
    /// It took at least this.
    pub duration_min: Option<i64>,
    /// It took less than this.
    pub duration_max: Option<i64>,
    /// A span, of that service and name, passes these.
    pub filters: Filters,
    /// A span's name contains this.
    pub text: Option<String>,
    /// The first start.
    pub from: i64,
    /// The first start not included.
    pub to: i64,
    /// How many, at most [`TRACES_PAGE_MAX`].
    pub limit: usize,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// A page of traces.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TracePage {
    /// The traces, newest first.
    pub traces: Vec<TraceRow>,
    /// Where the next page begins; none at the end.
    pub next_cursor: Option<String>,
    /// False when time was up before the page was full.
    pub complete: bool,
    /// Traces looked at.
    pub scanned: u64,
    /// How long it took.
    pub took_ms: f64,
}

/// A trace in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TraceRow {
    /// Its id.
    pub trace_id: String,
    /// First start.
    pub start_ms: f64,
    /// From first start to last end.
    pub duration_ms: f64,
    /// The span without a parent, or what comes nearest.
    pub root: Option<RootSpan>,
    /// Number of spans.
    pub span_count: i64,
    /// Spans that ended in an error.
    pub error_count: i64,
    /// The services, by number of spans.
    pub services: Vec<ServiceSpans>,
}

/// A row of the summary table.
struct Candidate {
    trace_id: Vec<u8>,
    start: i64,
    end: i64,
    spans: i64,
    errors: i64,
}

/// Reads a page.
pub(crate) fn read(db: &Connection, query: &TraceQuery, budget: &Budget) -> Result<TracePage, QueryError> {
    let lookup = Lookup::new(db);
    let (before, before_id) = match &query.cursor {
        Some(cursor) => position(cursor)?,
        None => (query.to, Vec::new()),
    };
    let mut select = db.prepare_cached(
        "SELECT trace_id, start, end, spans, errors FROM trace WHERE start >= ?1 AND (start, trace_id) < (?2, ?3) \
         ORDER BY start DESC, trace_id DESC",
    )?;
    let mut rows = select.query(params![query.from, before.min(query.to), before_id])?;
    let limit = query.limit.clamp(1, TRACES_PAGE_MAX);
    let mut page =
        TracePage { traces: Vec::new(), next_cursor: None, complete: true, scanned: 0, took_ms: 0.0 };
    while let Some(row) = rows.next()? {
        let found = Candidate {
            trace_id: row.get(0)?,
            start: row.get(1)?,
            end: row.get(2)?,
            spans: row.get(3)?,
            errors: row.get(4)?,
        };
        page.scanned += 1;
        if let Some(trace) = check(&lookup, query, &found)? {
            page.traces.push(trace);
        }
        let is_full = page.traces.len() == limit;
        page.complete = is_full || !page.scanned.is_multiple_of(STRIDE) || !budget.is_spent();
        if is_full || !page.complete {
            page.next_cursor = Some(format!("{}.{}", found.start, hex::encode(&found.trace_id)));
            break;
        }
    }
    page.took_ms = budget.took_ms();
    Ok(page)
}

fn position(cursor: &str) -> Result<(i64, Vec<u8>), QueryError> {
    let parts = cursor.split_once('.');
    let parts = parts.and_then(|(start, id)| Some((start.parse().ok()?, hex::decode::<16>(id)?.to_vec())));
    parts.ok_or_else(|| QueryError::Parameter {
        parameter: "cursor",
        message: format!("\"{cursor}\" is none that a page gave"),
        remedy: "hand back next_cursor as it is, or leave it out",
    })
}

/// The row of a trace that is one of those asked for.
fn check(lookup: &Lookup<'_>, query: &TraceQuery, found: &Candidate) -> Result<Option<TraceRow>, QueryError> {
    let duration = found.end - found.start;
    let passes = query.error.is_none_or(|error| (found.errors > 0) == error)
        && query.duration_min.is_none_or(|least| duration >= least)
        && query.duration_max.is_none_or(|most| duration < most);
    if !passes {
        return Ok(None);
    }
    let spans = spans_of(lookup.db, &found.trace_id, SPANS_MAX)?;
    if !has_text(lookup, query, &spans)? || !has_span(lookup, query, &spans)? {
        return Ok(None);
    }
    let (root, services) = summary(lookup, &spans)?;
    Ok(Some(TraceRow {
        trace_id: hex::encode(&found.trace_id),
        start_ms: ms(found.start),
        duration_ms: ms(duration),
        root,
        span_count: found.spans,
        error_count: found.errors,
        services,
    }))
}

fn has_text(lookup: &Lookup<'_>, query: &TraceQuery, spans: &[NarrowSpan]) -> rusqlite::Result<bool> {
    let Some(text) = query.text.as_ref().filter(|text| !text.is_empty()) else { return Ok(true) };
    let text = text.to_lowercase();
    for span in spans {
        if contains_ignoring_case(&lookup.operation(span.operation)?.name, &text) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether one span is of the service and the operation and passes the filters.
fn has_span(lookup: &Lookup<'_>, query: &TraceQuery, spans: &[NarrowSpan]) -> rusqlite::Result<bool> {
    if query.service.is_none() && query.operation.is_none() && query.filters.is_empty() {
        return Ok(true);
    }
    for span in spans {
        let operation = lookup.operation(span.operation)?;
        let is_of_service = query.service.is_none() || operation.service == query.service;
        let is_of_name = query.operation.as_ref().is_none_or(|name| *name == operation.name);
        if is_of_service && is_of_name && passes_filters(lookup, &query.filters, span)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn passes_filters(lookup: &Lookup<'_>, filters: &Filters, span: &NarrowSpan) -> rusqlite::Result<bool> {
    if filters.is_empty() {
        return Ok(true);
    }
    let operation = lookup.operation(span.operation)?;
    let wide = Wide::find(lookup.db, span.id)?;
    let (scope, resource) = (lookup.scope(wide.scope)?, lookup.resource(wide.resource)?);
    let attributes = json::object(&wide.attributes);
    let text = |text: &str| Some(FieldValue::Text(Cow::Owned(text.to_owned())));
    Ok(filters.pass(|field| match field {
        "service" | SERVICE_NAME => operation.service.as_deref().and_then(text),
        "name" => text(&operation.name),
        "kind" => text(kind_name(operation.kind)),
        "status" => text(status_name(span.status)),
        "duration" => Some(FieldValue::Number(span.duration as f64 / NANOS_PER_MS as f64)),
        "scope" => Some(scope.name.as_str()).filter(|name| !name.is_empty()).and_then(text),
        field => {
            let value = member(&attributes, field).or_else(|| resource.attributes.get(field));
            value.and_then(as_text).and_then(|value| text(&value))
        }
    }))
}
