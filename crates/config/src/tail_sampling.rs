//! Tail sampling and span metrics.

use std::time::Duration;

/// Tail sampling: traces are decided over as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct TailSamplingConfig {
    /// How long after its first span a trace is decided over at the latest. Default 30 s.
    pub decision_wait: Duration,
    /// How long after its root span a trace is decided over. Default 5 s.
    pub decision_wait_after_root: Duration,
    /// Bytes of undecided traces in memory; above it the oldest are decided over early. Default 128 MiB.
    pub undecided_bytes_max: u64,
    /// Decisions that are remembered for late spans. Default 1,000,000.
    pub decisions_max: u64,
    /// A trace is kept if any of these keeps it. Not empty.
    pub policies: Vec<TailPolicyConfig>,
}

/// A policy of tail sampling.
#[derive(Clone, Debug, PartialEq)]
pub struct TailPolicyConfig {
    /// Unique.
    pub name: String,
    /// What it keeps.
    pub rule: TailRule,
}

/// What a policy keeps.
#[derive(Clone, Debug, PartialEq)]
pub enum TailRule {
    /// Traces with a span whose status is an error.
    Error,
    /// Traces that take longer than this from their first start to their last end.
    Latency(Duration),
    /// Traces with a span or resource whose attribute has one of these values; any value when empty.
    Attribute {
        /// The attribute's key.
        key: String,
        /// Values as text.
        values: Vec<String>,
    },
    /// Up to this many traces per second of each service.
    Rate(u64),
    /// This share of traces, 0 to 1.
    Probability(f64),
    /// These traces.
    TraceIds(Vec<[u8; 16]>),
}

/// Span metrics: requests, errors and durations counted from spans.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanMetricsConfig {
    /// How often the counts are sent. Default 15 s.
    pub interval: Duration,
    /// Combinations of service, operation, kind and status; more are counted together. Default 10,000.
    pub series_max: u64,
    /// Upper bounds of the classic histogram, rising.
    pub buckets: Vec<Duration>,
    /// Label `instance` of every series. Default: the host's name.
    pub instance: Option<String>,
}
