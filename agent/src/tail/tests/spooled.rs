//! Through the real intake and the real spool.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use prometheus::Registry;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use weir_intake::{Intake, IntakeSettings};
use weir_ledger::{Ledger, Settlement};
use weir_model::{Reason, Signal};
use weir_spool::{Reader, Spool, SpoolError, SpoolSettings, TakeLimits};

use super::decoded::{Decoded, decode};
use super::stage::{DEADLINE, by_id, config};
use crate::tail::{SpoolSink, TailSettings, Tailer};

const EXPORTER: &str = "elasticsearch";

/// One life of the process.
struct Life {
    tailer: Tailer,
    shutdown: CancellationToken,
    spool: Spool,
    ledger: Ledger,
    reader: Reader,
}

/// A tailer that was dropped lets go of the spool once its last read has ended.
async fn open(settings: &SpoolSettings, ledger: &Ledger) -> Spool {
    let opened = async {
        loop {
            match Spool::open(settings.clone(), ledger.clone()) {
                Err(SpoolError::Locked { .. }) => tokio::time::sleep(Duration::from_millis(1)).await,
                opened => return opened.expect("opens"),
            }
        }
    };
    timeout(DEADLINE, opened).await.expect("the old tailer lets go")
}

async fn begin(root: &Path, has_exporter: bool) -> Life {
    let ledger = Ledger::new();
    let settings = SpoolSettings { path: root.join("spool"), ..SpoolSettings::default() };
    let spool = open(&settings, &ledger).await;
    let reader = spool.subscribe(Signal::Logs, EXPORTER).expect("subscribes");
    let settings = IntakeSettings {
        resource: Vec::new(),
        correlation_keys: Vec::new(),
        traces_ratio: 1.0,
        logs_follow_traces: false,
        has_exporter: [has_exporter; 3],
    };
    let intake = Intake::new(settings, spool.clone(), ledger.clone());
    let shutdown = CancellationToken::new();
    let settings = TailSettings {
        read_delay: Duration::from_millis(1),
        save_interval: Duration::from_millis(20),
        ..TailSettings::new(root.join("spool/tail"))
    };
    let configs = [config("app", &root.join("logs/*.log"))];
    let sink = SpoolSink { intake, spool: spool.clone() };
    let tailer =
        Tailer::start(&configs, settings, sink, ledger.clone(), &Registry::new(), shutdown.clone()).await;
    Life { tailer: tailer.expect("starts"), shutdown, spool, ledger, reader }
}

impl Life {
    /// Delivers until so many different lines have arrived in all lives.
    async fn deliver(&self, arrived: &mut Vec<Decoded>, lines: usize) {
        let all = async {
            while by_id(arrived).len() < lines {
                for entry in self.reader.take(&TakeLimits::default()).await {
                    arrived.extend(decode(&entry.batch.payload));
                    self.reader.settle(&[entry.id]);
                    let delivered = u64::from(entry.batch.records);
                    let settlement = Settlement { delivered, ..Settlement::default() };
                    self.ledger.settle(Signal::Logs, EXPORTER, delivered, &settlement);
                }
            }
        };
        timeout(DEADLINE, all).await.expect("all lines arrive");
    }
}

fn append(path: &Path, lines: &[String]) {
    let mut file = OpenOptions::new().create(true).append(true).open(path).expect("open");
    file.write_all((lines.join("\n") + "\n").as_bytes()).expect("write");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_comes_out_of_the_spool_once_by_id_over_crashes_rotations_and_a_stop() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let root = dir.path().canonicalize().expect("it exists");
    fs::create_dir(root.join("logs")).expect("create");
    let (mut arrived, mut written) = (Vec::new(), Vec::new());
    for life in 0..6 {
        let lines: Vec<String> =
            (0..2000).map(|number| format!("{{\"msg\":\"life {life}, line {number}\"}}")).collect();
        append(&root.join("logs/a.log"), &lines[..1000]);
        let running = begin(&root, true).await;
        fs::rename(root.join("logs/a.log"), root.join(format!("logs/a.{life}"))).expect("rename");
        append(&root.join("logs/a.log"), &lines[1000..]);
        written.extend(lines);
        if life % 3 == 2 {
            running.shutdown.cancel();
            running.tailer.stopped().await;
        } else {
            running.deliver(&mut arrived, written.len()).await;
            assert!(running.ledger.snapshot().balances());
            // Dropped here as in a crash.
        }
    }
    let last = begin(&root, true).await;
    last.deliver(&mut arrived, written.len()).await;
    let mut bodies: Vec<String> = by_id(&arrived).into_values().collect();
    bodies.sort_unstable();
    written.sort_unstable();
    assert!(bodies == written);
    last.shutdown.cancel();
    last.tailer.stopped().await;
    assert!(last.ledger.snapshot().balances());
    // The checkpoint is past everything: nothing is read again.
    drop((last.reader, last.spool));
    let after = begin(&root, true).await;
    assert_eq!(after.ledger.snapshot().signal(Signal::Logs).received.iter().map(|(_, n)| n).sum::<u64>(), 0);
}

#[tokio::test]
async fn without_an_exporter_lines_are_counted_as_such_and_files_are_read_on() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let root = dir.path().canonicalize().expect("it exists");
    fs::create_dir(root.join("logs")).expect("create");
    append(&root.join("logs/a.log"), &["one".to_owned(), "two".to_owned()]);
    let life = begin(&root, false).await;
    let counted = async {
        loop {
            let snapshot = life.ledger.snapshot();
            let dropped: BTreeMap<Reason, u64> =
                snapshot.signal(Signal::Logs).dropped.iter().map(|drop| (drop.1, drop.2)).collect();
            if dropped.get(&Reason::NoExporter) == Some(&2) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(DEADLINE, counted).await.expect("counted");
}
