//! A folder with logs, a sink and a tailer between them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use prometheus::Registry;
use tempfile::TempDir;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use weir_config::{LineFormat, LogsConfig, StartAt};

use super::decoded::Decoded;
use super::memory_sink::MemorySink;
use crate::tail::{TailSettings, Tailer};

/// Far longer than anything takes.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);
/// A walk that never comes: what is found without it was notified.
pub(super) const NEVER: Duration = Duration::from_secs(3600);

pub(super) struct Stage {
    dir: TempDir,
    pub(super) sink: MemorySink,
    pub(super) settings: TailSettings,
    pub(super) configs: Vec<LogsConfig>,
    pub(super) registry: Registry,
    tailer: Option<(Tailer, CancellationToken)>,
}

impl Stage {
    /// Logs are `logs/*.log`.
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let root = dir.path().canonicalize().expect("it exists");
        fs::create_dir(root.join("logs")).expect("a new folder");
        let settings = TailSettings {
            reads_max: 2,
            read_delay: Duration::from_millis(1),
            poll_interval: Duration::from_millis(20),
            reconcile_interval: NEVER,
            rotated_grace: Duration::from_millis(200),
            save_interval: Duration::from_millis(5),
            stop_timeout: Duration::from_secs(1),
            ..TailSettings::new(root.join("spool/tail"))
        };
        let configs = vec![config("app", &root.join("logs/*.log"))];
        Self { dir, sink: MemorySink::new(), settings, configs, registry: Registry::new(), tailer: None }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().expect("it exists").join(name)
    }

    /// Appends to a file, which is created if it is not there.
    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let mut file = OpenOptions::new().create(true).append(true).open(self.path(name)).expect("open");
        file.write_all(text.as_ref()).expect("write");
    }

    pub(super) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).expect("rename");
    }

    pub(super) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).expect("remove");
    }

    pub(super) fn truncate(&self, name: &str) {
        OpenOptions::new().write(true).open(self.path(name)).expect("open").set_len(0).expect("truncate");
    }

    pub(super) fn truncate_or_create(&self, name: &str) {
        File::create(self.path(name)).expect("create");
    }

    pub(super) fn open(&self, name: &str) -> File {
        OpenOptions::new().create(true).append(true).open(self.path(name)).expect("open")
    }

    pub(super) async fn start(&mut self) {
        let shutdown = CancellationToken::new();
        self.registry = Registry::new();
        let tailer = Tailer::start(
            &self.configs,
            self.settings.clone(),
            self.sink.clone(),
            self.sink.ledger.clone(),
            &self.registry,
            shutdown.clone(),
        );
        let tailer = timeout(DEADLINE, tailer).await.expect("starts in time").expect("starts");
        self.tailer = Some((tailer, shutdown));
    }

    pub(super) fn tailer(&self) -> &Tailer {
        &self.tailer.as_ref().expect("started").0
    }

    /// Ends the tailer as a stop of weir does.
    pub(super) async fn stop(&mut self) {
        let (tailer, shutdown) = self.tailer.take().expect("started");
        shutdown.cancel();
        timeout(DEADLINE, tailer.stopped()).await.expect("stops in time");
    }

    /// Ends the tailer without a word.
    pub(super) fn kill(&mut self) {
        drop(self.tailer.take().expect("started"));
    }

    /// Waits until the records that have arrived satisfy `is_done`.
    pub(super) async fn wait(&self, what: &str, is_done: impl Fn(&[Decoded]) -> bool) -> Vec<Decoded> {
        let mut records = self.sink.watch();
        let done = timeout(DEADLINE, records.wait_for(|records| is_done(records))).await;
        match done {
            Ok(records) => records.expect("the sink lives").clone(),
            Err(_) => panic!("{what}: not within {DEADLINE:?}: {:?}", bodies(&self.sink.records())),
        }
    }

    /// Waits until exactly these lines have arrived, in any order, each under one id.
    pub(super) async fn expect(&self, lines: &[&str]) -> Vec<Decoded> {
        let expected: BTreeSet<String> = lines.iter().map(|&line| line.to_owned()).collect();
        let records =
            self.wait("lines", |records| expected.is_subset(&bodies(records).into_iter().collect())).await;
        let by_id = by_id(&records);
        let mut bodies: Vec<&str> = by_id.values().map(String::as_str).collect();
        bodies.sort_unstable();
        let mut lines = lines.to_vec();
        lines.sort_unstable();
        assert_eq!(bodies, lines);
        records
    }

    /// Waits until so many batches wait for the sink.
    pub(super) async fn expect_waiting(&self, batches: usize) {
        let mut waiting = self.sink.waiting();
        let waits = timeout(DEADLINE, waiting.wait_for(|waiting| *waiting >= batches)).await;
        assert!(waits.is_ok(), "fewer than {batches} batches wait");
    }

    /// Waits until a metric has at least `value`; sums over labels.
    pub(super) async fn expect_metric(&self, name: &str, value: f64) {
        let reached = async {
            while self.metric(name) < value {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let reached = timeout(DEADLINE, reached).await;
        assert!(reached.is_ok(), "{name} is {}, not {value}", self.metric(name));
    }

    pub(super) fn metric(&self, name: &str) -> f64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name);
        family.map_or(0.0, |family| {
            let metrics = family.get_metric().iter();
            metrics.map(|metric| metric.get_counter().get_value() + metric.get_gauge().get_value()).sum()
        })
    }
}

pub(crate) fn config(name: &str, pattern: &Path) -> LogsConfig {
    LogsConfig {
        name: name.to_owned(),
        paths: vec![pattern.to_str().expect("UTF-8").to_owned()],
        exclude: Vec::new(),
        format: LineFormat::Auto,
        start_at: StartAt::Beginning,
        line_bytes_max: 1 << 20,
        attributes: BTreeMap::new(),
    }
}

pub(super) fn bodies(records: &[Decoded]) -> Vec<String> {
    records.iter().map(|record| record.body.clone()).collect()
}

/// Records as a destination keeps them that takes each id once. The same id must always mean the same record.
pub(super) fn by_id(records: &[Decoded]) -> BTreeMap<(String, u64), String> {
    let mut kept = BTreeMap::new();
    for record in records {
        let id = (record.file_id.clone(), record.offset);
        let before = kept.insert(id, record.body.clone());
        if let Some(before) = before {
            assert_eq!(before, record.body, "two records of {record:?}");
        }
    }
    kept
}
