//! One signal of one exporter: takes entries, keeps requests under way, settles them.

use std::pin::pin;
use std::sync::Arc;

use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout_at};
use weir_ledger::Ledger;
use weir_model::{Batch, Signal, UnixNanos};
use weir_spool::{Entry, EntryId, Reader, TakeLimits};

use crate::request::{Context, Stop, Verdict, deliver};
use crate::waiting::Waiting;
use crate::{Exporter, Settings};

/// Entries that one take may return, however small they are.
const ENTRIES_MAX: usize = 1024;

/// One signal of one exporter.
///
/// Invariant: each entry taken is in `waiting`, in a request of `requests`, or settled or given back.
pub(crate) struct Lane<E: Exporter> {
    signal: Signal,
    reader: Arc<Reader>,
    ledger: Ledger,
    context: Arc<Context<E>>,
    stop: Stop,
    waiting: Waiting,
    requests: JoinSet<Ended>,
}

/// A request that is over, and what it held.
struct Ended {
    shard: usize,
    records: u64,
    bytes: u64,
    ids: Vec<EntryId>,
    received: Vec<UnixNanos>,
    verdict: Verdict,
}

impl<E: Exporter> Lane<E> {
    pub(crate) fn new(
        signal: Signal,
        reader: Reader,
        ledger: Ledger,
        context: Context<E>,
        stop: Stop,
    ) -> Self {
        let waiting = Waiting::new(signal, &context.settings);
        Self {
            signal,
            reader: Arc::new(reader),
            ledger,
            context: Arc::new(context),
            stop,
            waiting,
            requests: JoinSet::new(),
        }
    }

    /// Delivers until stopped. Dropped half way, everything that is not settled goes back to the spool.
    pub(crate) async fn run(mut self) {
        let deadline = self.deliver_until_stopped().await;
        while let Ok(Some(ended)) = timeout_at(deadline, self.requests.join_next()).await {
            self.finish(ended);
        }
        // What waits or is still under way goes back to the spool with the reader.
        self.requests.shutdown().await;
    }

    /// Returns when everything must be over.
    async fn deliver_until_stopped(&mut self) -> Instant {
        let reader = Arc::clone(&self.reader);
        let limits = take_limits(&self.context.settings);
        let mut stop = self.stop.clone();
        let mut stopped = pin!(stop.wait_for(|deadline| deadline.is_some()));
        // Kept over the rounds: a take that is dropped may have read from disk in vain.
        let mut taking = pin!(reader.take(&limits));
        loop {
            self.send_what_is_ripe();
            let has_slot = self.requests.len() < self.context.window.size();
            let deadline = self.waiting.next_deadline().filter(|_| has_slot);
            tokio::select! {
                biased;
                stopped = &mut stopped => return deadline_of(stopped.as_deref().ok()),
                Some(ended) = self.requests.join_next() => self.finish(ended),
                entries = &mut taking, if has_slot && self.waiting.has_room() => {
                    self.waiting.push(entries, Instant::now());
                    taking.set(reader.take(&limits));
                }
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {}
            }
        }
    }

    fn send_what_is_ripe(&mut self) {
        while self.requests.len() < self.context.window.size() {
            let Some((shard, entries)) = self.waiting.next_request(Instant::now()) else { return };
            self.send(shard, entries);
        }
    }

    fn send(&mut self, shard: usize, entries: Vec<Entry>) {
        let ids = entries.iter().map(|entry| entry.id).collect();
        let received = entries.iter().map(|entry| entry.batch.received).collect();
        let records = entries.iter().map(|entry| u64::from(entry.batch.records)).sum();
        let bytes = entries.iter().map(|entry| entry.batch.payload.len() as u64).sum();
        let batches: Vec<Batch> = entries.into_iter().map(|entry| entry.batch).collect();
        let (context, stop) = (Arc::clone(&self.context), self.stop.clone());
        self.context.health.begin();
        self.requests.spawn(async move {
            let verdict = deliver(context, batches, stop).await;
            Ended { shard, records, bytes, ids, received, verdict }
        });
    }

    fn finish(&mut self, ended: Result<Ended, JoinError>) {
        self.context.health.end();
        let ended = match ended {
            Ok(ended) => ended,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        self.waiting.end(ended.shard);
        match ended.verdict {
            Verdict::GivenUp => self.reader.give_back(&ended.ids),
            Verdict::Settled(settlement) => {
                if settlement.delivered > 0 {
                    self.context.metrics.bytes.inc_by(ended.bytes);
                    let now = UnixNanos::now();
                    ended
                        .received
                        .iter()
                        .for_each(|&received| self.context.metrics.observe_lag(received, now));
                }
                let exporter = &self.context.settings.exporter;
                self.ledger.settle(self.signal, exporter, ended.records, &settlement);
                self.reader.settle(&ended.ids);
            }
        }
    }
}

fn take_limits(settings: &Settings) -> TakeLimits {
    TakeLimits {
        bytes_max: settings.batch_bytes_max,
        records_max: settings.batch_records_max,
        entries_max: ENTRIES_MAX,
    }
}

/// When everything must be over; at once when nobody is left to say so.
fn deadline_of(stopped: Option<&Option<Instant>>) -> Instant {
    stopped.copied().flatten().unwrap_or_else(Instant::now)
}
