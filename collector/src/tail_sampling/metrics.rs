//! What tail sampling tells about itself.

use prometheus::{IntCounter, IntCounterVec, IntGauge, Registry};

use crate::registered::{counter, counters, gauge};

/// Metrics of tail sampling.
#[derive(Clone, Debug)]
pub(super) struct TailSamplingMetrics {
    /// By decision: `kept`, `dropped`.
    pub(super) traces: IntCounterVec,
    /// By cause.
    pub(super) decisions: IntCounterVec,
    /// By policy.
    pub(super) kept: IntCounterVec,
    /// By decision.
    pub(super) late_spans: IntCounterVec,
    pub(super) repeated_spans: IntCounter,
    pub(super) undecided_traces: IntGauge,
    pub(super) undecided_bytes: IntGauge,
    pub(super) undecided_bytes_max: IntGauge,
    pub(super) remembered: IntGauge,
    pub(super) journal_errors: IntCounter,
    pub(super) journal_damage: IntCounter,
    pub(super) void_steps: IntCounter,
}

impl TailSamplingMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        Ok(Self {
            traces: counters(
                registry,
                "weir_tail_sampling_traces_total",
                "Traces decided over, by decision.",
                "decision",
            )?,
            decisions: counters(
                registry,
                "weir_tail_sampling_decisions_total",
                "Decisions by cause: the root span has ended, the wait is over, the memory was needed (evicted), spans were late.",
                "cause",
            )?,
            kept: counters(
                registry,
                "weir_tail_sampling_policy_kept_total",
                "Traces kept, by the policy that did.",
                "policy",
            )?,
            late_spans: counters(
                registry,
                "weir_tail_sampling_late_spans_total",
                "Spans that came after their trace was decided over, and follow that decision.",
                "decision",
            )?,
            repeated_spans: counter(
                registry,
                "weir_tail_sampling_repeated_spans_total",
                "Spans read again after a restart whose trace was dealt with before.",
            )?,
            undecided_traces: gauge(
                registry,
                "weir_tail_sampling_undecided_traces",
                "Traces that are waited for.",
            )?,
            undecided_bytes: gauge(
                registry,
                "weir_tail_sampling_undecided_bytes",
                "Memory of undecided traces.",
            )?,
            undecided_bytes_max: gauge(
                registry,
                "weir_tail_sampling_undecided_bytes_max",
                "Above it traces are decided over early.",
            )?,
            remembered: gauge(
                registry,
                "weir_tail_sampling_remembered_decisions",
                "Decisions kept for late spans.",
            )?,
            journal_errors: counter(
                registry,
                "weir_tail_sampling_journal_errors_total",
                "Failed writes of the journal of decisions; each is tried again.",
            )?,
            journal_damage: counter(
                registry,
                "weir_tail_sampling_journal_damage_total",
                "Journals of decisions whose rest could not be read.",
            )?,
            void_steps: counter(
                registry,
                "weir_tail_sampling_void_steps_total",
                "Steps that a crash left between the journal and the spool; their traces are decided over again.",
            )?,
        })
    }
}
