//! The node's own metrics.
