//! Journals that the real systemd-journal-remote writes, read by the real journalctl.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus::Registry;
use tokio::time::timeout;
use weir_config::JournaldConfig;
use weir_intake::{Intake, IntakeSettings};
use weir_ledger::{Ledger, Settlement};
use weir_model::Signal;
use weir_proto::attributes::{LOG_OFFSET, SERVICE_NAME, WEIR_FILE_ID};
use weir_proto::otlp::AnyValueView;
use weir_proto::otlp::logs::RequestView;
use weir_spool::{Reader, Spool, SpoolSettings, TakeLimits};

use super::{Destination, Journald};

const WRITER: &str = "/lib/systemd/systemd-journal-remote";
const DEADLINE: Duration = Duration::from_secs(30);
const EXPORTER: &str = "store";

/// Entries of all files are in one order of time, as those of a machine are.
static MOMENTS: AtomicU64 = AtomicU64::new(0);

/// A record as it comes out of the spool.
#[derive(Clone, Debug, PartialEq)]
struct Arrived {
    id: (String, i64),
    service: String,
    severity: i32,
    body: String,
}

/// Writes a journal file with these entries: unit, priority, message.
fn write(folder: &Path, name: &str, entries: &[(&str, u8, &[u8])]) {
    std::fs::create_dir_all(folder).expect("folder for journals");
    let output = format!("--output={}", folder.join(name).display());
    let mut writer = Command::new(WRITER)
        .args([output.as_str(), "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("systemd-journal-remote is installed; ./test does it");
    let mut input = writer.stdin.take().expect("a pipe");
    for (unit, priority, message) in entries {
        let moment = MOMENTS.fetch_add(1, Ordering::Relaxed);
        let micros = 1_795_697_442_000_000 + moment;
        let head = format!(
            "__REALTIME_TIMESTAMP={micros}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID=0123456789abcdef0123456789abcdef\n\
             PRIORITY={priority}\n_SYSTEMD_UNIT={unit}\nMESSAGE\n",
            moment + 1
        );
        let length = (message.len() as u64).to_le_bytes();
        input.write_all(&[head.as_bytes(), &length, message, b"\n\n"].concat()).expect("it reads");
    }
    drop(input);
    assert!(writer.wait().expect("it ends").success());
}

fn numbered(from: usize, count: usize) -> Vec<String> {
    (from..from + count).map(|number| format!("line {number}")).collect()
}

fn write_lines(folder: &Path, name: &str, lines: &[String]) {
    let entries: Vec<(&str, u8, &[u8])> =
        lines.iter().map(|line| ("shop.service", 6, line.as_bytes())).collect();
    write(folder, name, &entries);
}

/// One life of the process.
struct Life {
    journald: Journald,
    ledger: Ledger,
    reader: Reader,
}

impl Life {
    async fn begin(root: &Path, units: &[&str]) -> Self {
        let ledger = Ledger::new();
        let settings = SpoolSettings { path: root.join("spool"), ..SpoolSettings::default() };
        let spool = Spool::open(settings, ledger.clone()).expect("opens");
        let reader = spool.subscribe(Signal::Logs, EXPORTER).expect("subscribes");
        let settings = IntakeSettings {
            resource: Vec::new(),
            correlation_keys: Vec::new(),
            traces_ratio: 1.0,
            logs_follow_traces: false,
            has_exporter: [true; 3],
        };
        let intake = Intake::new(settings, spool.clone(), ledger.clone());
        let destination = Destination { intake, spool, ledger: ledger.clone() };
        let folder = root.join("place");
        let mut journald = Journald::new(destination, folder, &Registry::new()).expect("registers");
        let config = JournaldConfig {
            units: units.iter().map(|&unit| unit.to_owned()).collect(),
            since: Duration::from_secs(100 * 365 * 24 * 3600),
            path: Some(root.join("journal")),
        };
        journald.apply(Some(&config)).await;
        Self { journald, ledger, reader }
    }

    /// Delivers until so many different records have arrived.
    async fn deliver(&self, arrived: &mut Vec<Arrived>, records: usize) {
        let all = async {
            while by_id(arrived).len() < records {
                for entry in self.reader.take(&TakeLimits::default()).await {
                    arrived.extend(decode(&entry.batch.payload));
                    self.reader.settle(&[entry.id]);
                    let delivered = u64::from(entry.batch.records);
                    let settlement = Settlement { delivered, ..Settlement::default() };
                    self.ledger.settle(Signal::Logs, EXPORTER, delivered, &settlement);
                }
            }
        };
        timeout(DEADLINE, all).await.expect("all entries arrive");
        assert!(self.ledger.snapshot().balances());
    }
}

fn by_id(arrived: &[Arrived]) -> BTreeMap<(String, i64), String> {
    arrived.iter().map(|record| (record.id.clone(), record.body.clone())).collect()
}

fn decode(payload: &[u8]) -> Vec<Arrived> {
    let text = |value: Option<AnyValueView<'_>>| match value {
        Some(AnyValueView::Str(text)) => text.to_owned(),
        _ => String::new(),
    };
    let mut arrived = Vec::new();
    for resource in RequestView::new(payload).resources() {
        let resource = resource.expect("readable");
        let service = text(resource.attributes().find(SERVICE_NAME).expect("readable"));
        for scope in resource.scopes() {
            let scope = scope.expect("readable");
            let sequence = text(scope.attributes().find(WEIR_FILE_ID).expect("readable"));
            for record in scope.records() {
                let record = record.expect("readable");
                let Ok(Some(AnyValueView::Int(number))) = record.attributes().find(LOG_OFFSET) else {
                    panic!("every entry has a number");
                };
                arrived.push(Arrived {
                    id: (sequence.clone(), number),
                    service: service.clone(),
                    severity: record.severity_number(),
                    body: text(record.body().expect("readable")),
                });
            }
        }
    }
    arrived
}

fn root() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let root = folder.path().canonicalize().expect("it exists");
    (folder, root)
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_become_records_of_their_service_with_severity_and_what_a_json_line_says() {
    let (_folder, root) = root();
    let huge = "x".repeat(300_000);
    let entries: [(&str, u8, &[u8]); 4] = [
        ("shop.service", 3, b"payment failed"),
        ("db.service", 6, br#"{"level":"warn","msg":"slow","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}"#),
        ("shop.service", 6, b"bytes \xff"),
        ("shop.service", 7, huge.as_bytes()),
    ];
    write(&root.join("journal"), "a.journal", &entries);
    let mut life = Life::begin(&root, &[]).await;
    let mut arrived = Vec::new();
    life.deliver(&mut arrived, 4).await;
    arrived.sort_by_key(|record| record.id.1);
    let found: Vec<_> = arrived
        .iter()
        .map(|record| (record.service.as_str(), record.severity, record.body.as_str()))
        .collect();
    let json = r#"{"level":"warn","msg":"slow","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}"#;
    assert_eq!(
        found,
        [
            ("shop", 17, "payment failed"),
            ("db", 13, json),
            ("shop", 9, "bytes \u{fffd}"),
            ("shop", 5, huge.as_str())
        ]
    );
    life.journald.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_are_followed_over_files_and_only_of_the_units_that_are_asked_for() {
    let (_folder, root) = root();
    let entries: [(&str, u8, &[u8]); 2] = [("a.service", 6, b"one"), ("b.service", 6, b"other")];
    write(&root.join("journal"), "a.journal", &entries);
    let mut life = Life::begin(&root, &["a.service"]).await;
    let mut arrived = Vec::new();
    life.deliver(&mut arrived, 1).await;
    write(&root.join("journal"), "b.journal", &[("b.service", 6, b"other"), ("a.service", 6, b"two")]);
    life.deliver(&mut arrived, 2).await;
    let mut bodies: Vec<String> = by_id(&arrived).into_values().collect();
    bodies.sort_unstable();
    assert_eq!(bodies, ["one", "two"]);
    life.journald.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_stop_reading_goes_on_behind_the_last_entry() {
    let (_folder, root) = root();
    write_lines(&root.join("journal"), "a.journal", &numbered(0, 500));
    let mut arrived = Vec::new();
    let mut life = Life::begin(&root, &[]).await;
    life.deliver(&mut arrived, 500).await;
    life.journald.stop().await;
    drop(life);
    write_lines(&root.join("journal"), "b.journal", &numbered(500, 500));
    let mut life = Life::begin(&root, &[]).await;
    life.deliver(&mut arrived, 1000).await;
    life.journald.stop().await;
    assert_eq!(arrived.len(), 1000, "none came twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_kills_every_entry_has_come_and_a_second_time_under_the_same_name() {
    let (_folder, root) = root();
    write_lines(&root.join("journal"), "a.journal", &numbered(0, 3000));
    let mut arrived = Vec::new();
    for part in 1..=3 {
        let life = Life::begin(&root, &[]).await;
        life.deliver(&mut arrived, part * 700).await;
        // Dropped here as in a kill: the place may be behind.
        life.journald.running.as_ref().expect("it runs").task.abort();
        drop(life);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut life = Life::begin(&root, &[]).await;
    life.deliver(&mut arrived, 3000).await;
    life.journald.stop().await;
    let mut bodies: Vec<String> = by_id(&arrived).into_values().collect();
    let mut wanted = numbered(0, 3000);
    bodies.sort_unstable();
    wanted.sort_unstable();
    assert!(bodies == wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journalctl_that_dies_is_started_again_behind_the_last_entry() {
    let (_folder, root) = root();
    write_lines(&root.join("journal"), "a.journal", &numbered(0, 10));
    let mut life = Life::begin(&root, &[]).await;
    let mut arrived = Vec::new();
    life.deliver(&mut arrived, 10).await;
    let folder = format!("--directory={}", root.join("journal").display());
    let killed = Command::new("pkill").args(["-KILL", "-f", "--", &folder]).status().expect("pkill runs");
    assert!(killed.success(), "journalctl ran");
    write_lines(&root.join("journal"), "b.journal", &numbered(10, 10));
    life.deliver(&mut arrived, 20).await;
    assert_eq!(arrived.len(), 20, "none came twice");
    assert_eq!(life.journald.metrics.restarts.get(), 1);
    life.journald.stop().await;
}
