//! Measured values with the trace that they came from.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde::Serialize;

use super::catalogue::{Labels, Series};
use crate::error::QueryError;
use crate::hex;
use crate::logs::record::trace_exists;

/// Exemplars given at most.
pub const EXEMPLARS_MAX: usize = 5_000;

/// Exemplars of series.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exemplars {
    /// In the order of their labels.
    pub series: Vec<ExemplarSeries>,
    /// Whether there are more.
    pub truncated: bool,
}

/// Exemplars of a series.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExemplarSeries {
    /// The series.
    pub labels: BTreeMap<String, String>,
    /// In the order of time.
    pub exemplars: Vec<Exemplar>,
}

/// A measured value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exemplar {
    /// When.
    pub time_ms: f64,
    /// What was measured; none when it is not finite.
    pub value: Option<f64>,
    /// The trace.
    pub trace_id: Option<String>,
    /// The span.
    pub span_id: Option<String>,
    /// The exemplar's own labels.
    pub labels: Labels,
    /// Whether the store has a span of the trace.
    pub trace_exists: bool,
}

/// The newest exemplars from `from` to `to`, in milliseconds since 1970.
pub(crate) fn read(
    db: &Connection,
    series: Vec<Series>,
    (from, to): (i64, i64),
    limit: usize,
) -> Result<Exemplars, QueryError> {
    let mut newest = Vec::new();
    let mut select = db.prepare_cached(
        "SELECT time, value, trace_id, labels FROM exemplar WHERE series = ?1 AND time >= ?2 AND time <= ?3 \
         ORDER BY time DESC LIMIT ?4",
    )?;
    let limit = limit.clamp(1, EXEMPLARS_MAX);
    for (index, series) in series.iter().enumerate() {
        let mut rows = select.query(params![series.number, from, to, limit as i64 + 1])?;
        while let Some(row) = rows.next()? {
            newest.push((row.get::<_, i64>(0)?, index, exemplar(db, row)?));
        }
    }
    newest.sort_by_key(|(time, ..)| std::cmp::Reverse(*time));
    let truncated = newest.len() > limit;
    newest.truncate(limit);
    let mut by_series: BTreeMap<usize, Vec<Exemplar>> = BTreeMap::new();
    for (_, index, exemplar) in newest.into_iter().rev() {
        by_series.entry(index).or_default().push(exemplar);
    }
    let labelled = |(index, exemplars): (usize, Vec<Exemplar>)| ExemplarSeries {
        labels: series[index].labels.clone(),
        exemplars,
    };
    let mut series: Vec<ExemplarSeries> = by_series.into_iter().map(labelled).collect();
    series.sort_by(|a, b| a.labels.cmp(&b.labels));
    Ok(Exemplars { series, truncated })
}

fn exemplar(db: &Connection, row: &rusqlite::Row<'_>) -> Result<Exemplar, QueryError> {
    let trace_id: Option<Vec<u8>> = row.get(2)?;
    let labels = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
    let labels: Labels =
        serde_json::from_str(labels).map_err(|_| QueryError::Damaged("labels of an exemplar"))?;
    Ok(Exemplar {
        time_ms: row.get::<_, i64>(0)? as f64,
        value: Some(row.get(1)?).filter(|value: &f64| value.is_finite()),
        trace_exists: match &trace_id {
            Some(trace_id) => trace_exists(db, trace_id)?,
            None => false,
        },
        trace_id: trace_id.as_deref().map(hex::encode),
        span_id: labels.get("span_id").cloned(),
        labels,
    })
}
