//! What span metrics tell about themselves.

use prometheus::{IntCounter, IntGauge, Registry};

use crate::registered::{counter, gauge};

/// Metrics of span metrics.
#[derive(Clone, Debug)]
pub(super) struct SpanMetricsMetrics {
    pub(super) series: IntGauge,
    pub(super) series_max: IntGauge,
    pub(super) overflowed: IntCounter,
    pub(super) repeated: IntCounter,
    pub(super) save_errors: IntCounter,
}

impl SpanMetricsMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        Ok(Self {
            series: gauge(registry, "weir_span_metrics_series", "Combinations of labels that are counted.")?,
            series_max: gauge(
                registry,
                "weir_span_metrics_series_max",
                "Spans of further combinations are counted together.",
            )?,
            overflowed: counter(
                registry,
                "weir_span_metrics_overflowed_spans_total",
                "Spans counted under otel_metric_overflow, since there were too many combinations of labels.",
            )?,
            repeated: counter(
                registry,
                "weir_span_metrics_repeated_spans_total",
                "Spans read again after a restart that were counted before.",
            )?,
            save_errors: counter(
                registry,
                "weir_span_metrics_save_errors_total",
                "Failed attempts to save the counts; meanwhile none are sent.",
            )?,
        })
    }
}
