//! Cursors: where they start, what happens to them, who may remove them.

use std::fs;

use weir_model::{Reason, Signal};

use super::rig::{ALL, ONE, Rig, take, texts};
use crate::SpoolError;

#[tokio::test]
async fn the_first_exporter_ever_starts_at_the_beginning_and_later_ones_at_the_end() {
    let mut rig = Rig::new();
    rig.log("one").await;
    let first = rig.subscribe("first");
    let second = rig.subscribe("second");
    rig.log("two").await;
    assert_eq!((first.held_records(), second.held_records()), (6, 3));
    rig.kill(vec![first, second]);
    rig.open();
    let second = rig.subscribe("second");
    assert_eq!(texts(&second.take(&ALL).await), ["two"], "its start was saved at once");
}

#[tokio::test]
async fn both_files_of_a_cursor_have_their_room_before_the_disk_can_fill() {
    let rig = Rig::new();
    let _reader = rig.subscribe("es");
    for name in ["es", "es.recent"] {
        assert!(fs::metadata(rig.cursor_file(name)).unwrap().len() > 0, "{name}");
    }
}

#[tokio::test]
async fn a_damaged_cursor_starts_over_with_duplicates_rather_than_loss() {
    let mut rig = Rig::new();
    let reader = rig.subscribe("es");
    rig.log("one").await;
    rig.log("two").await;
    let entries = reader.take(&ALL).await;
    rig.deliver(&reader, "es", &entries[..1]);
    drop(reader);
    rig.spool = None;
    for name in ["es", "es.recent"] {
        let path = rig.cursor_file(name);
        let mut content = fs::read(&path).unwrap();
        *content.last_mut().unwrap() ^= 1;
        fs::write(path, content).unwrap();
    }
    rig.open();
    let reader = rig.subscribe("es");
    rig.check(&reader, "es");
    assert_eq!(texts(&take(&reader, 2).await), ["one", "two"]);
    assert_eq!(rig.dropped("es", Reason::Damaged), 0);
}

#[tokio::test]
async fn a_cursor_of_a_newer_version_refuses_the_start() {
    let mut rig = Rig::new();
    drop(rig.subscribe("es"));
    rig.spool = None;
    let newer = weir_checkpoint::Format { version: 2, ..crate::cursor::FORMAT };
    let path = rig.cursor_file("es");
    weir_checkpoint::replace(&path, newer, b"?", weir_checkpoint::Durability::ProcessCrash).unwrap();
    let error = rig.try_open().unwrap_err();
    assert!(matches!(error, SpoolError::NewerVersion { found: 2, supported: 1, .. }), "{error}");
}

#[tokio::test]
async fn a_removed_cursor_is_forgotten_and_no_longer_holds_anything() {
    let mut rig = Rig::with(|settings| settings.segment_bytes_max = 60);
    let kept = rig.subscribe("kept");
    let gone = rig.subscribe("gone");
    for text in ["one", "two", "three"] {
        rig.log(text).await;
    }
    let entries = kept.take(&ALL).await;
    rig.deliver(&kept, "kept", &entries);
    rig.maintain();
    assert_eq!(rig.segment_files(Signal::Logs).len(), 3);
    let busy = rig.spool().remove_cursor(Signal::Logs, "gone").unwrap_err();
    assert!(matches!(busy, SpoolError::AlreadySubscribed { .. }), "{busy}");
    drop(gone);
    assert_eq!(rig.spool().cursors(Signal::Logs), ["gone", "kept"]);
    rig.spool().remove_cursor(Signal::Logs, "gone").unwrap();
    rig.spool().remove_cursor(Signal::Logs, "never was").unwrap();
    rig.maintain();
    assert_eq!(rig.segment_files(Signal::Logs).len(), 1, "the one that is written");
    assert_eq!(rig.ledger.snapshot().signal(Signal::Logs).exporters.len(), 1);
    assert_eq!(rig.dropped("gone", Reason::ExporterRemoved), 9);
    rig.check(&kept, "kept");
    drop(kept);
    rig.reopen();
    assert_eq!(rig.spool().cursors(Signal::Logs), ["kept"]);
    rig.spool().remove_cursor(Signal::Logs, "kept").unwrap();
    assert_eq!(rig.dropped("kept", Reason::ExporterRemoved), 0, "all was delivered");
}

#[tokio::test]
async fn what_a_cursor_holds_that_is_removed_before_anyone_reads_is_counted_as_dropped() {
    let mut rig = Rig::new();
    let reader = rig.subscribe("gone");
    for text in ["one", "two", "three"] {
        rig.log(text).await;
    }
    let entries = reader.take(&ONE).await;
    rig.deliver(&reader, "gone", &entries);
    drop(reader);
    rig.reopen();
    rig.spool().remove_cursor(Signal::Logs, "gone").unwrap();
    assert_eq!(rig.dropped("gone", Reason::ExporterRemoved), 6);
    assert!(rig.ledger.snapshot().signal(Signal::Logs).exporters.is_empty());
    rig.reopen();
    assert!(rig.spool().cursors(Signal::Logs).is_empty());
}

#[tokio::test]
async fn exporters_of_any_name_keep_their_cursors_apart() {
    let mut rig = Rig::new();
    let names = ["a/b", "a.recent", "../x", "A", "a"];
    let readers: Vec<_> = names.iter().map(|name| rig.subscribe(name)).collect();
    rig.log("one").await;
    for (reader, name) in readers.iter().zip(names).take(2) {
        let entries = reader.take(&ALL).await;
        rig.deliver(reader, name, &entries);
    }
    rig.maintain();
    drop(readers);
    rig.reopen();
    let held: Vec<u64> = names.iter().map(|name| rig.subscribe(name).held_records()).collect();
    assert_eq!(held, [0, 0, 3, 3, 3]);
}
