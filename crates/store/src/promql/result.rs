//! Queries and their answers.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde::Serialize;

use super::eval::{Column, Context, Value};
use super::plan::Plan;
use super::steps::Steps;
use crate::error::QueryError;
use crate::readers::Budget;

/// Series given over a range.
const SERIES_GIVEN_MAX: usize = 200;
/// Series given at one time.
const INSTANT_SERIES_MAX: usize = 10_000;

/// A query's answer at one time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InstantResult {
    /// The time.
    pub time_ms: f64,
    /// In the order of their labels.
    pub series: Vec<InstantSeries>,
    /// The number, when the query gives one.
    pub scalar: Option<f64>,
    /// How long it took.
    pub took_ms: f64,
}

/// A series at one time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InstantSeries {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value; none when that is not finite.
    pub value: Option<f64>,
    /// Its value as Prometheus writes it.
    pub text: String,
    /// Time of the sample, when the query is a selector.
    pub sample_ms: Option<f64>,
}

/// A query's answer over a range.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RangeResult {
    /// The first step.
    pub from_ms: f64,
    /// The end asked for.
    pub to_ms: f64,
    /// From one step to the next.
    pub step_ms: i64,
    /// The steps.
    pub times_ms: Vec<f64>,
    /// In the order of their labels; the first of them.
    pub series: Vec<RangeSeries>,
    /// How many there are.
    pub series_total: usize,
    /// How long it took.
    pub took_ms: f64,
}

/// A series over a range.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RangeSeries {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// A value per step; none where there is none or it is not finite.
    pub values: Vec<Option<f64>>,
}

/// Computes a query at one time, in milliseconds since 1970.
pub(crate) fn instant(
    db: &Connection,
    query: &str,
    time: i64,
    budget: &Budget,
) -> Result<InstantResult, QueryError> {
    let plan = Plan::parse(query)?;
    let value = Context { db, steps: Steps::one(time), budget }.eval(&plan)?;
    let (series, scalar) = match value {
        Value::Scalar(numbers) => (Vec::new(), numbers.first().copied().filter(|number| number.is_finite())),
        Value::Series(columns) => (in_order(columns).into_iter().filter_map(instant_series).collect(), None),
    };
    let mut series: Vec<InstantSeries> = series;
    series.truncate(INSTANT_SERIES_MAX);
    Ok(InstantResult { time_ms: time as f64, series, scalar, took_ms: budget.took_ms() })
}

fn instant_series(column: Column) -> Option<InstantSeries> {
    let value = (*column.values.first()?)?;
    Some(InstantSeries {
        labels: column.labels,
        value: Some(value).filter(|value| value.is_finite()),
        text: text(value),
        sample_ms: column.sample_time.map(|time| time as f64),
    })
}

/// Computes a query at each step from `from` to `to`, in milliseconds since 1970.
pub(crate) fn range(
    db: &Connection,
    query: &str,
    (from, to): (i64, i64),
    step: i64,
    budget: &Budget,
) -> Result<RangeResult, QueryError> {
    let plan = Plan::parse(query)?;
    let steps = Steps::range(from, to, step)?;
    let columns = match (Context { db, steps, budget }).eval(&plan)? {
        Value::Series(columns) => in_order(columns),
        Value::Scalar(numbers) => {
            let values = numbers.into_iter().map(Some).collect();
            vec![Column { labels: BTreeMap::new(), values, sample_time: None }]
        }
    };
    let series_total = columns.len();
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    let series = columns.into_iter().take(SERIES_GIVEN_MAX).map(|column| RangeSeries {
        labels: column.labels,
        values: column.values.into_iter().map(finite).collect(),
    });
    Ok(RangeResult {
        from_ms: from as f64,
        to_ms: to as f64,
        step_ms: step,
        times_ms: steps.times().map(|time| time as f64).collect(),
        series: series.collect(),
        series_total,
        took_ms: budget.took_ms(),
    })
}

fn in_order(mut columns: Vec<Column>) -> Vec<Column> {
    columns.retain(|column| column.values.iter().any(Option::is_some));
    columns.sort_by(|a, b| a.labels.cmp(&b.labels));
    columns
}

/// A value as Prometheus writes it.
fn text(value: f64) -> String {
    match value {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        value => value.to_string(),
    }
}
