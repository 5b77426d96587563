//! Prometheus relabelling rules: <https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config>.
//!
//! A [`RuleSpec`] is a rule as it stands in the configuration; [`Rule::new`] checks it and compiles it once, and
//! [`apply`] runs rules over a label set.

mod labels;
mod rule;

pub use labels::Labels;
pub use rule::{Action, Rule, RuleError, RuleSpec, apply};
