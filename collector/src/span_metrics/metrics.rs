//! What span metrics tell about themselves.

use prometheus::{IntCounter, IntGauge, Registry};

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
        let counter = |name: &str, help: &str| -> Result<IntCounter, prometheus::Error> {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let gauge = |name: &str, help: &str| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        Ok(Self {
            series: gauge("weir_span_metrics_series", "Combinations of labels that are counted.")?,
            series_max: gauge(
                "weir_span_metrics_series_max",
                "Spans of further combinations are counted together.",
            )?,
            overflowed: counter(
                "weir_span_metrics_overflowed_spans_total",
                "Spans counted under otel_metric_overflow, since there were too many combinations of labels.",
            )?,
            repeated: counter(
                "weir_span_metrics_repeated_spans_total",
                "Spans read again after a restart that were counted before.",
            )?,
            save_errors: counter(
                "weir_span_metrics_save_errors_total",
                "Failed attempts to save the counts; meanwhile none are sent.",
            )?,
        })
    }
}
