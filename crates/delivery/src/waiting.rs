//! Entries taken from the spool that wait for their request.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;
use weir_model::Signal;
use weir_spool::Entry;

use crate::Settings;

/// Entries by shard. Entries of one order key are in one shard and leave it in order; a shard of metrics has one
/// request under way at most.
#[derive(Debug)]
pub(crate) struct Waiting {
    shards: Vec<Shard>,
    /// Whether a shard may have only one request under way.
    is_ordered: bool,
    bytes_max: usize,
    records_max: u64,
    linger: Duration,
    /// The shard to be asked first.
    turn: usize,
}

#[derive(Debug, Default)]
struct Shard {
    entries: VecDeque<Entry>,
    bytes: usize,
    records: u64,
    /// Since when the first entry waits.
    since: Option<Instant>,
    is_busy: bool,
}

impl Waiting {
    /// Nothing. Metrics are sharded by order key; logs and traces may go in any order.
    pub(crate) fn new(signal: Signal, settings: &Settings) -> Self {
        let is_ordered = signal == Signal::Metrics;
        let shards = if is_ordered { settings.requests_max.max(1) } else { 1 };
        Self {
            shards: (0..shards).map(|_| Shard::default()).collect(),
            is_ordered,
            bytes_max: settings.batch_bytes_max,
            records_max: settings.batch_records_max,
            linger: settings.linger,
            turn: 0,
        }
    }

    /// Adds what was taken, in the order in which it was taken.
    pub(crate) fn push(&mut self, entries: Vec<Entry>, now: Instant) {
        let count = self.shards.len() as u64;
        for entry in entries {
            let shard = &mut self.shards[(entry.batch.key.0 % count) as usize];
            shard.bytes += entry.batch.payload.len();
            shard.records += u64::from(entry.batch.records);
            shard.since.get_or_insert(now);
            shard.entries.push_back(entry);
        }
    }

    /// Whether more should be taken: less waits than one request for each shard.
    pub(crate) fn has_room(&self) -> bool {
        let bytes: usize = self.shards.iter().map(|shard| shard.bytes).sum();
        let records: u64 = self.shards.iter().map(|shard| shard.records).sum();
        bytes < self.bytes_max.saturating_mul(self.shards.len())
            && records < self.records_max.saturating_mul(self.shards.len() as u64)
    }

    /// The entries of the next request, and their shard, which is busy until [`end`](Self::end).
    pub(crate) fn next_request(&mut self, now: Instant) -> Option<(usize, Vec<Entry>)> {
        let count = self.shards.len();
        let index = (0..count).map(|step| (self.turn + step) % count).find(|&index| {
            let shard = &self.shards[index];
            !(self.is_ordered && shard.is_busy) && self.is_ripe(shard, now)
        })?;
        self.turn = (index + 1) % count;
        let entries = self.shards[index].join(self.bytes_max, self.records_max, now);
        self.shards[index].is_busy = true;
        Some((index, entries))
    }

    /// The request of `shard` is over.
    pub(crate) fn end(&mut self, shard: usize) {
        self.shards[shard].is_busy = false;
    }

    /// When the next request that waits for company goes without it.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let shards = self.shards.iter().filter(|shard| !(self.is_ordered && shard.is_busy));
        shards.filter_map(|shard| shard.since).min().map(|since| since + self.linger)
    }

    fn is_ripe(&self, shard: &Shard, now: Instant) -> bool {
        let is_full = shard.bytes >= self.bytes_max || shard.records >= self.records_max;
        shard.since.is_some_and(|since| is_full || now >= since + self.linger)
    }
}

impl Shard {
    /// Takes out as many entries as go into one request, at least one.
    fn join(&mut self, bytes_max: usize, records_max: u64, now: Instant) -> Vec<Entry> {
        let (mut bytes, mut records) = (0, 0);
        let mut joined = Vec::new();
        while let Some(entry) = self.entries.front() {
            bytes += entry.batch.payload.len();
            records += u64::from(entry.batch.records);
            if !joined.is_empty() && (bytes > bytes_max || records > records_max) {
                break;
            }
            joined.extend(self.entries.pop_front());
        }
        self.bytes -= joined.iter().map(|entry| entry.batch.payload.len()).sum::<usize>();
        self.records -= joined.iter().map(|entry| u64::from(entry.batch.records)).sum::<u64>();
        self.since = (!self.entries.is_empty()).then_some(now);
        joined
    }
}
