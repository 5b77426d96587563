//! Consistent copies of the books, for `/metrics`, `/readyz` and tests.

use weir_model::{Reason, Receiver, Signal};

/// The books of all signals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// One entry per signal, in the order of [`Signal::ALL`].
    pub signals: [SignalSnapshot; 3],
}

impl Snapshot {
    /// The books of `signal`.
    pub fn signal(&self, signal: Signal) -> &SignalSnapshot {
        &self.signals[signal.index()]
    }

    /// True when every exporter's equation holds.
    pub fn balances(&self) -> bool {
        self.signals.iter().flat_map(|signal| &signal.exporters).all(|exporter| exporter.imbalance == 0)
    }
}

/// The books of one signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalSnapshot {
    /// Whose books these are.
    pub signal: Signal,
    /// Records taken in for good, by receiver. Never less than in an earlier snapshot.
    pub received: Vec<(Receiver, u64)>,
    /// Records taken in that do not count as received yet, since their sender may still be told to come back. 0 when
    /// nothing is pending.
    pub arriving: u64,
    /// Records taken in that are on their way to the spool. Part of what each exporter holds.
    pub pending: u64,
    /// Records dropped before the spool. Part of what each exporter's equation counts as dropped.
    pub dropped_before_spool: u64,
    /// Records dropped anywhere, as (component, reason, records).
    pub dropped: Vec<(String, Reason, u64)>,
    /// The account of each exporter.
    pub exporters: Vec<ExporterSnapshot>,
}

/// One exporter's account within a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExporterSnapshot {
    /// The exporter's name in the configuration.
    pub name: String,
    /// Records that the spool already held for it at the start.
    pub recovered: u64,
    /// Records appended before its account was opened; it is not owed them.
    pub before: u64,
    /// Records that its destination has.
    pub delivered: u64,
    /// Of those delivered, records that the destination already had.
    pub deduplicated: u64,
    /// Records given up after the spool.
    pub dropped: u64,
    /// Records not settled yet, pending ones included.
    pub held: u64,
    /// `received + arriving + recovered - delivered - held - dropped`, where received leaves out what was appended
    /// before the exporter's account was opened, and dropped includes what was dropped before the spool. Anything but 0
    /// is a bug.
    pub imbalance: i64,
}
