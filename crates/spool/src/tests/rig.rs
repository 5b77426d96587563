//! A spool in a temporary folder, with its ledger, that can be opened again and again.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use tempfile::TempDir;
use weir_ledger::{Ledger, Settlement};
use weir_model::{Batch, OrderKey, Reason, Receiver, Signal, UnixNanos};

use super::faulty::Faulty;
use crate::saving::{maintain, write_cursors};
use crate::{AppendError, Entry, EntryId, Position, Reader, Spool, SpoolError, SpoolSettings, TakeLimits};

/// When every batch of the tests is received, unless a test says otherwise.
pub(crate) const NOON: UnixNanos = UnixNanos(1_700_000_000_000_000_000);
/// Takes everything there is.
pub(crate) const ALL: TakeLimits =
    TakeLimits { bytes_max: usize::MAX, records_max: u64::MAX, entries_max: usize::MAX };
/// Takes entry by entry.
pub(crate) const ONE: TakeLimits = TakeLimits { entries_max: 1, ..ALL };

/// The spool, its folder and its ledger. `spool` is `None` between a crash and the next start.
pub(crate) struct Rig {
    pub(crate) settings: SpoolSettings,
    pub(crate) storage: Faulty,
    pub(crate) ledger: Ledger,
    pub(crate) spool: Option<Spool>,
    folder: TempDir,
}

impl Rig {
    /// An empty spool with room for everything, whose batches never expire.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut SpoolSettings)) -> Self {
        let folder = TempDir::new().unwrap();
        let mut settings = SpoolSettings {
            path: folder.path().to_owned(),
            age_max: Duration::from_secs(1_000_000_000),
            ..SpoolSettings::default()
        };
        change(&mut settings);
        let mut rig =
            Self { settings, storage: Faulty::default(), ledger: Ledger::new(), spool: None, folder };
        rig.open();
        rig
    }

    pub(crate) fn try_open(&mut self) -> Result<(), SpoolError> {
        assert!(self.spool.is_none());
        self.ledger = Ledger::new();
        let storage = Arc::new(self.storage.clone());
        self.spool = Some(Spool::open_on(storage, self.settings.clone(), self.ledger.clone())?);
        Ok(())
    }

    pub(crate) fn open(&mut self) {
        self.try_open().unwrap();
    }

    /// Ends the spool in order and starts it again. All readers must be gone.
    pub(crate) fn reopen(&mut self) {
        self.spool = None;
        self.open();
    }

    /// Ends the spool as `kill -9` does: what the page cache has stays, what was not written is gone.
    pub(crate) fn kill(&mut self, readers: Vec<Reader>) {
        let cursors = self.cursor_files();
        drop(readers);
        // Ends the last handle, which writes the cursors; that is taken back.
        self.spool = None;
        for path in self.cursor_files().into_keys() {
            fs::remove_file(path).unwrap();
        }
        for (path, content) in cursors {
            fs::write(path, content).unwrap();
        }
    }

    /// Ends the spool as a power cut does: only what was synced is sure to stay.
    pub(crate) fn lose_power(&mut self, readers: Vec<Reader>, rng: &mut Rng) {
        self.kill(readers);
        self.storage.lose_power(rng);
        for (path, content) in self.cursor_files() {
            if path.extension().is_some_and(|extension| extension == "recent") {
                fs::write(path, &content[..rng.usize(0..=content.len())]).unwrap();
            }
        }
    }

    fn cursor_files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        for signal in Signal::ALL {
            let folder = self.folder.path().join("cursors").join(signal.as_str());
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                files.insert(path.clone(), fs::read(path).unwrap());
            }
        }
        files
    }

    pub(crate) fn spool(&self) -> &Spool {
        self.spool.as_ref().unwrap()
    }

    pub(crate) async fn append(&self, signal: Signal, payload: &[u8]) -> Result<Position, AppendError> {
        self.append_batch(batch(signal, payload)).await
    }

    pub(crate) async fn append_batch(&self, batch: Batch) -> Result<Position, AppendError> {
        let (signal, records) = (batch.signal, u64::from(batch.records));
        self.ledger.receive(signal, Receiver::OtlpGrpc, records);
        let appended = self.spool().append(batch).await;
        if appended.is_err() {
            self.ledger.refuse(signal, Receiver::OtlpGrpc, records);
        }
        appended
    }

    pub(crate) async fn log(&self, payload: &str) -> Position {
        self.append(Signal::Logs, payload.as_bytes()).await.unwrap()
    }

    pub(crate) fn subscribe(&self, exporter: &str) -> Reader {
        self.spool().subscribe(Signal::Logs, exporter).unwrap()
    }

    /// One round of what the threads do by time, at [`NOON`].
    pub(crate) fn maintain(&self) {
        self.maintain_at(NOON);
    }

    pub(crate) fn maintain_at(&self, now: UnixNanos) {
        maintain(self.spool().shared(), now).unwrap();
    }

    /// What the cursor thread does within 20 ms.
    pub(crate) fn write_cursors(&self) {
        let shared = self.spool().shared();
        shared.logs.iter().for_each(|log| write_cursors(shared, log));
    }

    /// Settles entries as delivered, in the ledger too.
    pub(crate) fn deliver(&self, reader: &Reader, exporter: &str, entries: &[Entry]) {
        let ids: Vec<EntryId> = entries.iter().map(|entry| entry.id).collect();
        let records = entries.iter().map(|entry| u64::from(entry.batch.records)).sum();
        let settlement = Settlement { delivered: records, ..Settlement::default() };
        self.ledger.settle(reader.signal(), exporter, records, &settlement);
        reader.settle(&ids);
    }

    pub(crate) fn segment_files(&self, signal: Signal) -> Vec<PathBuf> {
        let folder = self.folder.path().join(signal.as_str());
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    pub(crate) fn cursor_file(&self, exporter: &str) -> PathBuf {
        self.folder.path().join("cursors/logs").join(exporter)
    }

    /// Records that `exporter` lost to `reason`.
    pub(crate) fn dropped(&self, exporter: &str, reason: Reason) -> u64 {
        let snapshot = self.ledger.snapshot();
        let dropped = &snapshot.signal(Signal::Logs).dropped;
        dropped.iter().filter(|(name, why, _)| name == exporter && *why == reason).map(|drop| drop.2).sum()
    }

    /// Asserts that the ledger balances and that it and the reader agree on what is held.
    pub(crate) fn check(&self, reader: &Reader, exporter: &str) {
        let snapshot = self.ledger.snapshot();
        assert!(snapshot.balances(), "{snapshot:?}");
        let exporters = &snapshot.signal(reader.signal()).exporters;
        let account = exporters.iter().find(|account| account.name == exporter).unwrap();
        assert_eq!(account.held, reader.held_records(), "{account:?}");
    }
}

/// A batch with three records.
pub(crate) fn batch(signal: Signal, payload: &[u8]) -> Batch {
    Batch { signal, records: 3, key: OrderKey::ANY, received: NOON, payload: Bytes::copy_from_slice(payload) }
}

/// The payloads of entries, as text.
pub(crate) fn texts(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| String::from_utf8(entry.batch.payload.to_vec()).unwrap()).collect()
}

/// Takes until `count` entries came, in as many takes as that needs.
pub(crate) async fn take(reader: &Reader, count: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    while entries.len() < count {
        let limits = TakeLimits { entries_max: count - entries.len(), ..ALL };
        entries.extend(reader.take(&limits).await);
    }
    entries
}
