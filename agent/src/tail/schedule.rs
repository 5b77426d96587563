//! Whose turn it is to be read.

use std::collections::{BTreeSet, VecDeque};

use tokio::time::Instant;

use crate::tail::table::SlotId;

/// Files that wait for a turn, and files that wait for a time. A file with more to read goes to the back, so that each
/// gets its share however much one of them has.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    ready: VecDeque<SlotId>,
    later: BTreeSet<(Instant, SlotId)>,
}

impl Schedule {
    pub(crate) fn now(&mut self, slot: SlotId) {
        self.ready.push_back(slot);
    }

    pub(crate) fn at(&mut self, when: Instant, slot: SlotId) {
        self.later.insert((when, slot));
    }

    /// Moves those whose time has come to the waiting ones.
    pub(crate) fn advance(&mut self, now: Instant) {
        while let Some(&(when, slot)) = self.later.first()
            && when <= now
        {
            self.later.pop_first();
            self.ready.push_back(slot);
        }
    }

    pub(crate) fn next(&mut self) -> Option<SlotId> {
        self.ready.pop_front()
    }

    /// When the next time comes.
    pub(crate) fn wakes_at(&self) -> Option<Instant> {
        self.later.first().map(|&(when, _)| when)
    }
}

#[cfg(test)]
mod tests;
