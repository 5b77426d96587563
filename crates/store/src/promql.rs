//! The subset of PromQL that docs/api.md lists, with Prometheus's results.
//!
//! A query is parsed, turned into a [plan](plan) that holds only what the subset has, and computed for all steps at
//! once: each part gives its series as columns with one value, or none, per step.

pub(crate) mod aggregate;
pub(crate) mod arithmetic;
pub(crate) mod eval;
pub(crate) mod plan;
pub(crate) mod quantile;
pub(crate) mod result;
pub(crate) mod steps;
pub(crate) mod window;

pub use result::{InstantResult, InstantSeries, RangeResult, RangeSeries};

#[cfg(test)]
mod tests;
