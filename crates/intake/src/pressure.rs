//! Whether the spool takes batches, told once per change.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::{info, warn};
use weir_model::Signal;
use weir_spool::AppendError;

/// Shared by everything that appends, so that a full spool makes one line in the log and not one per batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pressure {
    refusing: Arc<[AtomicBool; 3]>,
}

impl Pressure {
    pub(crate) fn refused(&self, signal: Signal, error: &AppendError) {
        if !self.refusing[signal.index()].swap(true, Ordering::Relaxed) {
            warn!(%signal, %error, "spool takes no batches, receivers wait");
        }
    }

    pub(crate) fn appended(&self, signal: Signal) {
        let refusing = &self.refusing[signal.index()];
        if refusing.load(Ordering::Relaxed) && refusing.swap(false, Ordering::Relaxed) {
            info!(%signal, "spool takes batches again");
        }
    }
}
