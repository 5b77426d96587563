//! Age, and the removal of what is settled.

use std::time::Duration;

use weir_model::{Batch, Reason, Signal, UnixNanos};

use super::rig::{ALL, NOON, ONE, Rig, batch, take, texts};
use crate::retention::remove_settled;

const HOUR: Duration = Duration::from_secs(3600);

fn after(time: Duration) -> UnixNanos {
    UnixNanos(NOON.0 + time.as_nanos() as u64)
}

fn received(text: &str, at: Duration) -> Batch {
    Batch { received: after(at), ..batch(Signal::Logs, text.as_bytes()) }
}

#[tokio::test]
async fn what_is_too_old_expires_for_those_who_have_not_got_it() {
    let rig = Rig::with(|settings| settings.age_max = HOUR);
    let stuck = rig.subscribe("stuck");
    let fast = rig.subscribe("fast");
    rig.append_batch(received("old", Duration::ZERO)).await.unwrap();
    rig.append_batch(received("young", HOUR / 2)).await.unwrap();
    let entries = fast.take(&ALL).await;
    rig.deliver(&fast, "fast", &entries);
    rig.maintain_at(after(HOUR));
    assert_eq!(rig.dropped("stuck", Reason::Expired), 0, "just not too old");
    rig.maintain_at(after(HOUR + Duration::from_nanos(1)));
    assert_eq!(rig.dropped("stuck", Reason::Expired), 3);
    assert_eq!(rig.dropped("fast", Reason::Expired), 0);
    rig.check(&stuck, "stuck");
    rig.check(&fast, "fast");
    assert_eq!(texts(&stuck.take(&ALL).await), ["young"]);
}

#[tokio::test]
async fn what_is_in_flight_does_not_expire_under_its_taker() {
    let rig = Rig::with(|settings| settings.age_max = HOUR);
    let reader = rig.subscribe("es");
    rig.log("one").await;
    rig.log("two").await;
    let entries = reader.take(&ONE).await;
    rig.maintain_at(after(2 * HOUR));
    assert_eq!(rig.dropped("es", Reason::Expired), 3, "only the second");
    rig.deliver(&reader, "es", &entries);
    rig.check(&reader, "es");
    assert_eq!(reader.held_records(), 0);
}

#[tokio::test]
async fn a_backlog_that_is_too_old_expires_after_a_restart_without_being_read() {
    let mut rig = Rig::with(|settings| {
        settings.age_max = HOUR;
        settings.segment_bytes_max = 200;
    });
    drop(rig.subscribe("es"));
    for _ in 0..20 {
        rig.log("old").await;
    }
    rig.reopen();
    let reader = rig.subscribe("es");
    rig.append_batch(received("young", 2 * HOUR)).await.unwrap();
    rig.maintain_at(after(2 * HOUR));
    assert_eq!(rig.dropped("es", Reason::Expired), 60);
    assert_eq!(rig.segment_files(Signal::Logs).len(), 1);
    assert_eq!(texts(&reader.take(&ALL).await), ["young"]);
    rig.check(&reader, "es");
}

#[tokio::test]
async fn segments_go_once_everyone_has_settled_them_and_the_cursor_is_synced() {
    let rig = Rig::with(|settings| settings.segment_bytes_max = 114);
    let first = rig.subscribe("first");
    let second = rig.subscribe("second");
    for text in ["a", "b", "c", "d", "e"] {
        rig.log(text).await;
    }
    let entries = first.take(&ALL).await;
    rig.deliver(&first, "first", &entries);
    rig.maintain();
    assert_eq!(rig.segment_files(Signal::Logs).len(), 3);
    let entries = second.take(&ALL).await;
    // The second segment is settled by both, the first is not.
    rig.deliver(&second, "second", &entries[1..4]);
    rig.write_cursors();
    let shared = rig.spool().shared();
    remove_settled(shared, shared.log(Signal::Logs), UnixNanos(0));
    assert_eq!(rig.segment_files(Signal::Logs).len(), 3, "written is not synced");
    rig.maintain();
    assert_eq!(rig.segment_files(Signal::Logs).len(), 2);
    rig.deliver(&second, "second", &entries[..1]);
    rig.maintain();
    assert_eq!(rig.segment_files(Signal::Logs).len(), 1);
    assert_eq!(rig.spool().stats().signals[1].bytes, 48 + 57);
}

#[tokio::test]
async fn a_hole_left_by_a_removed_segment_is_no_damage() {
    let mut rig = Rig::with(|settings| settings.segment_bytes_max = 57);
    let reader = rig.subscribe("es");
    for text in ["a", "b", "c", "d", "e"] {
        rig.log(text).await;
    }
    let entries = reader.take(&ALL).await;
    rig.deliver(&reader, "es", &entries[1..3]);
    rig.maintain();
    assert_eq!(rig.segment_files(Signal::Logs).len(), 3);
    drop(reader);
    rig.reopen();
    let reader = rig.subscribe("es");
    assert_eq!(texts(&take(&reader, 3).await), ["a", "d", "e"]);
    assert_eq!(rig.dropped("es", Reason::Damaged), 0);
    rig.check(&reader, "es");
}

#[tokio::test]
async fn without_an_exporter_old_segments_go_and_young_ones_wait_for_one() {
    let rig = Rig::with(|settings| {
        settings.segment_bytes_max = 57;
        settings.age_max = HOUR;
    });
    for text in ["a", "b", "c"] {
        rig.log(text).await;
    }
    // Segments are created by the wall clock.
    rig.maintain_at(UnixNanos::now());
    assert_eq!(rig.segment_files(Signal::Logs).len(), 3);
    rig.maintain_at(UnixNanos(UnixNanos::now().0 + 2 * HOUR.as_nanos() as u64));
    assert_eq!(rig.segment_files(Signal::Logs).len(), 1);
}

#[tokio::test]
async fn the_age_of_the_oldest_record_is_known_in_memory_and_on_disk() {
    let mut rig = Rig::new();
    let reader = rig.subscribe("es");
    rig.maintain();
    assert_eq!(reader.oldest_received(), None);
    rig.append_batch(received("one", HOUR)).await.unwrap();
    rig.append_batch(received("two", 2 * HOUR)).await.unwrap();
    rig.maintain();
    assert_eq!(reader.oldest_received(), Some(after(HOUR)));
    let entries = reader.take(&ALL).await;
    rig.deliver(&reader, "es", &entries[..1]);
    drop(reader);
    rig.reopen();
    let reader = rig.subscribe("es");
    rig.maintain();
    assert_eq!(reader.oldest_received(), Some(after(2 * HOUR)));
    assert_eq!(rig.spool().stats().signals[1].oldest_received(), Some(after(2 * HOUR)));
    let entries = reader.take(&ALL).await;
    rig.deliver(&reader, "es", &entries);
    rig.maintain();
    assert_eq!(reader.oldest_received(), None);
}
