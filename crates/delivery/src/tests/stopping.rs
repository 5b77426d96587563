//! Stopping: what is under way ends, the rest goes back.

use std::time::Duration;

use tokio::time::Instant;
use weir_model::Signal;

use super::rig::{Answer, Rig, Scripted, delivered, eventually, retry, settings};

const LOGS: &[Signal] = &[Signal::Logs];

fn answer_after(seconds: u64) -> Answer {
    Answer { after: Duration::from_secs(seconds), outcome: Some(delivered()) }
}

#[tokio::test(start_paused = true)]
async fn stopping_finishes_what_is_under_way_and_gives_back_the_rest() {
    let rig = Rig::new();
    rig.join(LOGS, "es");
    for _ in 0..10 {
        rig.append(Signal::Logs, "x").await;
    }
    let exporter = Scripted::new(|_| answer_after(5));
    let mut one_batch = settings("es");
    one_batch.batch_records_max = 2;
    let delivery = rig.start(LOGS, &exporter, one_batch);
    eventually(|| delivery.status().in_flight == 4).await;
    let started = Instant::now();
    delivery.stop(started + Duration::from_secs(30)).await;
    assert!(started.elapsed() <= Duration::from_secs(5));
    assert_eq!(rig.account(Signal::Logs, "es").delivered, 8);
    assert_eq!(rig.account(Signal::Logs, "es").held, 12);

    let willing = Scripted::willing();
    let _delivery = rig.start(LOGS, &willing, settings("es"));
    rig.held(Signal::Logs, "es", 0).await;
    assert_eq!(rig.account(Signal::Logs, "es").delivered, 20);
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_what_is_still_under_way_goes_back() {
    let rig = Rig::new();
    rig.join(LOGS, "es");
    rig.append(Signal::Logs, "x").await;
    let exporter = Scripted::new(|_| answer_after(3600));
    let delivery = rig.start(LOGS, &exporter, settings("es"));
    eventually(|| delivery.status().in_flight == 1).await;
    let started = Instant::now();
    delivery.stop(started + Duration::from_secs(30)).await;
    assert_eq!(started.elapsed().as_secs(), 30);
    assert_eq!(rig.account(Signal::Logs, "es").held, 2);
    let willing = Scripted::willing();
    let _delivery = rig.start(LOGS, &willing, settings("es"));
    rig.held(Signal::Logs, "es", 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_for_its_next_attempt_goes_back_at_once() {
    let rig = Rig::new();
    rig.join(LOGS, "es");
    rig.append(Signal::Logs, "x").await;
    let exporter = Scripted::new(|_| retry(Some(Duration::from_secs(600))).into());
    let delivery = rig.start(LOGS, &exporter, settings("es"));
    eventually(|| delivery.status().retrying_since.is_some()).await;
    let started = Instant::now();
    delivery.stop(started + Duration::from_secs(30)).await;
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert_eq!(rig.account(Signal::Logs, "es").held, 2);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_is_dropped_gives_everything_back() {
    let rig = Rig::new();
    rig.join(LOGS, "es");
    rig.append(Signal::Logs, "x").await;
    let stuck = Scripted::new(|_| Answer { after: Duration::ZERO, outcome: None });
    let delivery = rig.start(LOGS, &stuck, settings("es"));
    eventually(|| stuck.texts().len() == 1).await;
    drop(delivery);
    let reader = {
        let mut reader = None;
        eventually(|| {
            reader = rig.spool.subscribe(Signal::Logs, "es").ok();
            reader.is_some()
        })
        .await;
        reader.unwrap()
    };
    assert_eq!(reader.held_records(), 2);
}
