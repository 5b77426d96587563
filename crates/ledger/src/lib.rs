//! The live account of every record: received, delivered, held, dropped by reason.
//!
//! For each signal and exporter the books must satisfy, at every instant,
//!
//! ```text
//! received + arriving + recovered = before + delivered + held + dropped
//! ```
//!
//! where *recovered* is what the spool still held for the exporter when its account was opened, and *before* is what
//! was appended until then, which an exporter that joins a running process is not owed.
//!
//! *Received* only grows, although a sender can be told to come back with records that were taken in: they are
//! *arriving* until it is certain that they stay. While nothing is pending, nothing is arriving, and received is exact
//! for each receiver. While something is pending, each receiver's number may be behind by as much as that, for who
//! brought it is not known.
//!
//! The numbers come from different hands: receivers count what they take in, the spool counts what its frames hold,
//! exporters count how each request ended. An entry is one short critical section per batch, so a snapshot is
//! consistent and an imbalance is never a race but a bug.

mod account;
mod snapshot;
mod stages;

use std::sync::Arc;

use parking_lot::Mutex;
use weir_model::{Reason, Receiver, Signal};

use account::Account;
pub use snapshot::{ExporterSnapshot, SignalSnapshot, Snapshot};

/// How the records of one settled request ended. `delivered` includes `deduplicated`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Records that the destination has.
    pub delivered: u64,
    /// Of those delivered, records that the destination already had.
    pub deduplicated: u64,
    /// Records given up, by reason.
    pub dropped: Vec<(Reason, u64)>,
}

/// A shared handle on the books.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    accounts: Arc<[Mutex<Account>; 3]>,
    /// The books of what comes before.
    first_stage: Option<Arc<Self>>,
}

impl Ledger {
    /// Opens empty books.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens the books of a second stage, which receives what `first_stage` delivers to the step between them. Entries
    /// are made in the books of each stage; snapshots of these here show both.
    pub fn behind(first_stage: &Self) -> Self {
        Self { first_stage: Some(Arc::new(first_stage.clone())), ..Self::default() }
    }

    /// A receiver took in `records`; they are pending until appended or dropped.
    pub fn receive(&self, signal: Signal, receiver: Receiver, records: u64) {
        self.account(signal).receive(receiver, records);
    }

    /// `records` that are pending were dropped before the spool by `component`.
    pub fn drop_pending(&self, signal: Signal, component: &str, reason: Reason, records: u64) {
        if records > 0 {
            self.account(signal).drop_pending(component, reason, records);
        }
    }

    /// A sender was told to come back (full spool): the records were never accepted and leave the books.
    /// No snapshot has shown them as received.
    pub fn refuse(&self, signal: Signal, receiver: Receiver, records: u64) {
        self.account(signal).refuse(receiver, records);
    }

    /// The spool holds a frame of `records` that were pending.
    pub fn append(&self, signal: Signal, records: u64) {
        self.account(signal).append(records);
    }

    /// Opens the account of `exporter`, for which the spool already holds `recovered` records.
    /// An account that is open stays as it is.
    pub fn open_exporter(&self, signal: Signal, exporter: &str, recovered: u64) {
        self.account(signal).open_exporter(exporter, recovered);
    }

    /// Closes the account of an exporter that the configuration no longer names.
    pub fn close_exporter(&self, signal: Signal, exporter: &str) {
        self.account(signal).exporters.remove(exporter);
    }

    /// The spool released frames of `released` records for `exporter`, which ended as `settlement` says.
    pub fn settle(&self, signal: Signal, exporter: &str, released: u64, settlement: &Settlement) {
        self.account(signal).settle(exporter, released, settlement);
    }

    /// A consistent copy of the books. No record counts as received in one and not in a later one.
    pub fn snapshot(&self) -> Snapshot {
        // Of the second stage first: what has passed on by now is in the first stage's books already.
        let own = Signal::ALL.map(|signal| self.account(signal).snapshot(signal));
        let Some(first_stage) = &self.first_stage else { return Snapshot { signals: own } };
        let mut first = first_stage.snapshot().signals.into_iter();
        Snapshot {
            signals: own.map(|second| match first.next() {
                Some(first) => stages::join(first, second),
                None => second,
            }),
        }
    }

    fn account(&self, signal: Signal) -> parking_lot::MutexGuard<'_, Account> {
        self.accounts[signal.index()].lock()
    }
}

#[cfg(test)]
mod tests;
