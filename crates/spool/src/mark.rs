//! Places in a signal's log.

/// A logical offset in a signal's log, in bytes of frames. It grows for ever, across segments and restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

/// Names an entry that a reader has taken, until it is settled or given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub(crate) u64);
