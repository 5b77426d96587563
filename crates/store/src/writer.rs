//! The one thread that writes: it takes all that waits, stores it in one transaction, and deletes what is too much.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};
use tokio::sync::{broadcast, oneshot};
use tracing::{error, warn};
use weir_model::{Batch, Signal, UnixNanos};

use crate::batches::{Written, forget_oldest};
use crate::database::{is_damage, open_writer};
use crate::logs::tail::Stored;
use crate::metrics::compact;
use crate::metrics::write::SeriesBook;
use crate::names::Names;
use crate::own_metrics::OwnMetrics;
use crate::readers::Readers;
use crate::retention::{Retention, clean_names, clean_series, used_bytes};
use crate::settings::StoreSettings;
use crate::{logs, metrics, spans, usage};

/// A transaction takes jobs until it has this many records.
const TRANSACTION_RECORDS_MAX: u64 = 20_000;
/// How often limits are looked at.
const HOUSEKEEPING: Duration = Duration::from_secs(1);
/// How often shared things that nothing refers to any more are looked for.
const NAMES_INTERVAL: Duration = Duration::from_secs(3600);
/// At most one log line about failing transactions in this time.
const FAILURE_LOG_INTERVAL: Duration = Duration::from_secs(10);

/// What the writer is asked to do.
pub(crate) enum Job {
    /// Store batches of one signal.
    Write(WriteJob),
    /// Keep house now, whatever the clock says. For tests.
    KeepHouse(oneshot::Sender<()>),
}

/// Batches to store.
pub(crate) struct WriteJob {
    pub(crate) signal: Signal,
    pub(crate) batches: Vec<Batch>,
    pub(crate) reply: oneshot::Sender<WriteEnd>,
}

/// How a job ended.
#[derive(Debug)]
pub(crate) enum WriteEnd {
    /// It was committed; one entry per batch.
    Written(Vec<Written>),
    /// Nothing was stored; later it may work.
    Retry(String),
    /// It will never work.
    Rejected(String),
}

/// The writer's state. Everything remembered about rows is forgotten when a transaction is rolled back.
pub(crate) struct Writer {
    pub(crate) db: Connection,
    pub(crate) settings: StoreSettings,
    pub(crate) file: PathBuf,
    pub(crate) readers: Arc<Readers>,
    pub(crate) own: OwnMetrics,
    pub(crate) tail: broadcast::Sender<Arc<Stored>>,
    pub(crate) memory: Memory,
    pub(crate) retention: Retention,
    pub(crate) clock: Clock,
}

/// What was learnt about rows.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    names: Names,
    series: SeriesBook,
}

impl Memory {
    fn forget(&mut self) {
        self.names.forget();
        self.series.forget();
    }
}

/// When something was last done.
#[derive(Debug)]
pub(crate) struct Clock {
    kept_house: Instant,
    cleaned_names: Instant,
    failure_logged: Option<Instant>,
    /// Log records stored since the start.
    logs_stored: u64,
}

impl Default for Clock {
    fn default() -> Self {
        let now = Instant::now();
        Self { kept_house: now, cleaned_names: now, failure_logged: None, logs_stored: 0 }
    }
}

impl Writer {
    /// Works until every sender of jobs is gone.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        while let Some(Taken { writes, housekeeping }) = take(jobs) {
            if !writes.is_empty() {
                self.store(writes);
            }
            self.keep_house_when_due(!housekeeping.is_empty());
            for done in housekeeping {
                // Whoever asked may have gone.
                let _ = done.send(());
            }
        }
        // Leaves one file behind rather than three.
        if let Err(error) = self.db.pragma_update(None, "wal_checkpoint", "truncate") {
            warn!(%error, "the store's log was not emptied; the next start does it");
        }
    }

    fn store(&mut self, mut jobs: Vec<WriteJob>) {
        let started = Instant::now();
        let result = self.transaction(&jobs);
        self.own.transaction_seconds.observe(started.elapsed().as_secs_f64());
        match result {
            Ok(ends) => jobs.into_iter().zip(ends).for_each(|(job, end)| reply(job, WriteEnd::Written(end))),
            Err(error) if is_lasting(&error) && jobs.len() > 1 => {
                // One of them cannot be stored; the others can.
                for job in jobs {
                    self.store(vec![job]);
                }
            }
            Err(error) if is_lasting(&error) => {
                error!(%error, "the store cannot take a batch");
                jobs.drain(..).for_each(|job| reply(job, WriteEnd::Rejected(error.to_string())));
            }
            Err(error) => {
                self.failed(&error);
                jobs.drain(..).for_each(|job| reply(job, WriteEnd::Retry(error.to_string())));
            }
        }
    }

    /// Stores all jobs or none.
    fn transaction(&mut self, jobs: &[WriteJob]) -> rusqlite::Result<Vec<Vec<Written>>> {
        let mut ids = Vec::new();
        let transaction = self.db.unchecked_transaction()?;
        let stored = store_all(&transaction, &mut self.memory, jobs, &mut ids)
            .and_then(|ends| forget_oldest(&transaction).map(|()| ends))
            .and_then(|ends| transaction.commit().map(|()| ends));
        match &stored {
            Ok(_) => self.publish(ids),
            Err(_) => self.memory.forget(),
        }
        stored
    }

    /// Tells the live tails.
    fn publish(&mut self, mut ids: Vec<i64>) {
        if ids.is_empty() {
            return;
        }
        self.clock.logs_stored += ids.len() as u64;
        if self.tail.receiver_count() > 0 {
            ids.sort_unstable();
            // Nobody listens any more: fine.
            let _ = self.tail.send(Arc::new(Stored { ids, total: self.clock.logs_stored }));
        }
    }

    fn failed(&mut self, cause: &rusqlite::Error) {
        self.own.failures.inc();
        if self.clock.failure_logged.is_none_or(|logged| logged.elapsed() >= FAILURE_LOG_INTERVAL) {
            self.clock.failure_logged = Some(Instant::now());
            error!(error = %cause, file = %self.file.display(), "the store cannot write, retrying");
        }
        if is_damage(cause) {
            self.begin_anew();
        }
    }

    /// Moves the damaged file aside and goes on with a new one.
    fn begin_anew(&mut self) {
        let Ok(nothing) = Connection::open_in_memory() else { return };
        // Closed first: a closing connection writes to the file's name.
        drop(std::mem::replace(&mut self.db, nothing));
        if let Err(error) = crate::database::move_aside(&self.file) {
            error!(%error, file = %self.file.display(), "the damaged store cannot be moved aside");
        }
        match open_writer(&self.settings.folder) {
            Ok(db) => self.db = db,
            Err(error) => error!(%error, "the store cannot be opened again"),
        }
        self.memory.forget();
        self.readers.reopen();
    }

    fn keep_house_when_due(&mut self, at_once: bool) {
        if !at_once && self.clock.kept_house.elapsed() < HOUSEKEEPING {
            return;
        }
        self.clock.kept_house = Instant::now();
        if let Err(error) = self.keep_house(at_once) {
            self.memory.forget();
            self.failed(&error);
        }
    }

    fn keep_house(&mut self, at_once: bool) -> rusqlite::Result<()> {
        if compact::is_due(&self.db)? || at_once {
            let transaction = self.db.unchecked_transaction()?;
            if compact::compact(&transaction)? && clean_series(&transaction)? {
                self.memory.series.forget();
            }
            transaction.commit()?;
        }
        let lost = self.retention.step(&self.db, &self.settings, UnixNanos::now(), at_once)?;
        self.own.count_dropped(&lost);
        if at_once || self.clock.cleaned_names.elapsed() >= NAMES_INTERVAL {
            self.clock.cleaned_names = Instant::now();
            let transaction = self.db.unchecked_transaction()?;
            clean_names(&transaction)?;
            transaction.commit()?;
            self.memory.names.forget();
        }
        self.own.bytes.set(i64::try_from(used_bytes(&self.db)?).unwrap_or(i64::MAX));
        for signal in Signal::ALL {
            let records = usage::read(&self.db, signal)?.records;
            self.own
                .records
                .with_label_values(&[signal.as_str()])
                .set(i64::try_from(records).unwrap_or(i64::MAX));
        }
        Ok(())
    }
}

struct Taken {
    writes: Vec<WriteJob>,
    housekeeping: Vec<oneshot::Sender<()>>,
}

/// Waits for a job, takes those that wait behind it, or nothing when it is time to keep house. None when no more can
/// come.
fn take(jobs: &Receiver<Job>) -> Option<Taken> {
    let (mut writes, mut housekeeping) = (Vec::new(), Vec::new());
    let mut next = match jobs.recv_timeout(HOUSEKEEPING) {
        Ok(job) => Some(job),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => return None,
    };
    let mut records = 0;
    while let Some(job) = next {
        match job {
            Job::Write(job) => {
                records += job.batches.iter().map(|batch| u64::from(batch.records)).sum::<u64>();
                writes.push(job);
            }
            Job::KeepHouse(done) => housekeeping.push(done),
        }
        next = if records < TRANSACTION_RECORDS_MAX { jobs.try_recv().ok() } else { None };
    }
    Some(Taken { writes, housekeeping })
}

/// Stores the batches of each signal together; gives one entry per batch of each job.
fn store_all(
    db: &Connection,
    memory: &mut Memory,
    jobs: &[WriteJob],
    ids: &mut Vec<i64>,
) -> rusqlite::Result<Vec<Vec<Written>>> {
    let mut ends: Vec<Vec<Written>> = jobs.iter().map(|_| Vec::new()).collect();
    for signal in Signal::ALL {
        let own = || jobs.iter().enumerate().filter(|(_, job)| job.signal == signal);
        let batches: Vec<&Batch> = own().flat_map(|(_, job)| &job.batches).collect();
        if batches.is_empty() {
            continue;
        }
        let (written, added) = match signal {
            Signal::Metrics => metrics::write::write(db, &mut memory.series, &batches)?,
            Signal::Logs => logs::write::write(db, &mut memory.names, &batches, ids)?,
            Signal::Traces => spans::write::write(db, &mut memory.names, &batches)?,
        };
        usage::add(db, signal, added)?;
        let mut written = written.into_iter();
        for (index, job) in own() {
            ends[index].extend(written.by_ref().take(job.batches.len()));
        }
    }
    Ok(ends)
}

fn reply(job: WriteJob, end: WriteEnd) {
    // The delivery may have given up; the batch comes again and is recognised.
    let _ = job.reply.send(end);
}

/// Whether the same transaction would fail again on a healthy disk.
fn is_lasting(error: &rusqlite::Error) -> bool {
    let Some(code) = error.sqlite_error_code() else { return true };
    matches!(
        code,
        ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig | ErrorCode::Unknown
    )
}
