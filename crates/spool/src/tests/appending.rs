//! Appending: group commit, rotation, limits, and what `synced` says.

use std::sync::Arc;

use tokio::task::JoinSet;
use weir_model::Signal;

use super::rig::{ALL, Rig, take, texts};
use crate::{AppendError, Position, Spool, SpoolError};

#[tokio::test]
async fn what_is_appended_is_taken_in_order_from_memory() {
    let rig = Rig::new();
    let reader = rig.subscribe("es");
    for text in ["one", "two", "three"] {
        rig.log(text).await;
    }
    assert_eq!(texts(&reader.try_take(&ALL)), ["one", "two", "three"]);
    rig.check(&reader, "es");
}

#[tokio::test]
async fn a_position_is_the_end_of_the_frame() {
    let rig = Rig::new();
    assert_eq!(rig.log("abc").await, Position(59));
    assert_eq!(rig.log("").await, Position(59 + 56));
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_appended_at_once_are_all_written_and_answered() {
    let rig = Arc::new(Rig::new());
    let reader = rig.subscribe("es");
    let mut appends = JoinSet::new();
    for number in 0..2000 {
        let rig = Arc::clone(&rig);
        appends.spawn(async move { rig.log(&number.to_string()).await });
    }
    let mut positions = appends.join_all().await;
    positions.sort();
    positions.dedup();
    assert_eq!(positions.len(), 2000);
    let mut numbers: Vec<u32> =
        texts(&take(&reader, 2000).await).iter().map(|text| text.parse().unwrap()).collect();
    numbers.sort();
    assert!(numbers.into_iter().eq(0..2000));
}

#[tokio::test]
async fn segments_end_at_their_limit_and_a_larger_batch_gets_one_of_its_own() {
    let mut rig = Rig::with(|settings| settings.segment_bytes_max = 200);
    let large = "x".repeat(1000);
    for text in ["a", "b", "c", "d", &large, "e"] {
        rig.log(text).await;
    }
    // Three frames of 57 bytes fit into 200.
    assert_eq!(rig.segment_files(Signal::Logs).len(), 4);
    rig.reopen();
    let reader = rig.subscribe("es");
    assert_eq!(texts(&take(&reader, 6).await), ["a", "b", "c", "d", &large, "e"]);
}

#[tokio::test]
async fn a_batch_that_can_never_fit_is_refused_as_too_large() {
    let rig = Rig::with(|settings| settings.bytes_max = 8192);
    let error = rig.append(Signal::Logs, &[0; 1000]).await.unwrap_err();
    assert!(matches!(error, AppendError::TooLarge { bytes: 1000, bytes_max: 968 }), "{error}");
    rig.append(Signal::Logs, &[0; 968]).await.unwrap();
}

#[tokio::test]
async fn writes_that_take_only_some_bytes_are_continued() {
    let mut rig = Rig::new();
    rig.storage.set_write_bytes_max(7);
    for text in ["one", "two", "three"] {
        rig.log(text).await;
    }
    rig.reopen();
    let reader = rig.subscribe("es");
    assert_eq!(texts(&take(&reader, 3).await), ["one", "two", "three"]);
    assert_eq!(rig.spool().stats().signals[1].damaged_frames, 0);
}

#[tokio::test]
async fn synced_moves_with_the_sync_and_not_before() {
    let rig = Rig::new();
    let synced = rig.spool().synced(Signal::Logs);
    let end = rig.log("one").await;
    assert_eq!(*synced.borrow(), Position(0));
    rig.maintain();
    assert_eq!(*synced.borrow(), end);
}

#[tokio::test]
async fn with_power_loss_an_acknowledged_batch_is_synced() {
    let rig = Rig::with(|settings| settings.power_loss = true);
    let synced = rig.spool().synced(Signal::Logs);
    let end = rig.log("one").await;
    assert_eq!(*synced.borrow(), end);
}

#[tokio::test]
async fn a_sync_that_fails_acknowledges_nothing_and_the_next_batch_gets_through() {
    let mut rig = Rig::with(|settings| settings.power_loss = true);
    rig.log("one").await;
    rig.storage.set_sync_fails(true);
    let error = rig.append(Signal::Logs, b"two").await.unwrap_err();
    assert!(matches!(error, AppendError::Io { step: "sync", .. }), "{error}");
    rig.storage.set_sync_fails(false);
    rig.log("three").await;
    assert_eq!(rig.segment_files(Signal::Logs).len(), 2, "the file that failed is not written again");
    rig.kill(Vec::new());
    rig.open();
    let reader = rig.subscribe("es");
    assert_eq!(texts(&take(&reader, 2).await), ["one", "three"]);
    assert_eq!(reader.held_records(), 6);
}

#[tokio::test]
async fn a_second_process_is_kept_out() {
    let rig = Rig::new();
    let second = Spool::open(rig.settings.clone(), rig.ledger.clone()).unwrap_err();
    assert!(matches!(second, SpoolError::Locked { .. }), "{second}");
}

#[test]
fn the_spool_ends_its_threads_and_keeps_what_was_settled() {
    let mut rig = Rig::new();
    rig.spool = None;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    rig.spool = Some(Spool::open(rig.settings.clone(), rig.ledger.clone()).unwrap());
    runtime.block_on(async {
        let reader = rig.subscribe("es");
        rig.log("one").await;
        rig.log("two").await;
        let entries = reader.take(&super::rig::ONE).await;
        rig.deliver(&reader, "es", &entries);
        rig.spool().flush().await.unwrap();
    });
    rig.reopen();
    let reader = rig.subscribe("es");
    assert_eq!(texts(&runtime.block_on(reader.take(&ALL))), ["two"]);
}
