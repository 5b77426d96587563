//! When a request of 1.0 says again what its metrics are.

use std::collections::HashMap;

use parking_lot::Mutex;
use weir_model::{Batch, OrderKey, UnixNanos};

/// 1.0 sends metadata apart from samples; once a minute per target, as Prometheus does.
const INTERVAL_SECONDS: f64 = 60.0;
/// Past this many targets the clock starts anew; some metadata is then sent early.
const TARGETS_MAX: usize = 10_000;

/// Remembers when each target's metadata was last sent. It follows the batches' own time, so that a backlog does not
/// repeat metadata more often than live data does.
#[derive(Debug, Default)]
pub(crate) struct MetadataClock {
    sent: Mutex<HashMap<OrderKey, UnixNanos>>,
}

impl MetadataClock {
    /// Whether the metadata of `batch` is due; then it counts as sent.
    pub(crate) fn is_due(&self, batch: &Batch) -> bool {
        let mut sent = self.sent.lock();
        if sent.get(&batch.key).is_some_and(|&last| batch.received.seconds_since(last) < INTERVAL_SECONDS) {
            return false;
        }
        if sent.len() >= TARGETS_MAX {
            sent.clear();
        }
        sent.insert(batch.key, batch.received);
        true
    }
}

#[cfg(test)]
mod tests;
