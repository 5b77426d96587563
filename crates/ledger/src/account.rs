//! The books of one signal.

use std::collections::BTreeMap;

use weir_model::{Reason, Receiver, Signal};

use crate::{ExporterSnapshot, Settlement, SignalSnapshot};

/// `sum(taken) = pending + dropped_before_spool + appended`, unless some hand miscounts: then it stays unequal and shows
/// as an imbalance of every exporter.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// Taken in and not refused, by receiver. Falls with a refusal; below 0 when more was refused than taken.
    taken: [i128; Receiver::ALL.len()],
    /// What snapshots have shown as received, by receiver. Never falls.
    received: [u64; Receiver::ALL.len()],
    pending: u64,
    dropped_before_spool: u64,
    appended: u64,
    pub(crate) exporters: BTreeMap<Box<str>, ExporterAccount>,
    drops: BTreeMap<(Box<str>, Reason), u64>,
}

/// Invariant: `appended - appended_before + recovered >= released`.
#[derive(Debug, Default)]
pub(crate) struct ExporterAccount {
    recovered: u64,
    appended_before: u64,
    released: u64,
    delivered: u64,
    deduplicated: u64,
    dropped: u64,
}

impl Account {
    pub(crate) fn receive(&mut self, receiver: Receiver, records: u64) {
        self.taken[receiver.index()] += i128::from(records);
        self.pending += records;
    }

    pub(crate) fn refuse(&mut self, receiver: Receiver, records: u64) {
        self.taken[receiver.index()] -= i128::from(records);
        self.leave_pending(records);
    }

    pub(crate) fn drop_pending(&mut self, component: &str, reason: Reason, records: u64) {
        self.leave_pending(records);
        self.dropped_before_spool += records;
        self.count_drop(component, reason, records);
    }

    pub(crate) fn append(&mut self, records: u64) {
        self.leave_pending(records);
        self.appended += records;
    }

    /// Taking more than is pending is a miscount. What is too much stays in the other terms of the equation and shows as
    /// an imbalance.
    fn leave_pending(&mut self, records: u64) {
        self.pending = self.pending.saturating_sub(records);
    }

    pub(crate) fn open_exporter(&mut self, exporter: &str, recovered: u64) {
        let appended_before = self.appended;
        self.exporters.entry(exporter.into()).or_insert_with(|| ExporterAccount {
            recovered,
            appended_before,
            ..ExporterAccount::default()
        });
    }

    pub(crate) fn settle(&mut self, exporter: &str, released: u64, settlement: &Settlement) {
        for &(reason, records) in &settlement.dropped {
            self.count_drop(exporter, reason, records);
        }
        let Some(account) = self.exporters.get_mut(exporter) else { return };
        account.released += released;
        account.delivered += settlement.delivered;
        account.deduplicated += settlement.deduplicated;
        account.dropped += settlement.dropped.iter().map(|&(_, records)| records).sum::<u64>();
    }

    fn count_drop(&mut self, component: &str, reason: Reason, records: u64) {
        if records > 0 {
            *self.drops.entry((component.into(), reason)).or_default() += records;
        }
    }

    /// Shows as received what is certain to have entered: who brought the pending records is not known, so each
    /// receiver may have to take back that many at most.
    fn show_received(&mut self) {
        let pending = i128::from(self.pending);
        for (received, taken) in self.received.iter_mut().zip(self.taken) {
            *received = u64::try_from(taken - pending).map_or(*received, |entered| entered.max(*received));
        }
    }

    pub(crate) fn snapshot(&mut self, signal: Signal) -> SignalSnapshot {
        self.show_received();
        let taken: i128 = self.taken.iter().sum();
        let received: u64 = self.received.iter().sum();
        let entry = taken
            - i128::from(self.pending)
            - i128::from(self.dropped_before_spool)
            - i128::from(self.appended);
        SignalSnapshot {
            signal,
            received: Receiver::ALL.map(|receiver| (receiver, self.received[receiver.index()])).to_vec(),
            arriving: u64::try_from(taken - i128::from(received)).unwrap_or(0),
            pending: self.pending,
            dropped_before_spool: self.dropped_before_spool,
            dropped: self
                .drops
                .iter()
                .map(|((component, reason), &records)| (component.to_string(), *reason, records))
                .collect(),
            exporters: self
                .exporters
                .iter()
                .map(|(name, account)| self.exporter(name, account, entry))
                .collect(),
        }
    }

    fn exporter(&self, name: &str, account: &ExporterAccount, entry: i128) -> ExporterSnapshot {
        let owed = i128::from(self.appended - account.appended_before) + i128::from(account.recovered)
            - i128::from(account.released);
        let settled =
            i128::from(account.released) - i128::from(account.delivered) - i128::from(account.dropped);
        ExporterSnapshot {
            name: name.to_owned(),
            recovered: account.recovered,
            before: account.appended_before,
            delivered: account.delivered,
            deduplicated: account.deduplicated,
            dropped: account.dropped,
            held: u64::try_from(owed).unwrap_or(0) + self.pending,
            imbalance: i64::try_from(entry + settled + owed.min(0)).unwrap_or(i64::MAX),
        }
    }
}
