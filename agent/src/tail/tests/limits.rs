//! What happens at a limit.

use std::sync::Arc;

use weir_config::LineFormat;
use weir_model::{Reason, Signal};

use super::stage::Stage;

#[tokio::test]
async fn a_file_is_not_read_on_while_its_batch_is_not_appended() {
    let mut stage = Stage::new();
    stage.start().await;
    stage.sink.set_open(false);
    stage.write("logs/a.log", "0123456789\n".repeat(100_000));
    stage.expect_waiting(1).await;
    let read = stage.metric("weir_tail_bytes_read_total");
    assert!(read > 0.0 && read <= 256.0 * 1024.0, "{read}");
    stage.sink.set_open(true);
    stage.wait("all lines", |records| records.len() == 100_000).await;
    assert_eq!(stage.metric("weir_tail_bytes_read_total"), 1_100_000.0);
}

#[tokio::test]
async fn a_file_with_much_to_read_does_not_keep_others_waiting() {
    let mut stage = Stage::new();
    stage.settings.reads_max = 1;
    stage.write("logs/a.log", (0..200_000).map(|number| format!("{number:050}\n")).collect::<String>());
    for name in ["b", "c", "d"] {
        stage.write(&format!("logs/{name}.log"), format!("{name}\n"));
    }
    stage.start().await;
    let records = stage.wait("all lines", |records| records.len() == 200_003).await;
    for name in ["b", "c", "d"] {
        let at = records.iter().position(|record| record.body == name).expect("arrived");
        assert!(at < 100_000, "{name} came after {at} lines");
    }
}

#[tokio::test]
async fn deleted_files_past_the_budget_are_given_up_and_counted() {
    let mut stage = Stage::new();
    stage.settings.reads_max = 1;
    stage.settings.deleted_bytes_max = 50_000;
    stage.start().await;
    stage.sink.set_open(false);
    // The one that keeps the only turn, waiting for the spool.
    stage.write("logs/busy.log", "busy\n");
    stage.expect_waiting(1).await;
    for name in ["a", "b", "c"] {
        stage.write(&format!("logs/{name}.log"), format!("{name:>99}\n").repeat(200));
    }
    stage.expect_metric("weir_tail_files_open", 4.0).await;
    for name in ["a", "b", "c"] {
        stage.remove(&format!("logs/{name}.log"));
    }
    stage.expect_metric("weir_tail_bytes_unread_at_delete_total", 20_000.0).await;
    stage.sink.set_open(true);
    let records = stage.wait("the others", |records| records.len() == 401).await;
    assert!(records.iter().all(|record| !record.body.ends_with('a')));
    let snapshot = stage.sink.ledger.snapshot();
    let dropped = &snapshot.signal(Signal::Logs).dropped;
    assert!(dropped.iter().any(|(_, reason, lines)| *reason == Reason::FileVanished && *lines > 0));
}

#[tokio::test]
async fn files_past_the_limit_wait_until_others_are_closed() {
    let mut stage = Stage::new();
    stage.settings.files_max = 2;
    stage.settings.reconcile_interval = std::time::Duration::from_millis(20);
    for name in ["a", "b", "c"] {
        stage.write(&format!("logs/{name}.log"), format!("{name}\n"));
    }
    stage.start().await;
    stage.wait("two files", |records| records.len() == 2).await;
    stage.expect_metric("weir_tail_files_waiting", 1.0).await;
    let first = stage.sink.records()[0].body.clone();
    stage.remove(&format!("logs/{first}.log"));
    stage.expect(&["a", "b", "c"]).await;
}

#[tokio::test]
async fn a_line_past_the_limit_is_cut_and_the_rest_skipped() {
    let mut stage = Stage::new();
    stage.configs[0].line_bytes_max = 1000;
    let long = "x".repeat(3_000_000);
    stage.write("logs/a.log", format!("short\n{long}"));
    stage.start().await;
    stage.expect(&["short", &long[..1000]]).await;
    stage.stop().await;
    stage.write("logs/a.log", format!("{long}\nafter\n"));
    stage.start().await;
    let records = stage.expect(&["short", &long[..1000], "after"]).await;
    assert_eq!(records.len(), 3);
}

#[tokio::test]
async fn records_of_traces_that_are_sampled_out_are_dropped_and_counted() {
    let mut stage = Stage::new();
    stage.sink.change_settings(|settings| {
        settings.traces_ratio = 0.5;
        settings.logs_follow_traces = true;
    });
    let kept = r#"{"msg":"kept","trace_id":"00000000000000000fffffffffffffff"}"#;
    let dropped = r#"{"msg":"dropped","trace_id":"00000000000000000000000000000001"}"#;
    let free = r#"{"msg":"no trace"}"#;
    stage.write("logs/a.log", format!("{dropped}\n{kept}\n{free}\n"));
    stage.start().await;
    stage.expect(&[kept, free]).await;
    let snapshot = stage.sink.ledger.snapshot();
    let logs = snapshot.signal(Signal::Logs);
    assert_eq!(logs.dropped, [("sampling".to_owned(), Reason::Sampled, 1)]);
    assert_eq!(logs.pending, 0);
}

#[tokio::test]
async fn a_batch_that_the_spool_cannot_write_at_first_is_offered_again() {
    let mut stage = Stage::new();
    stage.sink.fail_next(2);
    stage.write("logs/a.log", "one\n");
    stage.start().await;
    let records = stage.expect(&["one"]).await;
    assert_eq!(records.len(), 1);
    assert_eq!(stage.sink.ledger.snapshot().signal(Signal::Logs).pending, 0);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_full_spool_for_ever_and_loses_nothing() {
    let mut stage = Stage::new();
    stage.settings.stop_timeout = std::time::Duration::from_millis(50);
    stage.start().await;
    stage.sink.set_open(false);
    stage.write("logs/a.log", "one\n");
    stage.expect_waiting(1).await;
    stage.stop().await;
    stage.sink.set_open(true);
    stage.start().await;
    stage.expect(&["one"]).await;
}

#[tokio::test]
async fn lines_that_are_not_of_the_format_are_kept_and_counted() {
    let mut stage = Stage::new();
    stage.configs[0].format = LineFormat::Json;
    stage.write("logs/a.log", "{\"a\":1}\nno json\n{broken\n");
    stage.start().await;
    stage.expect(&["{\"a\":1}", "no json", "{broken"]).await;
    assert_eq!(stage.metric("weir_tail_lines_not_in_format_total"), 2.0);
}

#[tokio::test]
async fn settings_that_change_are_in_the_next_batch() {
    let mut stage = Stage::new();
    stage.start().await;
    stage.sink.change_settings(|settings| settings.resource = vec![("service.name".into(), "new".into())]);
    stage.write("logs/a.log", "one\n");
    let records = stage.expect(&["one"]).await;
    assert_eq!(records[0].resource["service.name"], "new");
    assert_eq!(Arc::strong_count(&stage.sink.batches), 2);
}

#[tokio::test]
async fn when_notifications_are_lost_every_file_and_folder_is_looked_at() {
    let mut stage = Stage::new();
    stage.write("logs/a.log", "one\n");
    stage.start().await;
    stage.expect(&["one"]).await;
    let queued_max = std::fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").expect("readable");
    let queued_max: usize = queued_max.trim().parse().expect("a number");
    // Nothing else runs on this thread meanwhile, so that the queue fills up.
    for _ in 0..=queued_max {
        stage.write("logs/x", "");
        stage.remove("logs/x");
    }
    stage.write("logs/a.log", "two\n");
    stage.write("logs/b.log", "three\n");
    stage.expect(&["one", "two", "three"]).await;
}
