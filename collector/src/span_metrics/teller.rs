//! The loop.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use weir_checkpoint::ReadError;
use weir_config::SpanMetricsConfig;
use weir_intake::Intake;
use weir_ledger::{Ledger, Settlement};
use weir_model::{Batch, Reason, Receiver, Signal, UnixNanos};
use weir_spool::{AppendError, Entry, EntryId, Reader, TakeLimits};

use super::metrics::SpanMetricsMetrics;
use super::table::{Table, Tally};
use super::{SpanMetricsError, SpanMetricsParts, checkpoint, encode};

/// The component under which drops are counted.
const COMPONENT: &str = "span_metrics";
/// What is taken from the spool at once.
const TAKE: TakeLimits = TakeLimits { bytes_max: 4 << 20, records_max: 100_000, entries_max: 256 };
/// A series that counted nothing for so long is no longer sent.
const IDLE_MAX: Duration = Duration::from_secs(3600);

/// Counts, saves, sends.
pub(super) struct Teller {
    reader: Reader,
    spans_ledger: Ledger,
    exporter: &'static str,
    intake: Intake,
    ledger: Ledger,
    labels: BTreeMap<String, String>,
    folder: PathBuf,
    interval: Duration,
    series_max: usize,
    table: Table,
    /// Entries counted since the last save, and how their spans ended.
    unsaved: Vec<EntryId>,
    ended: Settlement,
    /// When the last counts were sent, in milliseconds since the Unix epoch: what begins later began after it.
    last_sent: i64,
    has_failed: bool,
    metrics: SpanMetricsMetrics,
    stop: CancellationToken,
}

impl Teller {
    pub(super) fn new(
        config: &SpanMetricsConfig,
        parts: SpanMetricsParts<'_>,
        metrics: SpanMetricsMetrics,
        stop: CancellationToken,
    ) -> Result<Self, SpanMetricsError> {
        std::fs::create_dir_all(&parts.folder)
            .map_err(|source| ReadError::Read { path: parts.folder.clone(), source })?;
        let bounds: Vec<f64> = config.buckets.iter().map(Duration::as_secs_f64).collect();
        let mut table = checkpoint::load(&parts.folder, &bounds)?;
        if table.through.is_some_and(|through| through >= parts.spans_end) {
            warn!("the spool of spans is not the one that was counted; all of it is counted");
            table.through = None;
        }
        metrics.series_max.set(i64::try_from(config.series_max).unwrap_or(i64::MAX));
        metrics.series.set(table.series.len() as i64);
        let mut labels = parts.labels;
        labels.insert("job".to_owned(), COMPONENT.to_owned());
        Ok(Self {
            reader: parts.spans.in_order(),
            spans_ledger: parts.spans_ledger,
            exporter: parts.exporter,
            intake: parts.intake,
            ledger: parts.ledger,
            labels,
            folder: parts.folder,
            interval: config.interval,
            series_max: usize::try_from(config.series_max).unwrap_or(usize::MAX),
            table,
            unsaved: Vec::new(),
            ended: Settlement::default(),
            last_sent: now_ms(),
            has_failed: false,
            metrics,
            stop,
        })
    }

    /// Until stopped. Dropped half way, what is not saved is counted again after the next start.
    pub(super) async fn run(mut self) {
        let stop = self.stop.clone();
        let mut ticks = interval(self.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = ticks.tick() => self.tell().await,
                entries = self.reader.take(&TAKE) => self.count(&entries),
            }
        }
        self.tell().await;
    }

    fn count(&mut self, entries: &[Entry]) {
        for entry in entries {
            let Tally { counted, overflowed, repeated, malformed } =
                self.table.count(entry, self.series_max, self.last_sent + 1);
            self.metrics.overflowed.inc_by(overflowed);
            self.metrics.repeated.inc_by(repeated);
            self.ended.delivered += counted + repeated;
            if malformed > 0 {
                self.ended.dropped.push((Reason::Malformed, malformed));
            }
            self.unsaved.push(entry.id);
        }
        self.metrics.series.set(self.table.series.len() as i64);
    }

    /// Saves the counts, settles the entries that are in them, and sends them.
    async fn tell(&mut self) {
        let now = now_ms().max(self.last_sent + 1);
        self.table.forget_idle(now - IDLE_MAX.as_millis() as i64);
        let batches = encode::batches(&self.table, &self.labels, now);
        if !self.save().await {
            return;
        }
        self.last_sent = now;
        for counts in self.table.series.values_mut().chain(self.table.overflow.as_mut()) {
            counts.exemplars.fill(None);
            counts.told = true;
        }
        for batch in batches {
            if !self.send(batch).await {
                return;
            }
        }
    }

    /// What is sent must be saved before, or the next life might send less. So after a crash in between, a new series
    /// lacks its beginning at 0.
    async fn save(&mut self) -> bool {
        let (folder, body) = (self.folder.clone(), checkpoint::encode(&self.table));
        let saved =
            spawn_blocking(move || checkpoint::save(&folder, &body).map_err(|error| error.to_string())).await;
        if let Err(error) = saved.unwrap_or_else(|error| Err(error.to_string())) {
            self.metrics.save_errors.inc();
            if !std::mem::replace(&mut self.has_failed, true) {
                error!(error, "span metrics are not sent until their counts can be saved");
            }
            return false;
        }
        if std::mem::replace(&mut self.has_failed, false) {
            info!("the counts of span metrics are saved again");
        }
        let ended = std::mem::take(&mut self.ended);
        let spans = ended.delivered + ended.dropped.iter().map(|(_, spans)| spans).sum::<u64>();
        self.spans_ledger.settle(Signal::Traces, self.exporter, spans, &ended);
        self.reader.settle(&std::mem::take(&mut self.unsaved));
        true
    }

    /// Waits while the spool is full. False when weir is stopping.
    async fn send(&self, batch: Batch) -> bool {
        let records = u64::from(batch.records);
        self.ledger.receive(Signal::Metrics, Receiver::SpanMetrics, records);
        match self.intake.append(Receiver::SpanMetrics, batch).await {
            Ok(_) => true,
            Err(AppendError::TooLarge { bytes, bytes_max }) => {
                warn!(
                    bytes,
                    bytes_max,
                    records,
                    "samples of span metrics are dropped; a larger spool.bytes_max keeps them"
                );
                self.ledger.drop_pending(Signal::Metrics, COMPONENT, Reason::TooLarge, records);
                true
            }
            Err(_) => {
                // The next life sends what these were, and more.
                self.ledger.refuse(Signal::Metrics, Receiver::SpanMetrics, records);
                false
            }
        }
    }
}

fn now_ms() -> i64 {
    (UnixNanos::now().0 / 1_000_000) as i64
}
