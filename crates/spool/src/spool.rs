//! The spool's handle.

mod opening;

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use parking_lot::Mutex;
use tokio::sync::{oneshot, watch};
use tokio::task::spawn_blocking;
use tracing::warn;
use weir_ledger::Ledger;
use weir_model::{Batch, Reason, Signal, UnixNanos};

use crate::cursor::Settled;
use crate::log::Log;
use crate::queue::{Pending, Queue};
use crate::recovery::failed;
use crate::shared::Shared;
use crate::storage::{Disk, Storage};
use crate::subscriber::{CursorFile, Subscriber, file_name};
use crate::writer::frame_bytes;
use crate::{AppendError, Position, Reader, SpoolError, SpoolSettings, SpoolStats, saving, threads};

/// The log of all signals. Clones share it; the last one to go, readers included, stops its threads and writes the
/// cursors.
#[derive(Clone, Debug)]
pub struct Spool {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Holds the folder's lock.
    _lock: File,
}

impl Spool {
    /// Opens or creates the spool and recovers what a crash left. Damaged data is skipped and counted.
    ///
    /// Blocks for as long as it takes to read the last segment of each signal.
    pub fn open(settings: SpoolSettings, ledger: Ledger) -> Result<Self, SpoolError> {
        let spool = Self::open_on(Arc::new(Disk), settings, ledger)?;
        let shared = &spool.inner.shared;
        let keeper = threads::start_keeper(shared).map_err(SpoolError::Thread)?;
        spool.inner.threads.lock().push(keeper);
        let syncer = threads::start_syncer(shared).map_err(SpoolError::Thread)?;
        spool.inner.threads.lock().push(syncer);
        Ok(spool)
    }

    /// Opens the spool on `storage`, without the threads that do things by time.
    pub(crate) fn open_on(
        storage: Arc<dyn Storage>,
        settings: SpoolSettings,
        ledger: Ledger,
    ) -> Result<Self, SpoolError> {
        let (shared, lock) = opening::open(storage, settings, ledger)?;
        let inner = Inner { shared: Arc::new(shared), threads: Mutex::default(), _lock: lock };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Appends by group commit and returns the end of the frame once the batch is as safe as the settings say.
    ///
    /// The batch's records must be pending in the ledger; they count as appended from then on. On an error they stay
    /// pending. Dropped half way, the batch is appended whole or not at all.
    pub async fn append(&self, batch: Batch) -> Result<Position, AppendError> {
        let shared = &self.inner.shared;
        let signal = batch.signal;
        let queue = shared.queue(signal);
        let payload_bytes = batch.payload.len() as u64;
        if payload_bytes > shared.payload_bytes_max() {
            let bytes_max = shared.payload_bytes_max();
            return Err(AppendError::TooLarge { bytes: payload_bytes, bytes_max });
        }
        let permits = queue.permits_of(&batch);
        let permit = queue.room.acquire_many(permits).await.map_err(|_| AppendError::Closed)?;
        if queue.must_start() {
            self.start_writer(signal)?;
        }
        self.reserve(signal, frame_bytes(&batch))?;
        let (reply, answer) = oneshot::channel();
        // The writer gives the room back.
        permit.forget();
        if !queue.push(Pending { batch, reply }) {
            return Err(AppendError::Closed);
        }
        answer.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Everything before the watched position survives the loss of power.
    pub fn synced(&self, signal: Signal) -> watch::Receiver<Position> {
        self.inner.shared.log(signal).synced.subscribe()
    }

    /// Opens the cursor of `exporter` and its account in the ledger. Blocks while a new cursor is synced.
    ///
    /// A new cursor starts at the log's end, but at its beginning for the first exporter ever of the signal.
    pub fn subscribe(&self, signal: Signal, exporter: &str) -> Result<Reader, SpoolError> {
        let shared = &self.inner.shared;
        let log = shared.log(signal);
        shared.quota.open(signal);
        let is_new = !log.state.lock().subscribers.contains_key(exporter);
        if is_new {
            self.create_cursor(log, exporter)?;
        }
        // Takes the room that saving needs on a disk that is full later, when settling is what frees it.
        saving::write_cursor(shared, log, exporter);
        let mut state = log.state.lock();
        let end = state.end;
        let already = || SpoolError::AlreadySubscribed { signal, exporter: exporter.to_owned() };
        let subscriber = state.subscribers.get_mut(exporter).filter(|subscriber| !subscriber.reading);
        let subscriber = subscriber.ok_or_else(already)?;
        subscriber.reading = true;
        subscriber.fresh = end;
        let wake = Arc::clone(&subscriber.wake);
        // In the same critical section as `end`, so that each record is either recovered or appended.
        log.ledger.open_exporter(signal, exporter, subscriber.cursor.held(end));
        drop(state);
        Ok(Reader::new(self.clone(), Arc::clone(log), exporter, wake))
    }

    /// Where the next batch of `signal` will begin.
    pub fn end(&self, signal: Signal) -> Position {
        Position(self.inner.shared.log(signal).state.lock().end.position)
    }

    /// The exporters that have a cursor, whether or not they read now.
    pub fn cursors(&self, signal: Signal) -> Vec<String> {
        let state = self.inner.shared.log(signal).state.lock();
        state.subscribers.keys().map(|exporter| exporter.to_string()).collect()
    }

    /// Forgets the cursor of an exporter that the configuration no longer names, and closes its account. What it
    /// still held counts as dropped ([`Reason::ExporterRemoved`]). An exporter that has a [`Reader`] is refused.
    pub fn remove_cursor(&self, signal: Signal, exporter: &str) -> Result<(), SpoolError> {
        let log = self.inner.shared.log(signal);
        let mut state = log.state.lock();
        if state.subscribers.get(exporter).is_some_and(|subscriber| subscriber.reading) {
            return Err(SpoolError::AlreadySubscribed { signal, exporter: exporter.to_owned() });
        }
        let Some(subscriber) = state.subscribers.remove(exporter) else { return Ok(()) };
        let records = subscriber.cursor.held(state.end);
        log.count_dropped(exporter, Reason::ExporterRemoved, records);
        log.ledger.close_exporter(signal, exporter);
        drop(state);
        if records > 0 {
            warn!(%signal, exporter, records, "records dropped: the exporter they were held for was removed");
        }
        let path = log.cursor_folder.join(file_name(exporter));
        subscriber.file.lock().remove().map_err(|source| failed("remove", &path, source))
    }

    /// Whether `bytes_max` refused the last batch and would refuse it again. A full disk shows only by appending.
    pub fn is_full(&self, signal: Signal) -> bool {
        self.inner.shared.quota.is_full(signal)
    }

    /// Syncs all segments and cursors.
    pub async fn flush(&self) -> Result<(), SpoolError> {
        let shared = Arc::clone(&self.inner.shared);
        match spawn_blocking(move || saving::maintain(&shared, UnixNanos::now())).await {
            Ok(result) => result,
            Err(error) => Err(SpoolError::Thread(io::Error::other(error))),
        }
    }

    /// The state now.
    pub fn stats(&self) -> SpoolStats {
        let shared = &self.inner.shared;
        let mut stats = SpoolStats {
            bytes_max: shared.settings.bytes_max,
            disk_full: shared.disk_full.load(Ordering::Relaxed),
            sync_failures: shared.sync_failures.load(Ordering::Relaxed),
            ..SpoolStats::default()
        };
        for (log, signal) in shared.logs.iter().zip(&mut stats.signals) {
            let state = log.state.lock();
            signal.bytes = shared.quota.used(log.signal);
            signal.damaged_frames = state.damage.len() as u64;
            signal.torn_bytes = state.torn_bytes;
            signal.cursors = state.cursor_stats();
        }
        stats
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    /// Takes `bytes` of the quota. With `drop_oldest` the writer makes room for what is too much.
    fn reserve(&self, signal: Signal, bytes: u64) -> Result<(), AppendError> {
        let shared = &self.inner.shared;
        if shared.settings.drop_oldest {
            shared.quota.force(signal, bytes);
        } else if !shared.quota.reserve(signal, bytes) {
            shared.syncer.ring();
            return Err(AppendError::Full);
        }
        Ok(())
    }

    fn start_writer(&self, signal: Signal) -> Result<(), AppendError> {
        let shared = &self.inner.shared;
        match threads::start_writer(shared, signal) {
            Ok(thread) => {
                self.inner.threads.lock().push(thread);
                Ok(())
            }
            Err(source) => {
                shared.queue(signal).start_failed();
                let path = shared.log(signal).folder.clone();
                Err(AppendError::Io { step: "start the writer of", path, source })
            }
        }
    }

    fn create_cursor(&self, log: &Log, exporter: &str) -> Result<(), SpoolError> {
        let (file, _) = CursorFile::open(&log.cursor_folder.join(file_name(exporter)))?;
        {
            let mut state = log.state.lock();
            let oldest = state.segments.front().map_or(state.end, |segment| segment.start);
            let low = if state.subscribers.is_empty() { oldest } else { state.end };
            let subscriber = Subscriber::new(&Settled { low, ranges: Vec::new() }, file, false);
            state.subscribers.entry(exporter.into()).or_insert(subscriber);
        }
        // A cursor that vanished with the power would start at the end again and miss what came in between.
        let saved = saving::sync_cursor(&self.inner.shared, log, exporter);
        if saved.is_err() {
            log.state.lock().subscribers.remove(exporter);
        }
        saved
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.queues.iter().for_each(Queue::close);
        self.shared.keeper.close();
        self.shared.syncer.close();
        for thread in self.threads.get_mut().drain(..) {
            // A panic was printed by the thread itself; there is nobody left to tell.
            let _ = thread.join();
        }
        for log in &self.shared.logs {
            saving::write_cursors(&self.shared, log);
        }
    }
}
