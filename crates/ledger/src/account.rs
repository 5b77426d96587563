//! The books of one signal.

use std::collections::BTreeMap;

use weir_model::{Reason, Receiver, Signal};

use crate::{ExporterSnapshot, Settlement, SignalSnapshot};

/// Invariant: `sum(received) = pending + dropped_before_spool + appended`.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) received: [u64; Receiver::ALL.len()],
    pub(crate) pending: u64,
    pub(crate) dropped_before_spool: u64,
    pub(crate) appended: u64,
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

    pub(crate) fn count_drop(&mut self, component: &str, reason: Reason, records: u64) {
        if records > 0 {
            *self.drops.entry((component.into(), reason)).or_default() += records;
        }
    }

    pub(crate) fn snapshot(&self, signal: Signal) -> SignalSnapshot {
        let received_total: u64 = self.received.iter().sum();
        let entry = i128::from(received_total)
            - i128::from(self.pending)
            - i128::from(self.dropped_before_spool)
            - i128::from(self.appended);
        SignalSnapshot {
            signal,
            received: Receiver::ALL.map(|receiver| (receiver, self.received[receiver.index()])).to_vec(),
            pending: self.pending,
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
            delivered: account.delivered,
            deduplicated: account.deduplicated,
            dropped: account.dropped,
            held: u64::try_from(owed).unwrap_or(0) + self.pending,
            imbalance: i64::try_from(entry + settled + owed.min(0)).unwrap_or(i64::MAX),
        }
    }
}
