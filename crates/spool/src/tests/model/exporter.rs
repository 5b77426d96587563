//! One exporter as the model sees it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{EntryId, Reader};

/// One exporter as it should be. A number names a batch.
#[derive(Debug, Default)]
pub(super) struct Exporter {
    pub(super) reader: Option<Reader>,
    /// Appended since it joined and not settled, in flight included.
    pub(super) owed: BTreeSet<u64>,
    /// Of `owed`, those that a power cut may have taken.
    pub(super) at_risk: BTreeSet<u64>,
    pub(super) in_flight: BTreeMap<EntryId, u64>,
    /// Settled, but not yet in a cursor that survives a kill.
    pub(super) unwritten: BTreeSet<u64>,
    /// Settled, but not yet in a cursor that survives a power cut.
    pub(super) unsynced: BTreeSet<u64>,
    /// Settled, and may come again since the cursor was lost.
    pub(super) again: BTreeSet<u64>,
    /// Records dropped, over all restarts before the present one.
    pub(super) dropped_before: u64,
    /// The last batch taken, where order is promised.
    pub(super) last: Option<u64>,
    pub(super) joined: bool,
}

impl Exporter {
    pub(super) fn return_one(&mut self, id: EntryId) {
        let number = self.in_flight.remove(&id).unwrap();
        // Settled before the last crash, and still coming again.
        if !self.owed.contains(&number) {
            self.again.insert(number);
        }
        self.last = None;
    }

    pub(super) fn return_all(&mut self) {
        for id in self.in_flight.keys().copied().collect::<Vec<_>>() {
            self.return_one(id);
        }
        self.last = None;
    }
}
