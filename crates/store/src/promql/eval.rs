//! Computing a plan.

use rusqlite::Connection;

use super::aggregate::aggregate;
use super::arithmetic::{Operator, arithmetic, negate};
use super::plan::{At, Plan, Source};
use super::quantile::histogram_quantile;
use super::steps::Steps;
use super::window::{RangeFunction, Windows};
use crate::error::QueryError;
use crate::metrics::catalogue::{Labels, select};
use crate::metrics::load::load;
use crate::metrics::{Point, is_stale};
use crate::readers::Budget;

/// How far back the newest sample may lie, in milliseconds.
const LOOKBACK: i64 = 5 * 60 * 1000;
/// Values, series times steps, that a part of a query may have.
const VALUES_MAX: usize = 10_000_000;

/// What a part of a query gives.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// One number per step.
    Scalar(Vec<f64>),
    Series(Vec<Column>),
}

/// A series with a value, or none, per step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) labels: Labels,
    pub(crate) values: Vec<Option<f64>>,
    /// Time of the sample behind the last value, when the value is a sample's.
    pub(crate) sample_time: Option<i64>,
}

/// What a computation needs.
pub(crate) struct Context<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) steps: Steps,
    pub(crate) budget: &'a Budget,
}

impl Context<'_> {
    pub(crate) fn eval(&self, plan: &Plan) -> Result<Value, QueryError> {
        match plan {
            Plan::Number(number) => Ok(Value::Scalar(vec![*number; self.steps.count])),
            Plan::Newest(source) => self.newest(source).map(Value::Series),
            Plan::OverRange { function, range, source } => {
                self.over_range(*function, *range, source).map(Value::Series)
            }
            Plan::Aggregate { aggregation, grouping, of } => {
                let columns = self.series(of)?;
                Ok(Value::Series(aggregate(*aggregation, grouping, columns, self.steps.count)))
            }
            Plan::Quantile { quantile, of } => {
                let quantile = self.scalar(quantile)?;
                Ok(Value::Series(histogram_quantile(&quantile, self.series(of)?)))
            }
            Plan::Arithmetic { operator, left, right } => self.arithmetic(*operator, left, right),
            Plan::Negate(of) => negate(self.eval(of)?).and_then(one_of_each),
        }
    }

    fn series(&self, plan: &Plan) -> Result<Vec<Column>, QueryError> {
        match self.eval(plan)? {
            Value::Series(columns) => Ok(columns),
            Value::Scalar(_) => {
                Err(QueryError::Parse { message: "expected series, not a number".to_owned() })
            }
        }
    }

    fn scalar(&self, plan: &Plan) -> Result<Vec<f64>, QueryError> {
        match self.eval(plan)? {
            Value::Scalar(numbers) => Ok(numbers),
            Value::Series(_) => {
                Err(QueryError::Unsupported { what: "a quantile that is not a number".to_owned() })
            }
        }
    }

    fn arithmetic(&self, operator: Operator, left: &Plan, right: &Plan) -> Result<Value, QueryError> {
        arithmetic(operator, self.eval(left)?, self.eval(right)?).and_then(one_of_each)
    }

    /// The newest sample of each series that is not too old.
    fn newest(&self, source: &Source) -> Result<Vec<Column>, QueryError> {
        self.columns(source, LOOKBACK, |points, windows| {
            let mut sample_time = None;
            let values = windows
                .of(points)
                .map(|window| {
                    let newest = window.last().filter(|(_, value)| !is_stale(*value));
                    sample_time = newest.map(|(time, _)| *time);
                    newest.map(|(_, value)| *value)
                })
                .collect();
            (values, sample_time)
        })
    }

    fn over_range(
        &self,
        function: RangeFunction,
        range: i64,
        source: &Source,
    ) -> Result<Vec<Column>, QueryError> {
        let columns = self.columns(source, range, |points, windows| {
            let points: Vec<Point> = points.iter().copied().filter(|(_, value)| !is_stale(*value)).collect();
            let ends = windows.ends();
            let values =
                windows.of(&points).zip(ends).map(|(window, end)| function.of(window, end, range)).collect();
            (values, None)
        })?;
        if function.keeps_name() {
            return Ok(columns);
        }
        let unnamed = columns.into_iter().map(|mut column| {
            column.labels.remove("__name__");
            column
        });
        match one_of_each(Value::Series(unnamed.collect()))? {
            Value::Series(columns) => Ok(columns),
            Value::Scalar(_) => Ok(Vec::new()),
        }
    }

    /// The series of a source, each computed from its samples within windows of `width` that end at the steps.
    /// Series without a value are left out.
    fn columns(
        &self,
        source: &Source,
        width: i64,
        compute: impl Fn(&[Point], Windows) -> (Vec<Option<f64>>, Option<i64>),
    ) -> Result<Vec<Column>, QueryError> {
        let series = select(self.db, &source.selector)?;
        if series.len().saturating_mul(self.steps.count) > VALUES_MAX {
            return Err(QueryError::TooMuch { what: "values", limit: VALUES_MAX });
        }
        let windows = self.windows(source, width);
        let samples = load(self.db, &series, windows.span(), self.budget)?;
        let mut columns = Vec::with_capacity(series.len());
        for (series, points) in series.into_iter().zip(samples) {
            if self.budget.is_spent() {
                return Err(QueryError::OutOfTime);
            }
            let (values, sample_time) = compute(&points, windows);
            if values.iter().any(Option::is_some) {
                columns.push(Column { labels: series.labels, values, sample_time });
            }
        }
        Ok(columns)
    }

    fn windows(&self, source: &Source, width: i64) -> Windows {
        let fixed = source.at.map(|at| match at {
            At::Start => self.steps.start,
            At::End => self.steps.end(),
            At::Time(time) => time,
        });
        let (first, step) = fixed.map_or((self.steps.start, self.steps.step), |time| (time, 0));
        Windows { first_end: first.saturating_sub(source.offset), step, count: self.steps.count, width }
    }
}

/// Fails when two series have the same labels, as they may once their names are gone.
fn one_of_each(value: Value) -> Result<Value, QueryError> {
    if let Value::Series(columns) = &value {
        let mut labels: Vec<&Labels> = columns.iter().map(|column| &column.labels).collect();
        labels.sort_unstable();
        if labels.windows(2).any(|pair| pair[0] == pair[1]) {
            let message =
                "series with different names have the same labels otherwise; name one metric".to_owned();
            return Err(QueryError::Parse { message });
        }
    }
    Ok(value)
}
