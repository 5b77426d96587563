//! The store's own metrics.

use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};
use weir_model::Signal;

use crate::retention::Deleted;
use crate::settings::StoreSettings;
use crate::usage::Lost;

/// What the store tells about itself.
#[derive(Clone)]
pub(crate) struct OwnMetrics {
    pub(crate) bytes: IntGauge,
    pub(crate) records: IntGaugeVec,
    dropped: IntCounterVec,
    pub(crate) transaction_seconds: Histogram,
    pub(crate) failures: IntCounter,
    pub(crate) queries: IntCounterVec,
}

impl OwnMetrics {
    pub(crate) fn register(registry: &Registry, settings: &StoreSettings) -> prometheus::Result<Self> {
        let own = Self {
            bytes: IntGauge::new("weir_store_bytes", "Bytes that the embedded store's used pages take.")?,
            records: IntGaugeVec::new(
                Opts::new("weir_store_records", "Records in the embedded store."),
                &["signal"],
            )?,
            dropped: IntCounterVec::new(
                Opts::new(
                    "weir_store_dropped_total",
                    "Records that the embedded store deleted to stay within its limits, the oldest first.",
                ),
                &["signal", "reason"],
            )?,
            transaction_seconds: Histogram::with_opts(
                HistogramOpts::new("weir_store_transaction_seconds", "Time that storing a transaction took.")
                    .buckets(vec![0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0]),
            )?,
            failures: IntCounter::new(
                "weir_store_failures_total",
                "Transactions of the embedded store that failed.",
            )?,
            queries: IntCounterVec::new(
                Opts::new("weir_store_queries_total", "Queries of the embedded store, by how they ended."),
                &["outcome"],
            )?,
        };
        let bytes_max = IntGauge::new("weir_store_bytes_max", "Bytes that the embedded store may take.")?;
        bytes_max.set(i64::try_from(settings.bytes_max).unwrap_or(i64::MAX));
        registry.register(Box::new(bytes_max))?;
        registry.register(Box::new(own.bytes.clone()))?;
        registry.register(Box::new(own.records.clone()))?;
        registry.register(Box::new(own.dropped.clone()))?;
        registry.register(Box::new(own.transaction_seconds.clone()))?;
        registry.register(Box::new(own.failures.clone()))?;
        registry.register(Box::new(own.queries.clone()))?;
        for signal in Signal::ALL {
            for reason in Lost::ALL {
                own.dropped.with_label_values(&[signal.as_str(), reason.as_str()]);
            }
        }
        Ok(own)
    }

    pub(crate) fn count_dropped(&self, deleted: &[Deleted]) {
        for (signal, reason, records) in deleted {
            self.dropped.with_label_values(&[signal.as_str(), reason.as_str()]).inc_by(*records);
        }
    }
}
