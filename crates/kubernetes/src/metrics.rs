//! How the watches are doing.

use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};

/// Metrics of all watches of a process.
#[derive(Clone, Debug)]
pub struct KubernetesMetrics {
    /// By kind of object.
    pub(crate) failures: IntCounterVec,
    /// By kind of object.
    pub(crate) events: IntCounterVec,
    /// By kind of object.
    pub(crate) incomplete: IntGaugeVec,
}

impl KubernetesMetrics {
    /// Registers them.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let failures = Opts::new(
            "weir_kubernetes_watch_failures_total",
            "Lists and watches of the API server that failed; what was known before stays in force.",
        );
        let events = Opts::new(
            "weir_kubernetes_events_total",
            "Objects that a list or a watch of the API server told of.",
        );
        let incomplete = Opts::new(
            "weir_kubernetes_watches_incomplete",
            "Watches of the API server that have not listed their objects even once.",
        );
        let metrics = Self {
            failures: IntCounterVec::new(failures, &["resource"])?,
            events: IntCounterVec::new(events, &["resource"])?,
            incomplete: IntGaugeVec::new(incomplete, &["resource"])?,
        };
        registry.register(Box::new(metrics.failures.clone()))?;
        registry.register(Box::new(metrics.events.clone()))?;
        registry.register(Box::new(metrics.incomplete.clone()))?;
        Ok(metrics)
    }
}
