//! What was counted in the last seconds, for rates.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use weir_delivery::Delivered;
use weir_ledger::{ExporterSnapshot, SignalSnapshot, Snapshot};
use weir_model::{Reason, Receiver, Signal};

/// What rates are over.
const WINDOW: Duration = Duration::from_secs(10);

/// Everything that counts, at one instant.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    pub(super) at: Instant,
    pub(super) books: Snapshot,
    /// Bytes by signal and receiver.
    pub(super) received_bytes: [[u64; Receiver::ALL.len()]; 3],
    /// By signal and exporter.
    pub(super) delivered: BTreeMap<(Signal, String), Delivered>,
}

impl Counts {
    pub(super) fn received(&self, signal: Signal, receiver: Receiver) -> u64 {
        let mut received = self.books.signal(signal).received.iter();
        received.find(|(of, _)| *of == receiver).map_or(0, |(_, records)| *records)
    }

    pub(super) fn dropped(&self, signal: Signal, component: &str, reason: Reason) -> u64 {
        let mut dropped = self.books.signal(signal).dropped.iter();
        dropped.find(|(of, why, _)| of == component && *why == reason).map_or(0, |(.., records)| *records)
    }

    pub(super) fn account(&self, signal: Signal, exporter: &str) -> Option<&ExporterSnapshot> {
        self.books.signal(signal).exporters.iter().find(|account| account.name == exporter)
    }

    pub(super) fn delivered(&self, signal: Signal, exporter: &str) -> Delivered {
        self.delivered.get(&(signal, exporter.to_owned())).copied().unwrap_or_default()
    }
}

/// Counts of the last seconds, oldest first; never empty.
#[derive(Debug)]
pub(super) struct History {
    counts: VecDeque<Counts>,
}

impl History {
    pub(super) fn new(first: Counts) -> Self {
        Self { counts: VecDeque::from([first]) }
    }

    /// Adds the newest; those beyond the window go, but the one at its edge.
    pub(super) fn push(&mut self, counts: Counts) {
        let newest = counts.at;
        self.counts.push_back(counts);
        while self.counts.get(1).is_some_and(|second| newest.duration_since(second.at) >= WINDOW) {
            self.counts.pop_front();
        }
    }

    pub(super) fn newest(&self) -> &Counts {
        self.counts.back().expect("a history is never empty")
    }

    fn oldest(&self) -> &Counts {
        self.counts.front().expect("a history is never empty")
    }

    /// What rates are over at the moment.
    pub(super) fn window(&self) -> Duration {
        self.newest().at.duration_since(self.oldest().at)
    }

    /// How fast a count that only grows has grown, per second; 0 while there is only one count.
    pub(super) fn rate(&self, of: impl Fn(&Counts) -> u64) -> f64 {
        let seconds = self.window().as_secs_f64();
        let grown = of(self.newest()).saturating_sub(of(self.oldest()));
        if seconds > 0.0 { grown as f64 / seconds } else { 0.0 }
    }

    /// The mean time from reception to delivery over the window; `None` when nothing was delivered in it.
    pub(super) fn lag_seconds(&self, signal: Signal, exporter: &str) -> Option<f64> {
        let before = self.oldest().delivered(signal, exporter);
        let now = self.newest().delivered(signal, exporter);
        let batches = now.batches.saturating_sub(before.batches);
        (batches > 0).then(|| (now.lag_seconds - before.lag_seconds).max(0.0) / batches as f64)
    }
}

/// Everything dropped of a signal: component, reason, records.
pub(super) fn drops(books: &SignalSnapshot) -> impl Iterator<Item = (&str, Reason, u64)> {
    books.dropped.iter().map(|(component, reason, records)| (component.as_str(), *reason, *records))
}

#[cfg(test)]
mod tests;
