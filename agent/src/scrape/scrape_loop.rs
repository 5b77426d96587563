//! The loop of one target.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tracing::field::Empty;
use tracing::{Instrument, Span, error, info, info_span, warn};
use weir_exposition::{Format, format_of};
use weir_intake::Intake;
use weir_ledger::Ledger;
use weir_model::{Batch, OWN_TRACES, OrderKey, Reason, Receiver, Signal, UnixNanos};
use weir_spool::AppendError;

use super::buffers::Buffers;
use super::failure::Failure;
use super::fetch::{Fetched, fetch};
use super::metrics::{Outcome, ScrapeMetrics};
use super::page::{Counts, Encoded, PageMemory, Report};
use super::schedule::{Grid, first_delay};
use super::status::{Entry, Health, LastScrape};
use super::target::{LoopSettings, Target};

/// The component under which dropped samples are counted.
const COMPONENT: &str = "scrape";
/// A larger page is read on a thread of its own, so that it does not hold up others.
const INLINE_BYTES_MAX: usize = 128 << 10;

/// What all loops share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) intake: Intake,
    pub(super) ledger: Ledger,
    pub(super) metrics: ScrapeMetrics,
    pub(super) buffers: Buffers,
    pub(super) shutdown: CancellationToken,
    /// See [`first_delay`].
    pub(super) seed: u64,
}

/// How a loop is told to end, short of a shutdown.
#[derive(Debug)]
pub(super) enum Ending {
    /// The target is gone: its series end with staleness markers.
    Remove,
    /// Another loop goes on with the target.
    HandOver(oneshot::Sender<Box<PageMemory>>),
}

/// `target_limit` of a job while it is passed; 0 otherwise.
pub(super) type PassedLimit = AtomicU64;

/// The loop of one target.
pub(super) struct ScrapeLoop {
    pub(super) target: Arc<Target>,
    pub(super) entry: Arc<Entry>,
    pub(super) passed_limit: Arc<PassedLimit>,
    pub(super) shared: Arc<Shared>,
    pub(super) endings: oneshot::Receiver<Ending>,
    pub(super) predecessor: Option<Predecessor>,
}

/// The loop that had the target before.
#[derive(Debug)]
pub(super) struct Predecessor {
    /// Hands its memory over when it ends.
    pub(super) memory: oneshot::Receiver<Box<PageMemory>>,
    /// Whether it read pages by the same settings.
    pub(super) same_page_settings: bool,
}

/// A page, or why there is none.
type Page = Result<Fetched, Failure>;

/// What a scrape gives besides samples.
struct Taken {
    counts: Counts,
    failure: Option<Failure>,
    seconds: f64,
    encoded: Encoded,
}

impl ScrapeLoop {
    /// Scrapes until told to end or until the shutdown. A scrape under way is finished, save its request at a
    /// shutdown. Dropped half way, a batch may be neither in the spool nor given up; only a process that ends does so.
    pub(super) async fn run(mut self) {
        let mut memory = self.memory().await;
        let held = Held::new(&self.shared.metrics);
        let ending = self.scrape_until_told(&mut memory, held).await;
        match ending {
            Some(Ending::Remove) => self.end_series(&mut memory).await,
            // The next loop is only gone at a shutdown.
            Some(Ending::HandOver(next)) => drop(next.send(memory)),
            None => {}
        }
    }

    async fn memory(&mut self) -> Box<PageMemory> {
        if let Some(predecessor) = self.predecessor.take()
            && let Ok(mut memory) = predecessor.memory.await
        {
            if !predecessor.same_page_settings {
                memory.settings_changed();
            }
            return memory;
        }
        Box::new(PageMemory::new(&self.settings().page))
    }

    fn settings(&self) -> &LoopSettings {
        &self.target.settings
    }

    /// How the loop was told to end; `None` at a shutdown.
    async fn scrape_until_told(&mut self, memory: &mut Box<PageMemory>, mut held: Held) -> Option<Ending> {
        let every = self.settings().interval;
        let delay = first_delay(self.target.key, self.shared.seed, every, UnixNanos::now().0);
        let shutdown = self.shared.shutdown.clone();
        tokio::select! {
            () = sleep(delay) => {}
            ending = &mut self.endings => return ending.ok(),
            () = shutdown.cancelled() => return None,
        }
        let mut grid = Grid::new(every);
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut due = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return None,
                ending = &mut self.endings => return ending.ok(),
                tick = ticks.tick() => {
                    self.count_skipped(due, tick);
                    due = tick + every;
                }
            }
            let (job, instance) = self.names();
            let span = info_span!(target: OWN_TRACES, "scrape", job, instance, otel.status_code = Empty);
            self.scrape(memory, &mut grid).instrument(span).await;
            held.set(memory);
        }
    }

    fn count_skipped(&self, due: Instant, tick: Instant) {
        let late = tick.saturating_duration_since(due).as_nanos();
        let skipped = late / self.settings().interval.as_nanos().max(1);
        self.shared.metrics.skipped.inc_by(u64::try_from(skipped).unwrap_or(u64::MAX));
    }

    async fn scrape(&self, memory: &mut Box<PageMemory>, grid: &mut Grid) {
        let started = Instant::now();
        let received = UnixNanos::now();
        let now_ms = grid.timestamp((received.0 / 1_000_000) as i64);
        let page = tokio::select! {
            page = self.fetch().instrument(info_span!(target: OWN_TRACES, "fetch")) => page,
            () = self.shared.shutdown.cancelled() => return,
        };
        let reading = info_span!(target: OWN_TRACES, "read page");
        let taken = self.take_in(memory, page, now_ms, started).instrument(reading).await;
        self.tell(&taken, now_ms);
        let append = info_span!(target: OWN_TRACES, "append", records = taken.encoded.records);
        self.append(taken.encoded, received).instrument(append).await;
    }

    /// Job and instance.
    fn names(&self) -> (&str, &str) {
        (&self.target.job, self.target.labels().get("instance").unwrap_or_default())
    }

    async fn fetch(&self) -> Page {
        match self.passed_limit.load(Ordering::Relaxed) {
            0 => fetch(self.settings(), &self.shared.buffers).await,
            limit => Err(Failure::TargetLimit(limit)),
        }
    }

    async fn take_in(
        &self,
        memory: &mut Box<PageMemory>,
        page: Page,
        now_ms: i64,
        started: Instant,
    ) -> Taken {
        if page.as_ref().map_or(0, Fetched::size) <= INLINE_BYTES_MAX {
            return take_in(memory, page, now_ms, started, self.settings(), &self.shared.buffers);
        }
        let empty = Box::new(PageMemory::new(&self.settings().page));
        let mut moved = std::mem::replace(memory, empty);
        let (target, shared) = (Arc::clone(&self.target), Arc::clone(&self.shared));
        let work = spawn_blocking(move || {
            let taken = take_in(&mut moved, page, now_ms, started, &target.settings, &shared.buffers);
            (moved, taken)
        });
        let (moved, taken) = work.await.expect("reading a page does not panic, and nothing aborts it");
        *memory = moved;
        taken
    }

    /// Tells the metrics, the target list and, when the health changed, the log.
    fn tell(&self, taken: &Taken, now_ms: i64) {
        let outcome = taken.failure.as_ref().map_or(Outcome::Ok, Failure::outcome);
        self.shared.metrics.count(outcome);
        let last_scrape = LastScrape {
            unix_ms: now_ms,
            duration_seconds: taken.seconds,
            samples: taken.counts.scraped,
            error: taken.failure.as_ref().map(ToString::to_string),
        };
        let before = self.entry.scraped(last_scrape);
        let (job, instance) = self.names();
        if taken.failure.is_some() {
            Span::current().record("otel.status_code", "ERROR");
        }
        match (&taken.failure, before) {
            (Some(failure), Health::Up | Health::Unknown) => {
                warn!(job, instance, outcome = outcome.as_str(), error = %failure, "scrape failed");
            }
            (None, Health::Down) => info!(job, instance, "scrape succeeds again"),
            _ => {}
        }
    }

    /// Puts a request into the spool. Waits while that is full.
    async fn append(&self, encoded: Encoded, received: UnixNanos) {
        let Encoded { payload, records, filtered, unusable } = encoded;
        let ledger = &self.shared.ledger;
        ledger.receive(Signal::Metrics, Receiver::Scrape, u64::from(records) + filtered + unusable);
        ledger.drop_pending(Signal::Metrics, COMPONENT, Reason::Filtered, filtered);
        ledger.drop_pending(Signal::Metrics, COMPONENT, Reason::Malformed, unusable);
        let key = OrderKey(self.target.key);
        let batch = Batch { signal: Signal::Metrics, records, key, received, payload };
        if let Err(failed) = self.shared.intake.append(Receiver::Scrape, batch).await {
            let reason = match failed {
                AppendError::TooLarge { .. } => Reason::TooLarge,
                _ => Reason::Shutdown,
            };
            ledger.drop_pending(Signal::Metrics, COMPONENT, reason, u64::from(records));
            error!(job = self.target.job, records, error = %failed, "samples not taken into the spool");
        }
    }

    /// The target is gone: every series that it had ends.
    async fn end_series(&self, memory: &mut PageMemory) {
        let received = UnixNanos::now();
        let now_ms = (received.0 / 1_000_000) as i64;
        if let Some(encoded) = memory.end(now_ms, &self.settings().page) {
            self.append(encoded, received).await;
        }
    }
}

/// Reads a page into the memory and encodes the scrape. CPU work only.
fn take_in(
    memory: &mut PageMemory,
    page: Page,
    now_ms: i64,
    started: Instant,
    settings: &LoopSettings,
    buffers: &Buffers,
) -> Taken {
    let (observed, failure) = match observe(memory, page, now_ms, settings, buffers) {
        Ok(observed) => (observed, None),
        Err((failure, counts)) => (memory.lose(counts, now_ms, &settings.page), Some(failure)),
    };
    let (counts, seconds) = (observed.counts, started.elapsed().as_secs_f64());
    let report = Report::new(failure.is_none(), seconds, counts);
    Taken { counts, failure, seconds, encoded: memory.encode(observed, &report, now_ms) }
}

fn observe(
    memory: &mut PageMemory,
    page: Page,
    now_ms: i64,
    settings: &LoopSettings,
    buffers: &Buffers,
) -> Result<super::page::Observed, (Failure, Counts)> {
    let plain = |failure| (failure, Counts::default());
    let fetched = page.map_err(plain)?;
    let content_type = fetched.content_type.clone();
    let page = fetched.page(settings.body_bytes_max, buffers).map_err(plain)?;
    // Prometheus takes a page without a byte for one without a sample, whatever its format.
    let format = if page.is_empty() { Ok(Format::Text) } else { format_of(content_type.as_deref()) };
    let observed = match format {
        Ok(format) => memory
            .observe(&page, format, now_ms, &settings.page)
            .map_err(|refused| (refused.error.into(), refused.counts)),
        Err(error) => Err(plain(error.into())),
    };
    buffers.give(page);
    observed
}

/// What a loop's memory adds to the gauges, for as long as the loop runs.
struct Held {
    metrics: ScrapeMetrics,
    series: i64,
    bytes: i64,
}

impl Held {
    fn new(metrics: &ScrapeMetrics) -> Self {
        Self { metrics: metrics.clone(), series: 0, bytes: 0 }
    }

    fn set(&mut self, memory: &PageMemory) {
        self.change(memory.series() as i64, memory.bytes() as i64);
    }

    fn change(&mut self, series: i64, bytes: i64) {
        self.metrics.series.add(series - self.series);
        self.metrics.page_memory.add(bytes - self.bytes);
        (self.series, self.bytes) = (series, bytes);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.change(0, 0);
    }
}

/// The offset of scrapes of this machine against those of others.
pub(super) fn machine_seed() -> u64 {
    let names = rustix::system::uname();
    xxhash_rust::xxh3::xxh3_64(names.nodename().to_bytes())
}
