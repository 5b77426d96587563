//! Full spools and full disks.

use futures_util::future::join_all;
use weir_model::{Reason, Signal};

use super::rig::{ALL, Rig, take, texts};
use crate::AppendError;

/// Room for 32 segments of two frames of 100 bytes.
fn small(drop_oldest: bool) -> Rig {
    Rig::with(|settings| {
        settings.bytes_max = 32 * 200;
        settings.drop_oldest = drop_oldest;
    })
}

const PAYLOAD: [u8; 44] = [b'x'; 44];

/// Appends until the spool is full; returns how many went in.
async fn fill(rig: &Rig) -> usize {
    for appended in 0.. {
        match rig.append(Signal::Logs, &PAYLOAD).await {
            Ok(_) => {}
            Err(AppendError::Full) => return appended,
            Err(error) => panic!("{error}"),
        }
    }
    unreachable!("the spool is finite")
}

#[tokio::test]
async fn a_full_spool_refuses_until_something_is_settled() {
    let rig = small(false);
    let reader = rig.subscribe("es");
    let appended = fill(&rig).await;
    assert!((40..=64).contains(&appended), "{appended}");
    assert!(rig.spool().is_full(Signal::Logs) && !rig.spool().is_full(Signal::Traces));
    assert!(rig.spool().stats().signals[1].bytes <= 32 * 200);
    rig.check(&reader, "es");
    let entries = take(&reader, 2).await;
    rig.deliver(&reader, "es", &entries);
    assert!(rig.append(Signal::Logs, &PAYLOAD).await.is_err(), "room comes with the synced cursor");
    rig.maintain();
    assert!(!rig.spool().is_full(Signal::Logs));
    rig.append(Signal::Logs, &PAYLOAD).await.unwrap();
    rig.check(&reader, "es");
}

#[tokio::test]
async fn a_signal_that_cannot_deliver_leaves_room_for_the_others() {
    let rig = small(false);
    let _stuck = rig.subscribe("es");
    let _metrics = rig.spool().subscribe(Signal::Metrics, "rw").unwrap();
    fill(&rig).await;
    for _ in 0..5 {
        rig.append(Signal::Metrics, &PAYLOAD).await.unwrap();
    }
}

#[tokio::test]
async fn the_oldest_segment_makes_room_where_the_policy_says_so() {
    let mut rig = small(true);
    let reader = rig.subscribe("es");
    for number in 0..200 {
        rig.log(&format!("{number:044}")).await;
        assert!(rig.spool().stats().signals[1].bytes <= 32 * 200);
    }
    rig.check(&reader, "es");
    let kept = reader.held_records() as usize / 3;
    assert_eq!(rig.dropped("es", Reason::SpoolFull), 3 * (200 - kept) as u64);
    rig.kill(vec![reader]);
    rig.open();
    let reader = rig.subscribe("es");
    let expected: Vec<String> = (200 - kept..200).map(|number| format!("{number:044}")).collect();
    assert_eq!(texts(&take(&reader, kept).await), expected);
    assert_eq!(rig.dropped("es", Reason::Damaged), 0);
}

#[tokio::test]
async fn what_is_in_flight_is_not_dropped_and_counts_when_it_is_given_back() {
    let rig = small(true);
    let reader = rig.subscribe("es");
    rig.log("delivered").await;
    rig.log("given back").await;
    rig.log("left to the reader").await;
    let entries = reader.take(&ALL).await;
    for _ in 0..200 {
        rig.append(Signal::Logs, &PAYLOAD).await.unwrap();
    }
    let before = rig.dropped("es", Reason::SpoolFull);
    rig.deliver(&reader, "es", &entries[..1]);
    reader.give_back(&[entries[1].id]);
    assert_eq!(rig.dropped("es", Reason::SpoolFull), before + 3);
    rig.check(&reader, "es");
    drop(reader);
    assert_eq!(rig.dropped("es", Reason::SpoolFull), before + 6);
    rig.check(&rig.subscribe("es"), "es");
}

#[tokio::test]
async fn a_full_disk_refuses_cuts_back_and_goes_on_when_there_is_room() {
    for room in 0..300 {
        let mut rig = Rig::new();
        let reader = rig.subscribe("es");
        rig.storage.set_room(Some(room));
        let mut sent = Vec::new();
        for number in 0..5 {
            let text = format!("{number}");
            match rig.append(Signal::Logs, text.as_bytes()).await {
                Ok(_) => sent.push(text),
                Err(AppendError::DiskFull(_)) => {}
                Err(error) => panic!("{room}: {error}"),
            }
        }
        assert_eq!(sent.len() as u64, room.saturating_sub(48) / 57, "room for {room}");
        assert!(rig.spool().stats().disk_full);
        rig.check(&reader, "es");
        let bytes: u64 =
            rig.segment_files(Signal::Logs).iter().map(|path| path.metadata().unwrap().len()).sum();
        assert_eq!(bytes, rig.spool().stats().signals[1].bytes, "nothing half written stays");
        rig.storage.set_room(None);
        rig.log("more").await;
        sent.push("more".to_owned());
        assert!(!rig.spool().stats().disk_full);
        rig.kill(vec![reader]);
        rig.open();
        let reader = rig.subscribe("es");
        assert_eq!(reader.held_records(), 3 * sent.len() as u64);
        assert_eq!(texts(&take(&reader, sent.len()).await), sent, "room for {room}");
        assert_eq!(rig.spool().stats().signals[1].damaged_frames, 0);
    }
}

#[tokio::test]
async fn of_batches_written_together_those_that_fit_are_acknowledged() {
    for fits in 0..20 {
        let rig = Rig::new();
        let reader = rig.subscribe("es");
        rig.storage.set_room(Some(48 + 57 * fits + 30));
        let appends = (0..20).map(|_| rig.append(Signal::Logs, b"x"));
        let appended = join_all(appends).await.into_iter().filter(Result::is_ok).count();
        assert_eq!(appended as u64, fits);
        assert_eq!(reader.held_records(), 3 * fits);
        rig.check(&reader, "es");
    }
}

#[tokio::test]
async fn a_segment_that_cannot_be_cut_back_is_left_and_another_begun() {
    for room in 48..200 {
        let mut rig = Rig::new();
        rig.storage.set_room(Some(room));
        rig.storage.set_truncate_fails(true);
        let mut sent = Vec::new();
        for number in 0..4 {
            let text = format!("{number}");
            if rig.append(Signal::Logs, text.as_bytes()).await.is_ok() {
                sent.push(text);
            }
        }
        rig.storage.set_room(None);
        rig.log("more").await;
        sent.push("more".to_owned());
        rig.storage.set_truncate_fails(false);
        rig.kill(Vec::new());
        rig.open();
        let reader = rig.subscribe("es");
        assert_eq!(texts(&take(&reader, sent.len()).await), sent, "room for {room}");
        assert_eq!(reader.held_records(), 3 * sent.len() as u64);
        rig.check(&reader, "es");
    }
}
