//! An exporter's way through a signal's log.

use std::time::Duration;

use weir_model::{Batch, Signal, UnixNanos};

use crate::{EntryId, TakeLimits};

/// A batch and its name for [`Reader::settle`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The batch as it was appended.
    pub batch: Batch,
    /// Its name.
    pub id: EntryId,
}

/// One exporter's cursor over one signal. Dropping it gives back what is in flight.
#[derive(Debug)]
pub struct Reader {}

impl Reader {
    /// Waits until there is something and returns at least one entry. Cancel safe: dropped, it has taken nothing.
    pub async fn take(&self, limits: &TakeLimits) -> Vec<Entry> {
        let _ = limits;
        panic!("not built yet")
    }

    /// Takes what is in memory; nothing when the next entries are on disk.
    pub fn try_take(&self, limits: &TakeLimits) -> Vec<Entry> {
        let _ = limits;
        panic!("not built yet")
    }

    /// The entries are done with. Saved within 20 ms, synced within a second.
    pub fn settle(&self, ids: &[EntryId]) {
        let _ = ids;
        panic!("not built yet")
    }

    /// The entries were not delivered and will be taken again.
    pub fn give_back(&self, ids: &[EntryId]) {
        let _ = ids;
        panic!("not built yet")
    }

    /// Records not settled yet, those in flight included.
    pub fn held_records(&self) -> u64 {
        panic!("not built yet")
    }

    /// When the oldest record was received that is not settled; refreshed each second, `None` when all is settled.
    pub fn oldest_received(&self) -> Option<UnixNanos> {
        panic!("not built yet")
    }

    /// The age at which the spool drops a batch. What is in flight is the taker's to drop.
    pub fn age_max(&self) -> Duration {
        panic!("not built yet")
    }

    /// What is read.
    pub fn signal(&self) -> Signal {
        panic!("not built yet")
    }
}
