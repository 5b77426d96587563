//! The receiver's own metrics.

use prometheus::{IntCounter, Registry};

/// What the receiver tells about itself. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct JournaldMetrics {
    /// `journalctl` ended and was started again.
    pub(super) restarts: IntCounter,
    /// The place could not be saved.
    pub(super) save_errors: IntCounter,
}

impl JournaldMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let restarts = IntCounter::new(
            "weir_journald_restarts_total",
            "Times that journalctl ended and was started again.",
        )?;
        let save_errors = IntCounter::new(
            "weir_journald_checkpoint_errors_total",
            "Times that the place in the journal was not saved.",
        )?;
        registry.register(Box::new(restarts.clone()))?;
        registry.register(Box::new(save_errors.clone()))?;
        Ok(Self { restarts, save_errors })
    }
}
