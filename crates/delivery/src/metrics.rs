//! Delivery's own metrics.

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};
use weir_model::{Signal, UnixNanos};

/// From a caught-up exporter on the same machine to the end of a long outage, in seconds.
const LAG_BUCKETS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0, 3600.0, 21600.0];

/// The metrics of all exporters. Clones share them.
#[derive(Clone, Debug)]
pub struct DeliveryMetrics {
    lag: HistogramVec,
    bytes: IntCounterVec,
    requests: IntCounterVec,
}

/// What an exporter has delivered of a signal since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Delivered {
    /// Bytes of batches, as the spool holds them.
    pub bytes: u64,
    /// Batches whose lag was measured.
    pub batches: u64,
    /// The sum of their lags.
    pub lag_seconds: f64,
}

impl DeliveryMetrics {
    /// Registers `weir_delivery_lag_seconds`, `weir_delivered_bytes_total` and `weir_export_requests_total`.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let lag =
            HistogramOpts::new("weir_delivery_lag_seconds", "Time from receiving a batch to its delivery.");
        let lag = HistogramVec::new(lag.buckets(LAG_BUCKETS.to_vec()), &["signal", "exporter"])?;
        let bytes =
            Opts::new("weir_delivered_bytes_total", "Bytes of delivered batches, as the spool holds them.");
        let bytes = IntCounterVec::new(bytes, &["signal", "exporter"])?;
        let requests = Opts::new("weir_export_requests_total", "Attempts to deliver, by how they ended.");
        let requests = IntCounterVec::new(requests, &["exporter", "outcome"])?;
        registry.register(Box::new(lag.clone()))?;
        registry.register(Box::new(bytes.clone()))?;
        registry.register(Box::new(requests.clone()))?;
        Ok(Self { lag, bytes, requests })
    }

    /// What `exporter` has delivered of `signal`.
    pub fn delivered(&self, signal: Signal, exporter: &str) -> Delivered {
        let labels = [signal.as_str(), exporter];
        let lag = self.lag.with_label_values(&labels);
        Delivered {
            bytes: self.bytes.with_label_values(&labels).get(),
            batches: lag.get_sample_count(),
            lag_seconds: lag.get_sample_sum(),
        }
    }

    pub(crate) fn of(&self, signal: Signal, exporter: &str) -> LaneMetrics {
        let requests = |outcome: &str| self.requests.with_label_values(&[exporter, outcome]);
        LaneMetrics {
            lag: self.lag.with_label_values(&[signal.as_str(), exporter]),
            bytes: self.bytes.with_label_values(&[signal.as_str(), exporter]),
            delivered: requests("delivered"),
            partial: requests("partial"),
            retry: requests("retry"),
            rejected: requests("rejected"),
        }
    }
}

/// The metrics of one signal of one exporter.
#[derive(Debug)]
pub(crate) struct LaneMetrics {
    lag: Histogram,
    pub(crate) bytes: IntCounter,
    pub(crate) delivered: IntCounter,
    pub(crate) partial: IntCounter,
    pub(crate) retry: IntCounter,
    pub(crate) rejected: IntCounter,
}

impl LaneMetrics {
    /// A batch that was received at `received` has arrived.
    pub(crate) fn observe_lag(&self, received: UnixNanos, now: UnixNanos) {
        self.lag.observe(now.seconds_since(received));
    }
}
