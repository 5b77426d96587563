//! A spool, and a destination that follows a script.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use prometheus::Registry;
use tempfile::TempDir;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};
use weir_ledger::{ExporterSnapshot, Ledger};
use weir_model::{Batch, OrderKey, Reason, Receiver, Signal, UnixNanos};
use weir_spool::{Spool, SpoolSettings};

use crate::{Backoff, Delivery, DeliveryMetrics, Encoded, Exporter, Outcome, Retry, Settings, start};

/// One attempt as the destination saw it.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// The payloads in the request, joined by spaces.
    pub(crate) text: String,
    /// Records still in the request.
    pub(crate) records: u64,
    /// 1 for the first attempt of a request.
    pub(crate) number: u32,
    pub(crate) at: Instant,
}

/// How the destination answers an attempt: after some time, or never.
pub(crate) struct Answer {
    pub(crate) after: Duration,
    /// `None`: never.
    pub(crate) outcome: Option<Outcome>,
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        Self { after: Duration::ZERO, outcome: Some(outcome) }
    }
}

type Script = dyn Fn(&Attempt) -> Answer + Send + Sync;

/// A destination that follows a script.
pub(crate) struct Scripted {
    script: Box<Script>,
    /// Every attempt, in the order in which they began.
    pub(crate) attempts: Mutex<Vec<Attempt>>,
    /// Reasons for which batches whose payload says so are left out when encoding.
    pub(crate) drops_marked: bool,
}

pub(crate) struct Request {
    text: String,
    records: u64,
    attempts: u32,
}

impl Exporter for Scripted {
    type Request = Request;

    fn encode(&self, batches: &[Batch]) -> Encoded<Request> {
        let is_dropped = |batch: &&Batch| self.drops_marked && batch.payload.starts_with(b"drop");
        let records = |batches: &[&Batch]| batches.iter().map(|batch| u64::from(batch.records)).sum::<u64>();
        let (dropped, kept): (Vec<&Batch>, Vec<&Batch>) = batches.iter().partition(is_dropped);
        let text: Vec<_> = kept.iter().map(|batch| String::from_utf8_lossy(&batch.payload)).collect();
        let request = Request { text: text.join(" "), records: records(&kept), attempts: 0 };
        let dropped = match records(&dropped) {
            0 => Vec::new(),
            records => vec![(Reason::Filtered, records)],
        };
        Encoded { records: request.records, request: (!kept.is_empty()).then_some(request), dropped }
    }

    async fn send(&self, request: &mut Request) -> Outcome {
        request.attempts += 1;
        let attempt = Attempt {
            text: request.text.clone(),
            records: request.records,
            number: request.attempts,
            at: Instant::now(),
        };
        let answer = (self.script)(&attempt);
        self.attempts.lock().push(attempt);
        sleep(answer.after).await;
        let Some(outcome) = answer.outcome else { return std::future::pending().await };
        if let Outcome::Partial { delivered, dropped, .. } = &outcome {
            request.records -= delivered + dropped.iter().map(|&(_, records)| records).sum::<u64>();
        }
        outcome
    }
}

impl Scripted {
    pub(crate) fn new(script: impl Fn(&Attempt) -> Answer + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { script: Box::new(script), attempts: Mutex::default(), drops_marked: true })
    }

    /// Takes everything at once.
    pub(crate) fn willing() -> Arc<Self> {
        Self::new(|_| delivered().into())
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.attempts.lock().iter().map(|attempt| attempt.text.clone()).collect()
    }

    /// The time between the attempts.
    pub(crate) fn waits(&self) -> Vec<Duration> {
        let attempts = self.attempts.lock();
        attempts.windows(2).map(|pair| pair[1].at - pair[0].at).collect()
    }
}

pub(crate) fn delivered() -> Outcome {
    Outcome::Delivered { deduplicated: 0 }
}

pub(crate) fn retry(after: Option<Duration>) -> Outcome {
    Outcome::Retry(Retry { after, cause: "come back".to_owned() })
}

pub(crate) const BACKOFF: Backoff = Backoff { min: Duration::from_millis(100), max: Duration::from_secs(10) };

pub(crate) fn settings(exporter: &str) -> Settings {
    Settings {
        exporter: exporter.to_owned(),
        requests_max: 4,
        batch_bytes_max: 1 << 20,
        batch_records_max: 1000,
        linger: Duration::ZERO,
        backoff: BACKOFF,
    }
}

/// A spool with its ledger.
pub(crate) struct Rig {
    pub(crate) spool: Spool,
    pub(crate) ledger: Ledger,
    pub(crate) registry: Registry,
    metrics: DeliveryMetrics,
    _folder: TempDir,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let ledger = Ledger::new();
        let settings = SpoolSettings { path: folder.path().to_owned(), ..SpoolSettings::default() };
        let spool = Spool::open(settings, ledger.clone()).unwrap();
        let registry = Registry::new();
        let metrics = DeliveryMetrics::register(&registry).unwrap();
        Self { spool, ledger, registry, metrics, _folder: folder }
    }

    /// Opens the cursors of an exporter, so that it gets what is appended from now on.
    pub(crate) fn join(&self, signals: &[Signal], exporter: &str) {
        for &signal in signals {
            drop(self.spool.subscribe(signal, exporter).unwrap());
        }
    }

    pub(crate) fn start(&self, signals: &[Signal], exporter: &Arc<Scripted>, settings: Settings) -> Delivery {
        let subscribe = |&signal| (signal, self.spool.subscribe(signal, &settings.exporter).unwrap());
        let readers = signals.iter().map(subscribe).collect();
        start(Arc::clone(exporter), settings, readers, self.ledger.clone(), self.metrics.clone())
    }

    /// Appends a batch of two records.
    pub(crate) async fn append(&self, signal: Signal, text: &str) {
        self.append_keyed(signal, text, 0).await;
    }

    pub(crate) async fn append_keyed(&self, signal: Signal, text: &str, key: u64) {
        let payload = Bytes::copy_from_slice(text.as_bytes());
        let received = UnixNanos::now();
        self.append_batch(Batch { signal, records: 2, key: OrderKey(key), received, payload }).await;
    }

    pub(crate) async fn append_batch(&self, batch: Batch) {
        self.ledger.receive(batch.signal, Receiver::OtlpGrpc, u64::from(batch.records));
        // Virtual time must not run on while the spool's writer, a thread of its own, is at work. It stands still
        // while a blocking task runs.
        let (done, waiting) = mpsc::channel::<()>();
        let hold = spawn_blocking(move || waiting.recv().is_err());
        self.spool.append(batch).await.unwrap();
        drop(done);
        hold.await.unwrap();
    }

    pub(crate) fn account(&self, signal: Signal, exporter: &str) -> ExporterSnapshot {
        let snapshot = self.ledger.snapshot();
        assert!(snapshot.balances(), "{snapshot:?}");
        snapshot.signal(signal).exporters.iter().find(|account| account.name == exporter).unwrap().clone()
    }

    pub(crate) fn dropped(&self, signal: Signal, exporter: &str, reason: Reason) -> u64 {
        let snapshot = self.ledger.snapshot();
        let drops = &snapshot.signal(signal).dropped;
        drops.iter().filter(|(name, why, _)| name == exporter && *why == reason).map(|drop| drop.2).sum()
    }

    /// Waits, in virtual time, until an exporter holds `records`.
    pub(crate) async fn held(&self, signal: Signal, exporter: &str, records: u64) {
        eventually(|| self.account(signal, exporter).held == records).await;
    }
}

/// Waits in virtual time.
pub(crate) async fn eventually(mut condition: impl FnMut() -> bool) {
    for _ in 0..1_000_000 {
        if condition() {
            return;
        }
        sleep(Duration::from_millis(1)).await;
    }
    panic!("it never happened");
}
