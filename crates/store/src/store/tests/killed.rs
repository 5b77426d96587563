//! kill -9 at any moment loses nothing that was acknowledged and doubles nothing.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use prometheus::Registry;
use tokio::runtime::Runtime;
use weir_delivery::{Exporter, Outcome};
use weir_model::Batch;

use crate::stage::{MS, NOW, lines, record, samples, selection, span, spans};
use crate::{LogQuery, Store, StoreSettings};

/// Set for the process that is killed.
const FOLDER: &str = "WEIR_STORE_TEST_FOLDER";
const NAME: &str = "store::tests::killed::what_was_acknowledged_survives_kill_9_and_comes_once";
const RECORDS: i64 = 20;

fn log_batch(n: i64) -> Batch {
    let line = |index: i64| {
        let number = n * RECORDS + index;
        (number, record(NOW + number * MS, &format!("line{number}")))
    };
    lines(1, NOW + n, (0..RECORDS).map(line).collect())
}

fn batches(n: i64) -> [Batch; 3] {
    let trace = span((n % 250) as u8 + 1, (n / 250) as u8 + 1, 0, n, 1);
    let up = [("__name__", "up")];
    [log_batch(n), spans("web", NOW + n, vec![trace]), samples(NOW + n, &[(&up, NOW / MS + n, n as f64)])]
}

async fn put(store: &Store, batch: &Batch) -> Outcome {
    let mut request = store.encode(std::slice::from_ref(batch)).request.expect("a request");
    store.send(&mut request).await
}

fn open(folder: &Path) -> Store {
    Store::open(StoreSettings::new(folder), &Registry::new()).expect("a store")
}

/// Stores batches for ever and prints the number of each that was acknowledged.
async fn store_until_killed(folder: &Path) {
    let store = open(folder);
    let first = store.status().await.expect("readable").signals[1].records as i64 / RECORDS;
    for n in first.. {
        for batch in batches(n) {
            assert!(matches!(put(&store, &batch).await, Outcome::Delivered { .. }));
        }
        println!("stored {n}");
    }
}

/// Runs the process until it acknowledged `enough` more batches, then kills it. Gives the last one acknowledged.
fn run_and_kill(folder: &Path, enough: usize) -> i64 {
    let mut child = Command::new(env::current_exe().expect("the test's own program"))
        .args(["--exact", NAME, "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let output = BufReader::new(child.stdout.take().expect("it is piped"));
    let stored = output.lines().map_while(Result::ok);
    let mut numbers = stored.filter_map(|line| line.split_once("stored ")?.1.parse().ok());
    let last = numbers.by_ref().nth(enough).expect("it stores");
    child.kill().expect("it runs");
    let last = numbers.last().unwrap_or(last);
    child.wait().expect("it ends");
    last
}

#[test]
fn what_was_acknowledged_survives_kill_9_and_comes_once() {
    let runtime = Runtime::new().expect("a runtime");
    if let Some(folder) = env::var_os(FOLDER) {
        return runtime.block_on(store_until_killed(Path::new(&folder)));
    }
    let folder = tempfile::tempdir().expect("a folder");
    for enough in [3, 17, 40] {
        let last = run_and_kill(folder.path(), enough);
        runtime.block_on(check(folder.path(), last));
    }
}

async fn check(folder: &Path, last: i64) {
    let store = open(folder);
    // The spool delivers again what it has no settlement for: here everything, and one more.
    for n in 0..=last + 1 {
        for batch in batches(n) {
            let outcome = put(&store, &batch).await;
            let again = Outcome::Delivered { deduplicated: u64::from(batch.records) };
            assert!(n > last || outcome == again, "batch {n} of {last}: {outcome:?}");
        }
    }
    let expected = ((last + 2) * RECORDS) as u64;
    let histogram = store.log_histogram(selection("", &[]), 1).await.expect("readable");
    assert_eq!(histogram.total, expected);
    let page =
        store.logs(LogQuery { selection: selection("line7", &[]), limit: 10, ..LogQuery::default() }).await;
    assert_eq!(page.expect("readable").records.len(), 1);
    let status = store.status().await.expect("readable");
    let records: Vec<u64> = status.signals.iter().map(|signal| signal.records).collect();
    assert_eq!(records, [last as u64 + 2, expected, last as u64 + 2]);
    store.close().await;
}
