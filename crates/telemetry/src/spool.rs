//! The spool's size as metrics.

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntGaugeVec, Opts};
use weir_model::Signal;

/// What one signal's log takes on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolSize {
    /// Whose log.
    pub signal: Signal,
    /// Bytes of its segments.
    pub bytes: u64,
    /// Bytes that they may take.
    pub bytes_max: u64,
}

/// Turns what a function tells into `weir_spool_bytes` and `weir_spool_bytes_max`.
pub struct SpoolCollector {
    sizes: Box<dyn Fn() -> Vec<SpoolSize> + Send + Sync>,
    descriptions: Vec<Desc>,
}

impl SpoolCollector {
    /// A collector that asks `sizes` each time it is collected; the function must not block.
    pub fn new(sizes: impl Fn() -> Vec<SpoolSize> + Send + Sync + 'static) -> Self {
        let descriptions = gauges().iter().flat_map(Collector::desc).cloned().collect();
        Self { sizes: Box::new(sizes), descriptions }
    }
}

impl Collector for SpoolCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let [bytes, bytes_max] = gauges();
        for size in (self.sizes)() {
            let labels = [size.signal.as_str()];
            bytes.with_label_values(&labels).set(i64::try_from(size.bytes).unwrap_or(i64::MAX));
            bytes_max.with_label_values(&labels).set(i64::try_from(size.bytes_max).unwrap_or(i64::MAX));
        }
        [bytes, bytes_max].iter().flat_map(Collector::collect).collect()
    }
}

fn gauges() -> [IntGaugeVec; 2] {
    let described = [
        Opts::new("weir_spool_bytes", "Bytes that the signal's segments take on disk."),
        Opts::new("weir_spool_bytes_max", "Bytes that the signal's segments may take on disk."),
    ];
    described.map(|opts| IntGaugeVec::new(opts, &["signal"]).expect("the name and label are valid constants"))
}

#[cfg(test)]
mod tests;
