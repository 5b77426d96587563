//! The store.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use parking_lot::Mutex;
use prometheus::Registry;
use tokio::sync::{broadcast, oneshot};
use tokio::task::spawn_blocking;

use crate::database::{file_in, open_writer};
use crate::error::{QueryError, StoreError};
use crate::hex;
use crate::logs::tail::{Stored, TRANSACTIONS_BEHIND_MAX, Tail};
use crate::logs::{context, facets, histogram, page, record};
use crate::metrics::catalogue::{self, Selector};
use crate::metrics::exemplars;
use crate::metrics::{Exemplars, LabelNames, LabelValues, MetricNames};
use crate::own_metrics::OwnMetrics;
use crate::promql::plan::{self, Plan};
use crate::promql::{InstantResult, RangeResult, result};
use crate::readers::Readers;
use crate::retention::Retention;
use crate::settings::StoreSettings;
use crate::spans::{search, services, trace};
use crate::status::{self, StoreStatus};
use crate::writer::{Clock, Job, Memory, Writer};
use crate::{
    FacetQuery, Facets, LogContext, LogHistogram, LogPage, LogQuery, LogRecord, LogSelection, Services,
    Trace, TracePage, TraceQuery,
};

/// The embedded store: an exporter for all three signals, and what answers questions about them. Clones share it.
///
/// Queries run on tokio's blocking pool, at most four at a time, and answer with what they have after two seconds. A
/// query whose future is dropped ends soon.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    settings: StoreSettings,
    readers: Arc<Readers>,
    tail: broadcast::Sender<Arc<Stored>>,
    writer: Mutex<Option<WriterThread>>,
}

struct WriterThread {
    jobs: Sender<Job>,
    thread: JoinHandle<()>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.get_mut().take() {
            writer.end();
        }
    }
}

impl WriterThread {
    /// Waits until what was handed over is stored.
    fn end(self) {
        drop(self.jobs);
        // A writer that panicked has said so.
        let _ = self.thread.join();
    }
}

impl Store {
    /// Opens the store, or begins one; a damaged file is moved aside. Registers `weir_store_*`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open(settings: StoreSettings, registry: &Registry) -> Result<Self, StoreError> {
        let mut settings = settings;
        settings.bytes_max = settings.bytes_max.max(crate::settings::BYTES_MAX_MIN);
        let db = open_writer(&settings.folder)?;
        let own = OwnMetrics::register(registry, &settings)?;
        let file = file_in(&settings.folder);
        let readers = Arc::new(Readers::new(file.clone(), own.clone()));
        let (tail, _) = broadcast::channel(TRANSACTIONS_BEHIND_MAX);
        let writer = Writer {
            db,
            settings: settings.clone(),
            file,
            readers: Arc::clone(&readers),
            own,
            tail: tail.clone(),
            memory: Memory::default(),
            retention: Retention::default(),
            clock: Clock::default(),
        };
        let (jobs, waiting) = channel();
        let thread = std::thread::Builder::new().name("weir-store".to_owned());
        let thread = thread.spawn(move || writer.run(&waiting)).map_err(StoreError::Thread)?;
        let writer = Mutex::new(Some(WriterThread { jobs, thread }));
        Ok(Self { shared: Arc::new(Shared { settings, readers, tail, writer }) })
    }

    /// Stores what was handed over and ends the writer. Deliveries are told to come back from then on; queries still
    /// answer. Dropped half way, the writer ends all the same.
    pub async fn close(&self) {
        let writer = self.shared.writer.lock().take();
        if let Some(writer) = writer {
            // The task only waits for the thread; when it cannot run, the thread ends by itself.
            let _ = spawn_blocking(move || writer.end()).await;
        }
    }

    /// Hands a job to the writer. False when the store is closed.
    pub(crate) fn submit(&self, job: Job) -> bool {
        self.shared.writer.lock().as_ref().is_some_and(|writer| writer.jobs.send(job).is_ok())
    }

    /// Deletes and compacts what is due, whatever the clock says.
    pub async fn keep_house(&self) {
        let (done, is_done) = oneshot::channel();
        if self.submit(Job::KeepHouse(done)) {
            // An error means that the writer is gone, and with it the work.
            let _ = is_done.await;
        }
    }

    /// How full it is.
    ///
    /// # Errors
    /// The store cannot be read; so for every query.
    pub async fn status(&self) -> Result<StoreStatus, QueryError> {
        let settings = self.shared.settings.clone();
        self.shared.readers.run(move |db, _| status::read(db, &settings)).await
    }

    /// A page of log records.
    ///
    /// # Errors
    /// The cursor is none that a page gave.
    pub async fn logs(&self, query: LogQuery) -> Result<LogPage, QueryError> {
        self.shared.readers.run(move |db, budget| page::read(db, &query, budget)).await
    }

    /// One log record.
    ///
    /// # Errors
    /// [`QueryError::NotFound`].
    pub async fn log(&self, id: i64) -> Result<LogRecord, QueryError> {
        self.shared.readers.run(move |db, _| record::find(db, id)).await
    }

    /// A log record between its neighbours, at most 100 on each side.
    ///
    /// # Errors
    /// [`QueryError::NotFound`].
    pub async fn log_context(&self, id: i64, before: usize, after: usize) -> Result<LogContext, QueryError> {
        self.shared.readers.run(move |db, _| context::read(db, id, before, after)).await
    }

    /// How many log records match over time, in about `buckets` pieces.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn log_histogram(
        &self,
        selection: LogSelection,
        buckets: usize,
    ) -> Result<LogHistogram, QueryError> {
        self.shared.readers.run(move |db, budget| histogram::read(db, &selection, buckets, budget)).await
    }

    /// The values of fields among the newest matching log records.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn log_facets(&self, query: FacetQuery) -> Result<Facets, QueryError> {
        self.shared.readers.run(move |db, budget| facets::read(db, &query, budget)).await
    }

    /// Follows log records as they are stored. The selection's times are not looked at.
    pub fn tail(&self, selection: LogSelection) -> Tail {
        Tail::new(Arc::clone(&self.shared.readers), self.shared.tail.subscribe(), selection)
    }

    /// Services with spans or logs between two times, in nanoseconds since 1970.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn services(&self, from: i64, to: i64) -> Result<Services, QueryError> {
        self.shared.readers.run(move |db, budget| services::read(db, from, to, budget)).await
    }

    /// A page of traces.
    ///
    /// # Errors
    /// The cursor is none that a page gave.
    pub async fn traces(&self, query: TraceQuery) -> Result<TracePage, QueryError> {
        self.shared.readers.run(move |db, budget| search::read(db, &query, budget)).await
    }

    /// One trace with its spans and logs; the id is 32 hexadecimal digits.
    ///
    /// # Errors
    /// [`QueryError::NotFound`].
    pub async fn trace(&self, trace_id: &str) -> Result<Trace, QueryError> {
        let trace_id = hex::decode(trace_id).ok_or(QueryError::NotFound("trace with this id"))?;
        self.shared.readers.run(move |db, budget| trace::find(db, &trace_id, budget)).await
    }

    /// Metrics whose name or help contains `text`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn metric_names(&self, text: String, limit: usize) -> Result<MetricNames, QueryError> {
        self.shared.readers.run(move |db, _| catalogue::names(db, &text, limit)).await
    }

    /// Names of the labels of the series that a selector, or nothing, picks.
    ///
    /// # Errors
    /// The selector cannot be read.
    pub async fn label_names(&self, matching: Option<&str>) -> Result<LabelNames, QueryError> {
        let selector = selector(matching)?;
        self.shared.readers.run(move |db, _| catalogue::label_names(db, &selector)).await
    }

    /// Values, which contain `text`, of a label.
    ///
    /// # Errors
    /// The selector cannot be read.
    pub async fn label_values(
        &self,
        label: String,
        matching: Option<&str>,
        text: String,
        limit: usize,
    ) -> Result<LabelValues, QueryError> {
        let selector = selector(matching)?;
        self.shared
            .readers
            .run(move |db, _| catalogue::label_values(db, &label, &selector, &text, limit))
            .await
    }

    /// A query of the subset of PromQL at one time, in milliseconds since 1970.
    ///
    /// # Errors
    /// The query cannot be parsed, is outside the subset, or touches too much.
    pub async fn query(&self, query: String, time: i64) -> Result<InstantResult, QueryError> {
        self.shared.readers.run(move |db, budget| result::instant(db, &query, time, budget)).await
    }

    /// A query of the subset of PromQL at each step between two times, both included. Milliseconds.
    ///
    /// # Errors
    /// As for [`Store::query`], and when there are too many steps.
    pub async fn query_range(
        &self,
        query: String,
        range: (i64, i64),
        step: i64,
    ) -> Result<RangeResult, QueryError> {
        self.shared.readers.run(move |db, budget| result::range(db, &query, range, step, budget)).await
    }

    /// Exemplars of the series that a query's selectors pick, between two times in milliseconds since 1970.
    ///
    /// # Errors
    /// As for [`Store::query`].
    pub async fn exemplars(
        &self,
        query: &str,
        range: (i64, i64),
        limit: usize,
    ) -> Result<Exemplars, QueryError> {
        let plan = Plan::parse(query)?;
        let read = move |db: &rusqlite::Connection| {
            let mut series = Vec::new();
            for source in plan.sources() {
                series.extend(catalogue::select(db, &source.selector)?);
            }
            series.sort_by_key(|series| series.number);
            series.dedup_by_key(|series| series.number);
            exemplars::read(db, series, range, limit)
        };
        self.shared.readers.run(move |db, _| read(db)).await
    }
}

fn selector(matching: Option<&str>) -> Result<Selector, QueryError> {
    matching.filter(|text| !text.trim().is_empty()).map_or_else(|| Ok(Selector::default()), plan::selector)
}

#[cfg(test)]
mod tests;
