//! Series, their samples, exemplars and metadata.

pub(crate) mod catalogue;
pub(crate) mod chunk;
pub(crate) mod compact;
pub(crate) mod exemplars;
pub(crate) mod head;
pub(crate) mod load;
pub(crate) mod metadata;
pub(crate) mod varint;
pub(crate) mod write;

pub use catalogue::{LabelName, LabelNames, LabelValue, LabelValues, MetricName, MetricNames};
pub use exemplars::{Exemplar, ExemplarSeries, Exemplars};

/// A sample: milliseconds since 1970 and the value.
pub(crate) type Point = (i64, f64);

/// The bits of the NaN that says that a series ended (Prometheus, model/value/value.go).
pub(crate) const STALE: u64 = 0x7ff0_0000_0000_0002;

/// Whether the value is a staleness marker.
pub(crate) fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE
}

#[cfg(test)]
mod tests;
