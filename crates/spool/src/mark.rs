//! Places in a signal's log.

/// A logical offset in a signal's log, in bytes of frames. It grows for ever, across segments and restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

/// Names an entry that a reader has taken, until it is settled or given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub(crate) u64);

impl EntryId {
    /// Where the entry begins in its log.
    pub const fn position(self) -> Position {
        Position(self.0)
    }
}

/// A position and the ledger id of the record there. Of two marks in one log, the one with the higher position never
/// has the lower id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) position: u64,
    pub(crate) record: u64,
}

impl Mark {
    /// The mark after a frame of `bytes` and `records`.
    pub(crate) fn after(self, bytes: u64, records: u32) -> Self {
        Self { position: self.position + bytes, record: self.record + u64::from(records) }
    }

    /// The later of the two; positions and ids alike.
    pub(crate) fn max(self, other: Self) -> Self {
        Self { position: self.position.max(other.position), record: self.record.max(other.record) }
    }
}
