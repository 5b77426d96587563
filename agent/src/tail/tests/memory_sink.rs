//! A sink that keeps batches in memory and can be made to wait.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;
use weir_intake::IntakeSettings;
use weir_ledger::Ledger;
use weir_model::{Batch, Signal};
use weir_spool::{AppendError, Position};

use super::decoded::{Decoded, decode};
use crate::tail::sink::Sink;

/// Clones share everything; it outlives tailers as the spool does.
#[derive(Clone, Debug)]
pub(super) struct MemorySink {
    pub(super) ledger: Ledger,
    records: Arc<watch::Sender<Vec<Decoded>>>,
    /// Records of each batch.
    pub(super) batches: Arc<Mutex<Vec<u32>>>,
    is_open: Arc<watch::Sender<bool>>,
    /// Whether what is appended counts as synced at once.
    syncs: Arc<Mutex<bool>>,
    appended: Arc<Mutex<Position>>,
    synced: Arc<watch::Sender<Position>>,
    settings: Arc<Mutex<Arc<IntakeSettings>>>,
    failures: Arc<Mutex<u32>>,
    /// Batches that are offered and not taken yet.
    waiting: Arc<watch::Sender<usize>>,
}

impl MemorySink {
    pub(super) fn new() -> Self {
        let settings = IntakeSettings {
            resource: vec![("service.name".to_owned(), "shop".to_owned())],
            correlation_keys: Vec::new(),
            traces_ratio: 1.0,
            logs_follow_traces: false,
            has_exporter: [true; 3],
        };
        Self {
            ledger: Ledger::new(),
            records: Arc::new(watch::channel(Vec::new()).0),
            batches: Arc::default(),
            is_open: Arc::new(watch::channel(true).0),
            syncs: Arc::new(Mutex::new(true)),
            appended: Arc::default(),
            synced: Arc::new(watch::channel(Position(0)).0),
            settings: Arc::new(Mutex::new(Arc::new(settings))),
            failures: Arc::default(),
            waiting: Arc::new(watch::channel(0).0),
        }
    }

    /// While closed, appending waits as for a full spool.
    pub(super) fn set_open(&self, is_open: bool) {
        self.is_open.send_replace(is_open);
    }

    pub(super) fn set_syncs(&self, syncs: bool) {
        *self.syncs.lock() = syncs;
        if syncs {
            self.sync();
        }
    }

    /// Makes the next attempts to append fail.
    pub(super) fn fail_next(&self, attempts: u32) {
        *self.failures.lock() = attempts;
    }

    pub(super) fn change_settings(&self, change: impl FnOnce(&mut IntakeSettings)) {
        let mut settings = self.settings.lock();
        let mut changed = IntakeSettings::clone(&settings);
        change(&mut changed);
        *settings = Arc::new(changed);
    }

    pub(super) fn waiting(&self) -> watch::Receiver<usize> {
        self.waiting.subscribe()
    }

    fn fails(&self) -> bool {
        let mut failures = self.failures.lock();
        let fails = *failures > 0;
        *failures = failures.saturating_sub(1);
        fails
    }

    fn sync(&self) {
        self.synced.send_replace(*self.appended.lock());
    }

    pub(super) fn records(&self) -> Vec<Decoded> {
        self.records.borrow().clone()
    }

    pub(super) fn watch(&self) -> watch::Receiver<Vec<Decoded>> {
        self.records.subscribe()
    }
}

impl Sink for MemorySink {
    async fn append(&self, batch: Batch) -> Result<Position, AppendError> {
        let mut is_open = self.is_open.subscribe();
        self.waiting.send_modify(|waiting| *waiting += 1);
        is_open.wait_for(|is_open| *is_open).await.map_err(|_| AppendError::Closed)?;
        self.waiting.send_modify(|waiting| *waiting -= 1);
        if self.fails() {
            return Err(AppendError::Full);
        }
        let decoded = decode(&batch.payload);
        assert_eq!(decoded.len(), batch.records as usize);
        self.ledger.append(Signal::Logs, u64::from(batch.records));
        let position = {
            let mut appended = self.appended.lock();
            appended.0 += batch.payload.len() as u64;
            *appended
        };
        if *self.syncs.lock() {
            self.sync();
        }
        self.batches.lock().push(batch.records);
        self.records.send_modify(|records| records.extend(decoded));
        Ok(position)
    }

    fn synced(&self) -> watch::Receiver<Position> {
        self.synced.subscribe()
    }

    async fn flush(&self) {
        if *self.syncs.lock() {
            self.sync();
        }
    }

    fn settings(&self) -> Arc<IntakeSettings> {
        Arc::clone(&self.settings.lock())
    }
}
