//! Which series there are.

use std::collections::BTreeMap;

use regex::Regex;
use rusqlite::{Connection, params};
use serde::Serialize;

use super::metadata::kind_name;
use crate::error::QueryError;
use crate::text::contains_ignoring_case;

/// Names and values given at most.
pub const NAMES_MAX: usize = 10_000;
/// Series that a query may load.
pub(crate) const SERIES_MAX: usize = 20_000;

/// Labels of a series, `__name__` included.
pub(crate) type Labels = BTreeMap<String, String>;

/// A series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Series {
    pub(crate) number: u32,
    pub(crate) labels: Labels,
}

/// Which series.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    pub(crate) matchers: Vec<Matcher>,
}

/// What a label must be. One that is absent is empty.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    pub(crate) label: String,
    pub(crate) condition: Condition,
}

#[derive(Clone, Debug)]
pub(crate) enum Condition {
    Is(String),
    IsNot(String),
    Matches(Regex),
    MatchesNot(Regex),
}

impl Selector {
    /// The metric's name, when the selector tells it.
    fn name(&self) -> Option<&str> {
        self.matchers.iter().find_map(|matcher| match &matcher.condition {
            Condition::Is(name) if matcher.label == "__name__" => Some(name.as_str()),
            _ => None,
        })
    }

    fn passes(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| {
            let value = labels.get(&matcher.label).map(String::as_str).unwrap_or_default();
            match &matcher.condition {
                Condition::Is(wanted) => value == wanted,
                Condition::IsNot(other) => value != other,
                Condition::Matches(regex) => regex.is_match(value),
                Condition::MatchesNot(regex) => !regex.is_match(value),
            }
        })
    }
}

/// The series that pass, by number.
pub(crate) fn select(db: &Connection, selector: &Selector) -> Result<Vec<Series>, QueryError> {
    let mut found = Vec::new();
    each(db, selector, |series| {
        if found.len() == SERIES_MAX {
            return Err(QueryError::TooMuch { what: "series", limit: SERIES_MAX });
        }
        found.push(series);
        Ok(())
    })?;
    Ok(found)
}

fn each(
    db: &Connection,
    selector: &Selector,
    mut visit: impl FnMut(Series) -> Result<(), QueryError>,
) -> Result<(), QueryError> {
    let sql = match selector.name() {
        Some(_) => "SELECT id, labels FROM series WHERE name = ?1 ORDER BY id",
        None => "SELECT id, labels FROM series WHERE ?1 IS NULL ORDER BY id",
    };
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query(params![selector.name()])?;
    while let Some(row) = rows.next()? {
        let labels = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        let labels = serde_json::from_str(labels).map_err(|_| QueryError::Damaged("labels of a series"))?;
        if selector.passes(&labels) {
            visit(Series { number: row.get(0)?, labels })?;
        }
    }
    Ok(())
}

/// Names of metrics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetricNames {
    /// By name.
    pub metrics: Vec<MetricName>,
    /// Whether there are more.
    pub truncated: bool,
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetricName {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: &'static str,
    /// Its unit.
    pub unit: Option<String>,
    /// What it tells.
    pub help: Option<String>,
    /// Number of its series.
    pub series: i64,
    /// Whether some have exemplars.
    pub has_exemplars: bool,
}

/// The metrics whose name or help contains `text`.
pub(crate) fn names(db: &Connection, text: &str, limit: usize) -> Result<MetricNames, QueryError> {
    let mut select = db.prepare_cached(
        "SELECT series.name, metadata.kind, metadata.unit, metadata.help, count(*), \
         EXISTS(SELECT 1 FROM exemplar JOIN series AS own ON own.id = exemplar.series WHERE own.name = series.name) \
         FROM series LEFT JOIN metadata ON metadata.name = series.name GROUP BY series.name ORDER BY series.name",
    )?;
    let rows = select.query_map([], |row| {
        Ok(MetricName {
            name: row.get(0)?,
            kind: kind_name(row.get::<_, Option<i64>>(1)?.unwrap_or(0)),
            unit: row.get::<_, Option<String>>(2)?.filter(|unit| !unit.is_empty()),
            help: row.get::<_, Option<String>>(3)?.filter(|help| !help.is_empty()),
            series: row.get(4)?,
            has_exemplars: row.get(5)?,
        })
    })?;
    let text = text.to_lowercase();
    let mut metrics = Vec::new();
    for metric in rows {
        let metric = metric?;
        let help = metric.help.as_deref().unwrap_or_default();
        if contains_ignoring_case(&metric.name, &text) || contains_ignoring_case(help, &text) {
            metrics.push(metric);
        }
    }
    let truncated = truncate(&mut metrics, limit);
    Ok(MetricNames { metrics, truncated })
}

/// Names of labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelNames {
    /// By name.
    pub labels: Vec<LabelName>,
}

/// A label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelName {
    /// Its name.
    pub name: String,
    /// Series that have it.
    pub series: u64,
    /// How many values it has.
    pub values: u64,
}

/// Labels of the series that pass.
pub(crate) fn label_names(db: &Connection, selector: &Selector) -> Result<LabelNames, QueryError> {
    let mut found: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    each(db, selector, |series| {
        for (name, value) in series.labels {
            *found.entry(name).or_default().entry(value).or_default() += 1;
        }
        Ok(())
    })?;
    let label = |(name, values): (String, BTreeMap<String, u64>)| LabelName {
        name,
        series: values.values().sum(),
        values: values.len() as u64,
    };
    Ok(LabelNames { labels: found.into_iter().map(label).take(NAMES_MAX).collect() })
}

/// Values of a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelValues {
    /// By value.
    pub values: Vec<LabelValue>,
    /// Whether there are more.
    pub truncated: bool,
}

/// A value of a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelValue {
    /// The value.
    pub value: String,
    /// Series that have it.
    pub series: u64,
}

/// Values, which contain `text`, of a label among the series that pass.
pub(crate) fn label_values(
    db: &Connection,
    label: &str,
    selector: &Selector,
    text: &str,
    limit: usize,
) -> Result<LabelValues, QueryError> {
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    let text = text.to_lowercase();
    each(db, selector, |mut series| {
        if let Some(value) = series.labels.remove(label).filter(|value| contains_ignoring_case(value, &text))
        {
            *found.entry(value).or_default() += 1;
        }
        Ok(())
    })?;
    let mut values: Vec<LabelValue> =
        found.into_iter().map(|(value, series)| LabelValue { value, series }).collect();
    let truncated = truncate(&mut values, limit);
    Ok(LabelValues { values, truncated })
}

fn truncate<T>(list: &mut Vec<T>, limit: usize) -> bool {
    let limit = limit.clamp(1, NAMES_MAX);
    let truncated = list.len() > limit;
    list.truncate(limit);
    truncated
}
