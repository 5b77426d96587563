//! Crashes, restarts, and what happened to files in between.

use std::fs;
use std::os::unix::fs::FileExt;

use weir_config::LineFormat;
use weir_model::{Reason, Signal};

use super::stage::{Stage, by_id};

fn lost(stage: &Stage) -> u64 {
    let snapshot = stage.sink.ledger.snapshot();
    let dropped = &snapshot.signal(Signal::Logs).dropped;
    dropped.iter().filter(|(_, reason, _)| *reason == Reason::FileVanished).map(|drop| drop.2).sum()
}

#[tokio::test]
async fn after_a_stop_nothing_is_read_twice() {
    let mut stage = Stage::new();
    stage.write("logs/a.log", "one\ntwo\n");
    stage.start().await;
    stage.expect(&["one", "two"]).await;
    stage.stop().await;
    stage.write("logs/a.log", "three\n");
    stage.start().await;
    let records = stage.expect(&["one", "two", "three"]).await;
    assert_eq!(records.len(), 3);
}

#[tokio::test]
async fn after_a_crash_lines_that_were_not_synced_are_read_again_under_the_same_ids() {
    let mut stage = Stage::new();
    stage.sink.set_syncs(false);
    stage.write("logs/a.log", "one\ntwo\n");
    stage.start().await;
    stage.expect(&["one", "two"]).await;
    stage.kill();
    stage.write("logs/a.log", "three\n");
    stage.start().await;
    let records = stage.wait("all lines", |records| records.len() == 5).await;
    assert_eq!(by_id(&records).len(), 3);
}

#[tokio::test]
async fn the_checkpoint_follows_what_is_synced() {
    let mut stage = Stage::new();
    stage.sink.set_syncs(false);
    stage.write("logs/a.log", "one\n");
    stage.start().await;
    stage.expect(&["one"]).await;
    stage.sink.set_syncs(true);
    stage.sink.set_syncs(false);
    stage.write("logs/a.log", "two\n");
    stage.expect(&["one", "two"]).await;
    // A stop saves what is synced, and only that.
    stage.stop().await;
    stage.start().await;
    let records = stage.wait("the second line again", |records| records.len() == 3).await;
    assert_eq!(records[2].body, "two");
}

#[tokio::test]
async fn a_file_renamed_while_weir_was_down_is_read_on() {
    let mut stage = Stage::new();
    stage.write("logs/a.log", "one\n");
    stage.start().await;
    stage.expect(&["one"]).await;
    stage.stop().await;
    stage.write("logs/a.log", "two\n");
    stage.rename("logs/a.log", "logs/a.log.1");
    stage.write("logs/a.log", "three\n");
    stage.start().await;
    let records = stage.expect(&["one", "two", "three"]).await;
    assert_eq!(records.len(), 3);
    assert_eq!(lost(&stage), 0);
}

#[tokio::test]
async fn a_file_truncated_while_weir_was_down_is_read_anew() {
    let mut stage = Stage::new();
    stage.write("logs/a.log", "one\n");
    stage.start().await;
    let before = stage.expect(&["one"]).await;
    stage.stop().await;
    stage.truncate("logs/a.log");
    stage.write("logs/a.log", "two, longer than before\n");
    stage.start().await;
    let records = stage.expect(&["one", "two, longer than before"]).await;
    assert_ne!(records[1].file_id, before[0].file_id);
}

#[tokio::test]
async fn contents_after_truncations_that_no_checkpoint_saw_get_ids_of_their_own() {
    let mut stage = Stage::new();
    stage.sink.set_syncs(false);
    let mut expected = Vec::new();
    for round in 0..4 {
        let line = format!("round {round}");
        stage.truncate_or_create("logs/a.log");
        stage.write("logs/a.log", format!("{line}\n"));
        expected.push(line);
        stage.start().await;
        stage.expect(&expected.iter().map(String::as_str).collect::<Vec<_>>()).await;
        stage.kill();
    }
}

#[tokio::test]
async fn bytes_that_vanished_with_their_file_are_counted_and_in_the_ledger() {
    let mut stage = Stage::new();
    stage.sink.set_syncs(false);
    stage.write("logs/a.log", "0123456789\n".repeat(100));
    stage.start().await;
    stage.wait("the lines", |records| records.len() == 100).await;
    stage.stop().await;
    stage.remove("logs/a.log");
    stage.start().await;
    assert_eq!(stage.metric("weir_tail_bytes_unread_at_delete_total"), 1100.0);
    assert!((1..=100).contains(&lost(&stage)), "{}", lost(&stage));
    assert!(stage.sink.ledger.snapshot().balances());
}

#[tokio::test]
async fn a_damaged_checkpoint_is_counted_and_everything_read_again() {
    let mut stage = Stage::new();
    stage.write("logs/a.log", "one\n");
    stage.start().await;
    stage.expect(&["one"]).await;
    stage.stop().await;
    let path = stage.settings.dir.join("checkpoint");
    let len = fs::metadata(&path).expect("saved").len();
    let file = fs::OpenOptions::new().write(true).open(&path).expect("open");
    file.write_all_at(b"\xff", len - 1).expect("write");
    stage.start().await;
    assert_eq!(stage.metric("weir_tail_checkpoint_damaged_total"), 1.0);
    let records = stage.wait("the line again", |records| records.len() == 2).await;
    assert_eq!(by_id(&records).len(), 1);
}

#[tokio::test]
async fn a_join_that_is_not_finished_is_read_again_from_its_first_part() {
    let mut stage = Stage::new();
    stage.configs[0].format = LineFormat::Cri;
    stage.write(
        "logs/a.log",
        "2026-11-24T12:00:00Z stdout F whole\n\
         2026-11-24T12:00:01Z stdout P first \n\
         2026-11-24T12:00:02Z stderr F between\n",
    );
    stage.start().await;
    stage.expect(&["whole", "between"]).await;
    stage.stop().await;
    stage.write("logs/a.log", "2026-11-24T12:00:03Z stdout F second\n");
    stage.start().await;
    stage.expect(&["whole", "between", "first second"]).await;
}
