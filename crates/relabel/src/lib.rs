//! Prometheus relabelling rules.

/// One rule of `relabel_configs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {}
