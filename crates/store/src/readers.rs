//! Connections that read, and the limits of a query.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::database::open_reader;
use crate::error::QueryError;
use crate::own_metrics::OwnMetrics;

/// Queries that run at the same time.
const READERS_MAX: usize = 4;
/// How long a query waits for its turn.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// How long a query may run before it answers with what it has.
pub(crate) const TIME_MAX: Duration = Duration::from_secs(2);
/// A single step of SQLite is cut off this long after that.
const GRACE: Duration = Duration::from_secs(1);
/// Virtual machine instructions between looks at the clock.
const INSTRUCTIONS: i32 = 20_000;

/// What a query may spend.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    started: Instant,
    deadline: Instant,
    abandoned: Arc<AtomicBool>,
}

impl Budget {
    pub(crate) fn new(time_max: Duration) -> Self {
        let started = Instant::now();
        Self { started, deadline: started + time_max, abandoned: Arc::default() }
    }

    /// Whether it is time to answer with what there is.
    pub(crate) fn is_spent(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed) || Instant::now() >= self.deadline
    }

    /// Milliseconds since the query began.
    pub(crate) fn took_ms(&self) -> f64 {
        (self.started.elapsed().as_secs_f64() * 1e6).round() / 1e3
    }
}

/// Stops a query that nobody waits for any more.
struct Abandon(Arc<AtomicBool>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The pool.
pub(crate) struct Readers {
    file: PathBuf,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Pooled>>,
    /// Counts the files that were begun; connections to an earlier one are closed.
    generation: AtomicU64,
    own: OwnMetrics,
}

struct Pooled {
    db: Connection,
    generation: u64,
}

impl Readers {
    pub(crate) fn new(file: PathBuf, own: OwnMetrics) -> Self {
        Self {
            file,
            permits: Arc::new(Semaphore::new(READERS_MAX)),
            idle: Mutex::default(),
            generation: AtomicU64::new(0),
            own,
        }
    }

    /// A new file was begun.
    pub(crate) fn reopen(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    /// Runs a query on the blocking pool. Dropped half way, the query ends soon and is thrown away.
    pub(crate) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        query: impl FnOnce(&Connection, &Budget) -> Result<T, QueryError> + Send + 'static,
    ) -> Result<T, QueryError> {
        let permit = timeout(WAIT_MAX, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| QueryError::Busy)?.map_err(|_| QueryError::Closed)?;
        let budget = Budget::new(TIME_MAX);
        let _abandon = Abandon(Arc::clone(&budget.abandoned));
        let readers = Arc::clone(self);
        let answer = spawn_blocking(move || {
            let answer = readers.query(&budget, query);
            drop(permit);
            answer
        });
        let answer = answer.await.map_err(|_| QueryError::Closed)?;
        let outcome = if answer.is_ok() { "answered" } else { "failed" };
        self.own.queries.with_label_values(&[outcome]).inc();
        answer
    }

    fn query<T>(
        &self,
        budget: &Budget,
        query: impl FnOnce(&Connection, &Budget) -> Result<T, QueryError>,
    ) -> Result<T, QueryError> {
        let Pooled { mut db, generation } = self.connection()?;
        let (hard_deadline, abandoned) = (budget.deadline + GRACE, Arc::clone(&budget.abandoned));
        let is_over = move || abandoned.load(Ordering::Relaxed) || Instant::now() >= hard_deadline;
        db.progress_handler(INSTRUCTIONS, Some(is_over))?;
        // One view of the data for all statements of a query.
        db.execute_batch("BEGIN")?;
        let answer = query(&db, budget);
        let ended = db.execute_batch("ROLLBACK");
        if ended.is_ok() && db.is_autocommit() {
            self.idle.lock().push(Pooled { db, generation });
        }
        answer
    }

    fn connection(&self) -> Result<Pooled, QueryError> {
        let generation = self.generation.load(Ordering::Relaxed);
        let mut idle = self.idle.lock();
        idle.retain(|pooled| pooled.generation == generation);
        if let Some(pooled) = idle.pop() {
            return Ok(pooled);
        }
        drop(idle);
        Ok(Pooled { db: open_reader(&self.file)?, generation })
    }
}
