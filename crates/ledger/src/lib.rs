//! The live account of every record: received, delivered, held, dropped by reason.
//!
//! For each signal and exporter the books must satisfy, at every instant,
//!
//! ```text
//! received + recovered = delivered + held + dropped
//! ```
//!
//! where *recovered* is what the spool still held for the exporter when the process started. The numbers come from
//! different hands: receivers count what they take in, the spool counts what its frames hold, exporters count how
//! each request ended. An entry is one short critical section per batch, so a snapshot is consistent and an
//! imbalance is never a race but a bug.

mod account;
mod snapshot;

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
}

impl Ledger {
    /// Opens empty books.
    pub fn new() -> Self {
        Self::default()
    }

    /// A receiver took in `records`; they are pending until appended or dropped.
    pub fn receive(&self, signal: Signal, receiver: Receiver, records: u64) {
        let mut account = self.account(signal);
        account.received[receiver.index()] += records;
        account.pending += records;
    }

    /// `records` that are pending were dropped before the spool by `component`.
    pub fn drop_pending(&self, signal: Signal, component: &str, reason: Reason, records: u64) {
        if records == 0 {
            return;
        }
        let mut account = self.account(signal);
        account.pending -= records;
        account.dropped_before_spool += records;
        account.count_drop(component, reason, records);
    }

    /// A sender was told to come back (full spool): the records were never accepted and leave the books.
    pub fn refuse(&self, signal: Signal, receiver: Receiver, records: u64) {
        let mut account = self.account(signal);
        account.received[receiver.index()] -= records;
        account.pending -= records;
    }

    /// The spool holds a frame of `records` that were pending.
    pub fn append(&self, signal: Signal, records: u64) {
        let mut account = self.account(signal);
        account.pending -= records;
        account.appended += records;
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

    /// A consistent copy of the books.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { signals: Signal::ALL.map(|signal| self.account(signal).snapshot(signal)) }
    }

    fn account(&self, signal: Signal) -> parking_lot::MutexGuard<'_, Account> {
        self.accounts[signal.index()].lock()
    }
}

#[cfg(test)]
mod tests;
