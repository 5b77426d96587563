//! A page of a list of records.

use std::ops::ControlFlow;

use rusqlite::Connection;
use serde::Serialize;

use super::record::LogRow;
use super::scan::{LogSelection, Order, scan};
use crate::error::QueryError;
use crate::lookup::Lookup;
use crate::readers::Budget;

/// Rows of a page at most.
pub const LOGS_PAGE_MAX: usize = 1_000;

/// A page to read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogQuery {
    /// Which records.
    pub selection: LogSelection,
    /// How many, at most [`LOGS_PAGE_MAX`].
    pub limit: usize,
    /// In which order.
    pub order: Order,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogPage {
    /// The records.
    pub records: Vec<LogRow>,
    /// Where the next page begins; none at the end.
    pub next_cursor: Option<String>,
    /// False when time was up before the page was full.
    pub complete: bool,
    /// Candidates looked at.
    pub scanned: u64,
    /// How long it took.
    pub took_ms: f64,
}

/// Reads a page.
pub(crate) fn read(db: &Connection, query: &LogQuery, budget: &Budget) -> Result<LogPage, QueryError> {
    let lookup = Lookup::new(db);
    let mut ids = query.selection.ids();
    match (query.cursor.as_deref().map(position).transpose()?, query.order) {
        (None, _) => {}
        (Some(id), Order::Descending) => ids.end = ids.end.min(id),
        (Some(id), Order::Ascending) => ids.start = ids.start.max(id.saturating_add(1)),
    }
    let limit = query.limit.clamp(1, LOGS_PAGE_MAX);
    let mut records = Vec::with_capacity(limit.min(100));
    let reached = scan(&lookup, &query.selection, ids, query.order, budget, |mut hit| {
        let body = hit.body()?;
        records.push(LogRow::new(&lookup, &hit.narrow()?, &body)?);
        Ok(if records.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(LogPage {
        records,
        next_cursor: reached.last.map(|id| id.to_string()),
        complete: !reached.is_out_of_time,
        scanned: reached.scanned,
        took_ms: budget.took_ms(),
    })
}

fn position(cursor: &str) -> Result<i64, QueryError> {
    cursor.parse().map_err(|_| QueryError::Parameter {
        parameter: "cursor",
        message: format!("\"{cursor}\" is none that a page gave"),
        remedy: "hand back next_cursor as it is, or leave it out",
    })
}
