//! Taking: memory and disk, fresh and backlog, order, limits, giving back.

use std::time::Duration;

use tokio::time::timeout;
use weir_model::Signal;

use super::rig::{ALL, ONE, Rig, take, texts};
use crate::{EntryId, SpoolError, TakeLimits};

fn numbers(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|number| format!("{number:04}")).collect()
}

async fn append_numbers(rig: &Rig, signal: Signal, range: std::ops::Range<u32>) {
    for text in numbers(range) {
        rig.append(signal, text.as_bytes()).await.unwrap();
    }
}

#[tokio::test]
async fn a_reader_that_fell_behind_gets_everything_from_disk() {
    let rig = Rig::with(|settings| {
        settings.memory_bytes_max = 1000;
        settings.segment_bytes_max = 500;
    });
    let reader = rig.subscribe("es");
    append_numbers(&rig, Signal::Logs, 0..100).await;
    let entries = take(&reader, 100).await;
    let mut seen = texts(&entries);
    seen.sort();
    assert_eq!(seen, numbers(0..100));
    rig.deliver(&reader, "es", &entries);
    rig.check(&reader, "es");
    assert_eq!(reader.held_records(), 0);
}

#[tokio::test]
async fn fresh_batches_go_first_and_the_backlog_gets_one_take_in_four() {
    let rig = Rig::new();
    append_numbers(&rig, Signal::Logs, 0..8).await;
    let reader = rig.subscribe("es");
    append_numbers(&rig, Signal::Logs, 100..116).await;
    let mut order = Vec::new();
    for _ in 0..24 {
        order.extend(texts(&reader.take(&ONE).await));
    }
    let backlog: Vec<usize> = (0..16).filter(|&at| *order[at] < *"0100").collect();
    assert_eq!(backlog, [3, 7, 11, 15]);
    assert_eq!(order[16..20], ["0112", "0113", "0114", "0004"]);
    order.sort();
    assert_eq!(order, [numbers(0..8), numbers(100..116)].concat());
}

#[tokio::test]
async fn metrics_come_strictly_in_order() {
    let rig = Rig::with(|settings| settings.memory_bytes_max = 1000);
    append_numbers(&rig, Signal::Metrics, 0..8).await;
    let reader = rig.spool().subscribe(Signal::Metrics, "rw").unwrap();
    append_numbers(&rig, Signal::Metrics, 8..40).await;
    assert!(reader.try_take(&ALL).is_empty(), "the next one is on disk");
    let mut order = Vec::new();
    while order.len() < 40 {
        order.extend(texts(&reader.take(&TakeLimits { entries_max: 3, ..ALL }).await));
    }
    assert_eq!(order, numbers(0..40));
    append_numbers(&rig, Signal::Metrics, 40..42).await;
    assert_eq!(texts(&reader.try_take(&ALL)), numbers(40..42));
}

#[tokio::test]
async fn a_reader_that_asks_for_it_gets_other_signals_in_order_too() {
    let rig = Rig::new();
    append_numbers(&rig, Signal::Traces, 0..8).await;
    let reader = rig.spool().subscribe(Signal::Traces, "tail").unwrap().in_order();
    append_numbers(&rig, Signal::Traces, 8..40).await;
    let mut order = Vec::new();
    while order.len() < 40 {
        order.extend(texts(&reader.take(&TakeLimits { entries_max: 3, ..ALL }).await));
    }
    assert_eq!(order, numbers(0..40));
}

#[tokio::test]
async fn limits_hold_in_memory_and_on_disk_and_one_entry_always_comes() {
    let rig = Rig::new();
    append_numbers(&rig, Signal::Logs, 0..14).await;
    let disk = rig.subscribe("disk");
    let memory = rig.spool().subscribe(Signal::Traces, "memory").unwrap();
    append_numbers(&rig, Signal::Traces, 0..14).await;
    for reader in [&disk, &memory] {
        let of = async |limits: TakeLimits| reader.take(&limits).await.len();
        for _ in 0..4 {
            assert_eq!(of(TakeLimits { bytes_max: 8, ..ALL }).await, 2, "4 bytes each");
        }
        assert_eq!(of(TakeLimits { records_max: 8, ..ALL }).await, 2, "3 records each");
        assert_eq!(of(TakeLimits { entries_max: 3, ..ALL }).await, 3);
        assert_eq!(of(TakeLimits { bytes_max: 1, records_max: 1, entries_max: 0 }).await, 1);
    }
}

#[tokio::test]
async fn what_is_given_back_comes_again_and_what_is_settled_does_not() {
    let rig = Rig::new();
    let reader = rig.subscribe("es");
    append_numbers(&rig, Signal::Logs, 0..4).await;
    let entries = reader.take(&ALL).await;
    rig.deliver(&reader, "es", &entries[1..2]);
    let back: Vec<EntryId> = [0, 2, 3].map(|at: usize| entries[at].id).to_vec();
    reader.give_back(&back);
    rig.check(&reader, "es");
    let again = take(&reader, 3).await;
    assert_eq!(texts(&again), ["0000", "0002", "0003"]);
    rig.deliver(&reader, "es", &again);
    rig.check(&reader, "es");
    assert_eq!(reader.held_records(), 0);
}

#[tokio::test]
async fn settling_twice_or_after_giving_back_changes_nothing() {
    let rig = Rig::new();
    let reader = rig.subscribe("es");
    append_numbers(&rig, Signal::Logs, 0..2).await;
    let entries = reader.take(&ALL).await;
    reader.settle(&[entries[0].id]);
    reader.settle(&[entries[0].id]);
    reader.give_back(&[entries[0].id, entries[1].id]);
    reader.settle(&[entries[1].id]);
    assert_eq!(reader.held_records(), 3);
    assert_eq!(texts(&reader.take(&ALL).await), ["0001"]);
}

#[tokio::test]
async fn a_take_that_is_dropped_has_taken_nothing() {
    let rig = Rig::new();
    append_numbers(&rig, Signal::Logs, 0..2).await;
    let reader = rig.subscribe("es");
    // On disk: dropped while the blocking pool reads.
    let polled_once = tokio::select! {
        biased;
        entries = reader.take(&ALL) => Some(entries),
        () = std::future::ready(()) => None,
    };
    assert_eq!(polled_once, None);
    assert_eq!(texts(&reader.take(&ALL).await), ["0000", "0001"]);
    // Nothing there: dropped while it waits.
    assert!(timeout(Duration::from_millis(1), reader.take(&ALL)).await.is_err());
    rig.log("0002").await;
    assert_eq!(texts(&reader.take(&ALL).await), ["0002"]);
}

#[tokio::test]
async fn a_waiting_take_is_woken_by_an_append_and_by_a_give_back() {
    let rig = Rig::new();
    let reader = rig.subscribe("es");
    let (entries, _) = tokio::join!(reader.take(&ALL), rig.log("one"));
    assert_eq!(texts(&entries), ["one"]);
    let give_back = async { reader.give_back(&[entries[0].id]) };
    let (again, ()) = tokio::join!(reader.take(&ALL), give_back);
    assert_eq!(texts(&again), ["one"]);
}

#[tokio::test]
async fn one_exporter_that_takes_nothing_does_not_slow_another() {
    let rig = Rig::with(|settings| settings.memory_bytes_max = 1000);
    let stuck = rig.subscribe("stuck");
    let fast = rig.subscribe("fast");
    for text in numbers(0..200) {
        rig.log(&text).await;
        let entries = fast.try_take(&ALL);
        assert_eq!(texts(&entries), [text], "from memory at once");
        rig.deliver(&fast, "fast", &entries);
    }
    rig.check(&fast, "fast");
    rig.check(&stuck, "stuck");
    assert_eq!((fast.held_records(), stuck.held_records()), (0, 600));
    let mut seen = texts(&take(&stuck, 200).await);
    seen.sort();
    assert_eq!(seen, numbers(0..200));
}

#[tokio::test]
async fn a_dropped_reader_gives_back_and_another_one_continues() {
    let rig = Rig::new();
    let reader = rig.subscribe("es");
    append_numbers(&rig, Signal::Logs, 0..3).await;
    let entries = reader.take(&ALL).await;
    rig.deliver(&reader, "es", &entries[..1]);
    let twice = rig.spool().subscribe(Signal::Logs, "es").unwrap_err();
    assert!(matches!(twice, SpoolError::AlreadySubscribed { .. }), "{twice}");
    drop(reader);
    rig.log("0003").await;
    let reader = rig.subscribe("es");
    rig.check(&reader, "es");
    assert_eq!(texts(&take(&reader, 3).await), numbers(1..4));
}

#[tokio::test]
async fn memory_holds_no_batch_that_every_reader_has_taken() {
    let rig = Rig::new();
    let reader = rig.subscribe("es");
    let other = rig.subscribe("other");
    append_numbers(&rig, Signal::Logs, 0..3).await;
    let kept = || rig.spool().shared().log(Signal::Logs).state.lock().recent.from(0).count();
    let first = reader.take(&ALL).await;
    assert_eq!(kept(), 3);
    let second = other.take(&ALL).await;
    assert_eq!(kept(), 0);
    assert_eq!(first[0].batch.payload.as_ptr(), second[0].batch.payload.as_ptr(), "one copy for both");
}
