//! Prometheus relabelling rules.
