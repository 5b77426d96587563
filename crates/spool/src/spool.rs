//! The spool's handle.

use tokio::sync::watch;
use weir_ledger::Ledger;
use weir_model::{Batch, Signal};

use crate::{AppendError, Position, Reader, SpoolError, SpoolSettings, SpoolStats};

/// The log of all signals. Clones share it; the last one to go stops its threads and saves the cursors.
#[derive(Clone, Debug)]
pub struct Spool {}

impl Spool {
    /// Opens or creates the spool and recovers what a crash left. Damaged data is skipped and counted.
    pub fn open(settings: SpoolSettings, ledger: Ledger) -> Result<Self, SpoolError> {
        let _ = (settings, ledger);
        panic!("not built yet")
    }

    /// Appends by group commit and returns the end of the frame once the batch is as safe as the settings say.
    ///
    /// The batch's records must be pending in the ledger; they count as appended from then on. On an error they stay
    /// pending. Dropped half way, the batch is appended whole or not at all.
    pub async fn append(&self, batch: Batch) -> Result<Position, AppendError> {
        let _ = batch;
        panic!("not built yet")
    }

    /// Everything before the watched position survives the loss of power.
    pub fn synced(&self, signal: Signal) -> watch::Receiver<Position> {
        let _ = signal;
        panic!("not built yet")
    }

    /// Opens the cursor of `exporter` and its account in the ledger.
    ///
    /// A new cursor starts at the log's end, but at its beginning for the first exporter ever of the signal.
    pub fn subscribe(&self, signal: Signal, exporter: &str) -> Result<Reader, SpoolError> {
        let _ = (signal, exporter);
        panic!("not built yet")
    }

    /// The exporters that have a cursor, whether or not they read now.
    pub fn cursors(&self, signal: Signal) -> Vec<String> {
        let _ = signal;
        panic!("not built yet")
    }

    /// Forgets the cursor of an exporter that the configuration no longer names, and closes its account.
    pub fn remove_cursor(&self, signal: Signal, exporter: &str) -> Result<(), SpoolError> {
        let _ = (signal, exporter);
        panic!("not built yet")
    }

    /// Whether the last batch was refused for want of room and there still is none.
    pub fn is_full(&self, signal: Signal) -> bool {
        let _ = signal;
        panic!("not built yet")
    }

    /// Syncs all segments and cursors.
    pub async fn flush(&self) -> Result<(), SpoolError> {
        panic!("not built yet")
    }

    /// The state now.
    pub fn stats(&self) -> SpoolStats {
        panic!("not built yet")
    }
}
