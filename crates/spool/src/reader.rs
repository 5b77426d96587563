//! An exporter's way through a signal's log.

use std::future;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::sleep;
use tracing::{error, warn};
use weir_model::{Batch, Reason, Signal, UnixNanos};

use crate::backlog::{Backlog, Step, Taken};
use crate::log::{DiskRange, Log, LogState};
use crate::shared::Shared;
use crate::spool::Spool;
use crate::subscriber::Subscriber;
use crate::{EntryId, TakeLimits};

/// While there is both, one take in this many is from the backlog.
const BACKLOG_SHARE: u8 = 4;
/// The wait after a failed read.
const READ_RETRY: Duration = Duration::from_secs(1);

/// A batch and its name for [`Reader::settle`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The batch as it was appended.
    pub batch: Batch,
    /// Its name.
    pub id: EntryId,
}

/// One exporter's cursor over one signal. Dropping it gives back what is in flight.
///
/// A reader that keeps up takes batches from memory. One that fell behind reads what it missed from disk, while it
/// goes on to get fresh batches from memory in three takes of four; metrics, whose order counts, come strictly in the
/// order in which they were appended, and so does everything to a reader that is [`Reader::in_order`].
#[derive(Debug)]
pub struct Reader {
    /// Keeps the spool's threads.
    spool: Spool,
    log: Arc<Log>,
    exporter: Box<str>,
    /// Whether entries come strictly in the order in which they were appended.
    in_order: bool,
    wake: Arc<Notify>,
    /// Held during a take, so that two do not read the same from disk.
    backlog: tokio::sync::Mutex<Backlog>,
}

/// Where the next entries are.
enum Next {
    Taken(Vec<Entry>),
    OnDisk(DiskRange),
    Nowhere,
}

impl Reader {
    /// A reader of an exporter that `log` knows and nobody else reads for.
    pub(crate) fn new(spool: Spool, log: Arc<Log>, exporter: &str, wake: Arc<Notify>) -> Self {
        let in_order = log.signal == Signal::Metrics;
        Self { spool, log, exporter: exporter.into(), in_order, wake, backlog: tokio::sync::Mutex::default() }
    }

    /// A reader that takes entries strictly in the order in which they were appended, whatever the signal.
    pub fn in_order(mut self) -> Self {
        self.in_order = true;
        self
    }

    /// Waits until there is something and returns at least one entry. Cancel safe: dropped, it has taken nothing.
    pub async fn take(&self, limits: &TakeLimits) -> Vec<Entry> {
        let mut backlog = self.backlog.lock().await;
        loop {
            match self.next(limits) {
                Next::Taken(entries) => return entries,
                Next::Nowhere => {
                    backlog.close();
                    self.wake.notified().await;
                }
                Next::OnDisk(range) => {
                    let entries = self.take_from_disk(&mut backlog, range, *limits).await;
                    if !entries.is_empty() {
                        return entries;
                    }
                }
            }
        }
    }

    /// Takes what is in memory; nothing when the next entries are on disk.
    pub fn try_take(&self, limits: &TakeLimits) -> Vec<Entry> {
        let mut state = self.log.state.lock();
        let is_next = !self.in_order || self.subscriber(&mut state).has_no_gap_on_disk();
        if is_next { self.take_fresh(&mut state, limits) } else { Vec::new() }
    }

    /// The entries are done with. Saved within 20 ms, synced within a second.
    pub fn settle(&self, ids: &[EntryId]) {
        let mut state = self.log.state.lock();
        let subscriber = self.subscriber(&mut state);
        for id in ids {
            if !subscriber.cursor.settle(id.0) {
                error!(exporter = %self.exporter, signal = %self.log.signal, position = id.0,
                    "settled an entry that is not in flight");
            }
        }
        self.note_change(subscriber);
    }

    /// The entries were not delivered and will be taken again.
    pub fn give_back(&self, ids: &[EntryId]) {
        let mut state = self.log.state.lock();
        ids.iter().for_each(|id| self.release(&mut state, id.0));
        drop(state);
        self.wake.notify_one();
    }

    /// Records not settled yet, those in flight included.
    pub fn held_records(&self) -> u64 {
        let mut state = self.log.state.lock();
        let end = state.end;
        self.subscriber(&mut state).cursor.held(end)
    }

    /// When the oldest record was received that is not settled; refreshed each second, `None` when all is settled.
    pub fn oldest_received(&self) -> Option<UnixNanos> {
        self.subscriber(&mut self.log.state.lock()).oldest.map(|(_, received)| received)
    }

    /// The age at which the spool drops a batch. What is in flight is the taker's to drop.
    pub fn age_max(&self) -> Duration {
        self.shared().settings.age_max
    }

    /// What is read.
    pub fn signal(&self) -> Signal {
        self.log.signal
    }

    fn next(&self, limits: &TakeLimits) -> Next {
        let mut state = self.log.state.lock();
        let subscriber = self.subscriber(&mut state);
        let gap = subscriber.cursor.first_gap(subscriber.fresh);
        let Some((start, end)) = gap else {
            let entries = self.take_fresh(&mut state, limits);
            return if entries.is_empty() { Next::Nowhere } else { Next::Taken(entries) };
        };
        subscriber.turn = (subscriber.turn + 1) % BACKLOG_SHARE;
        if !self.in_order && subscriber.turn != 0 {
            let entries = self.take_fresh(&mut state, limits);
            if !entries.is_empty() {
                return Next::Taken(entries);
            }
        }
        Next::OnDisk(state.disk_range(start, end))
    }

    fn take_fresh(&self, state: &mut LogState, limits: &TakeLimits) -> Vec<Entry> {
        let LogState { recent, subscribers, .. } = state;
        let subscriber = known(subscribers.get_mut(&self.exporter));
        let mut taken = Taken::new(limits);
        let mut entries = Vec::new();
        for frame in recent.from(subscriber.fresh.position) {
            if !taken.admits(frame.batch.payload.len(), frame.batch.records) {
                break;
            }
            // What expired in the meantime is no gap any more.
            if subscriber.cursor.claim(frame.start, frame.end) {
                entries.push(Entry { batch: frame.batch.clone(), id: EntryId(frame.start.position) });
            }
            subscriber.fresh = frame.end;
        }
        state.trim_recent();
        entries
    }

    /// Reads from `range` on the blocking pool. Nothing is taken before the read has ended.
    async fn take_from_disk(
        &self,
        backlog: &mut Backlog,
        range: DiskRange,
        limits: TakeLimits,
    ) -> Vec<Entry> {
        let mut reading = mem::take(backlog);
        let storage = Arc::clone(&self.shared().storage);
        let signal = self.log.signal;
        let read = spawn_blocking(move || {
            let steps = reading.read(&*storage, signal, &range, &limits);
            (reading, steps)
        });
        let steps = match read.await {
            Ok((reading, steps)) => {
                *backlog = reading;
                steps
            }
            Err(error) => end_with(error).await,
        };
        match steps {
            Ok(steps) => self.apply(steps),
            Err(_) => {
                sleep(READ_RETRY).await;
                Vec::new()
            }
        }
    }

    fn apply(&self, steps: Vec<Step>) -> Vec<Entry> {
        let mut state = self.log.state.lock();
        let mut entries = Vec::with_capacity(steps.len());
        for step in steps {
            match step {
                Step::Frame(header, batch) => {
                    if self.subscriber(&mut state).cursor.claim(header.start, header.end()) {
                        entries.push(Entry { batch, id: EntryId(header.start.position) });
                    }
                }
                Step::Lost { start, end } => {
                    let records = self.subscriber(&mut state).cursor.settle_gaps(start, end);
                    self.note_change(self.subscriber(&mut state));
                    self.log.count_dropped(&self.exporter, Reason::Damaged, records);
                    if records > 0 && state.damage.insert(start.position) {
                        warn!(signal = %self.log.signal, position = start.position, records,
                            "skipped damaged frames");
                    }
                }
            }
        }
        entries
    }

    /// Makes what is in flight from `position` available again. Where its segment made room for others in the meantime,
    /// it is dropped.
    fn release(&self, state: &mut LogState, position: u64) {
        let Some((start, end)) = self.subscriber(state).cursor.release(position) else { return };
        if state.segment_of(start.position).is_none() {
            let records = self.subscriber(state).cursor.settle_gaps(start, end);
            self.log.count_dropped(&self.exporter, Reason::SpoolFull, records);
            self.note_change(self.subscriber(state));
        }
    }

    /// Has the cursor written soon.
    fn note_change(&self, subscriber: &mut Subscriber) {
        if subscriber.note_change() {
            self.shared().keeper.ring();
        }
    }

    fn shared(&self) -> &Shared {
        self.spool.shared()
    }

    fn subscriber<'a>(&self, state: &'a mut LogState) -> &'a mut Subscriber {
        known(state.subscribers.get_mut(&self.exporter))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.log.state.lock();
        for position in self.subscriber(&mut state).cursor.in_flight() {
            self.release(&mut state, position);
        }
        self.subscriber(&mut state).reading = false;
        state.trim_recent();
    }
}

fn known<T>(subscriber: Option<T>) -> T {
    subscriber.expect("a cursor is not removed while its reader exists")
}

/// Passes a panic on. When the runtime is shutting down, nobody waits for an answer.
async fn end_with<T>(error: JoinError) -> T {
    match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => future::pending().await,
    }
}
