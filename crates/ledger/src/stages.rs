//! The books of two stages as one.
//!
//! Records of the first stage that are delivered to the one between them are received by the second. An exporter of one
//! stage is not owed what entered the other, so that counts as *before* for it, and each equation holds as it did.

use std::collections::BTreeMap;

use crate::SignalSnapshot;

/// Joins what two stages say of one signal.
pub(crate) fn join(first: SignalSnapshot, second: SignalSnapshot) -> SignalSnapshot {
    let (entered_first, entered_second) = (entered(&first), entered(&second));
    let mut dropped = BTreeMap::new();
    for (component, reason, records) in first.dropped.into_iter().chain(second.dropped) {
        *dropped.entry((component, reason)).or_default() += records;
    }
    let with_before = |exporters: Vec<crate::ExporterSnapshot>, elsewhere: u64| {
        exporters.into_iter().map(move |mut exporter| {
            exporter.before += elsewhere;
            exporter
        })
    };
    SignalSnapshot {
        signal: first.signal,
        received: first
            .received
            .into_iter()
            .zip(second.received)
            .map(|((receiver, a), (_, b))| (receiver, a + b))
            .collect(),
        arriving: first.arriving + second.arriving,
        pending: first.pending + second.pending,
        dropped_before_spool: first.dropped_before_spool + second.dropped_before_spool,
        dropped: dropped
            .into_iter()
            .map(|((component, reason), records)| (component, reason, records))
            .collect(),
        exporters: with_before(first.exporters, entered_second)
            .chain(with_before(second.exporters, entered_first))
            .collect(),
    }
}

/// Records that went on to the stage's exporters, or are about to.
fn entered(stage: &SignalSnapshot) -> u64 {
    let received: u64 = stage.received.iter().map(|(_, records)| records).sum();
    (received + stage.arriving).saturating_sub(stage.dropped_before_spool)
}
