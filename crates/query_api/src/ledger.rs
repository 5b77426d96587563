//! The books (docs/api.md, Ledger).

use serde::Serialize;

/// The books of every signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// Whether every equation holds.
    pub balances: bool,
    /// One entry per signal.
    pub signals: Vec<SignalBooks>,
}

/// The books of a signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignalBooks {
    /// Which signal.
    pub signal: String,
    /// Records taken in for good, by receiver.
    pub received: Vec<ReceivedCount>,
    /// Their sum.
    pub received_total: u64,
    /// Records taken in whose sender may still be told to come back.
    pub arriving: u64,
    /// Records on their way to the spool.
    pub pending: u64,
    /// Records dropped before the spool.
    pub dropped: Vec<ComponentDrops>,
    /// One account per exporter.
    pub exporters: Vec<ExporterAccount>,
}

/// Records that a receiver took in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReceivedCount {
    /// Its name.
    pub receiver: String,
    /// How many.
    pub records: u64,
}

/// Records that a component dropped for a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComponentDrops {
    /// Its name.
    pub component: String,
    /// Why.
    pub reason: String,
    /// How many.
    pub records: u64,
}

/// The account of an exporter. `received + arriving + recovered = before + delivered + held + dropped_before_spool +
/// dropped + imbalance`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExporterAccount {
    /// Its name in the configuration.
    pub name: String,
    /// Whether the equation holds.
    pub balances: bool,
    /// Anything but 0 is a bug in weir.
    pub imbalance: i64,
    /// Records taken in for good.
    pub received: u64,
    /// Records taken in whose sender may still be told to come back.
    pub arriving: u64,
    /// What the spool still held for it when weir started.
    pub recovered: u64,
    /// Records that went by before it was configured.
    pub before: u64,
    /// Records that its destination has.
    pub delivered: u64,
    /// Of those, records that the destination already had.
    pub deduplicated: u64,
    /// Records not settled yet.
    pub held: u64,
    /// Records dropped before the spool.
    pub dropped_before_spool: u64,
    /// Records given up after the spool.
    pub dropped: u64,
    /// The equation in numbers, for people.
    pub equation: String,
}
