//! Order per key for metrics, freedom for the rest.

use std::collections::BTreeMap;
use std::time::Duration;

use weir_model::Signal;

use super::rig::{Answer, Rig, Scripted, delivered, retry, settings};

/// `key:number` for each batch of a request.
fn batches(text: &str) -> Vec<(u64, u64)> {
    let parse = |part: &str| {
        let (key, number) = part.split_once(':').unwrap();
        (key.parse().unwrap(), number.parse().unwrap())
    };
    text.split(' ').map(parse).collect()
}

#[tokio::test(start_paused = true)]
async fn batches_of_one_key_never_overtake_each_other_with_several_shards() {
    let rig = Rig::new();
    let signals = [Signal::Metrics];
    rig.join(&signals, "rw");
    // Odd keys are slow, and every third first attempt fails.
    let exporter = Scripted::new(|attempt| {
        let (key, number) = batches(&attempt.text)[0];
        let outcome = if attempt.number == 1 && number % 3 == 0 { retry(None) } else { delivered() };
        Answer { after: Duration::from_millis(1 + key % 2 * 40), outcome: Some(outcome) }
    });
    let mut settings = settings("rw");
    settings.batch_records_max = 4;
    let _delivery = rig.start(&signals, &exporter, settings);
    for number in 0..300 {
        let key = 1 + number % 7;
        rig.append_keyed(Signal::Metrics, &format!("{key}:{number}"), key).await;
    }
    rig.held(Signal::Metrics, "rw", 0).await;
    let mut last: BTreeMap<u64, u64> = BTreeMap::new();
    let mut seen = 0;
    for attempt in exporter.attempts.lock().iter().filter(|attempt| attempt.number == 1) {
        for (key, number) in batches(&attempt.text) {
            let before = last.insert(key, number);
            assert!(before < Some(number), "key {key}: {number} after {before:?}");
            seen += 1;
        }
    }
    assert_eq!(seen, 300);
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_request_is_stuck_holds_up_only_its_shard() {
    let rig = Rig::new();
    let signals = [Signal::Metrics];
    rig.join(&signals, "rw");
    let exporter = Scripted::new(|attempt| {
        let is_stuck = attempt.text.starts_with("0:");
        Answer { after: Duration::ZERO, outcome: (!is_stuck).then(delivered) }
    });
    let mut settings = settings("rw");
    settings.batch_records_max = 2;
    let _delivery = rig.start(&signals, &exporter, settings);
    for number in 0..16 {
        rig.append_keyed(Signal::Metrics, &format!("{}:{number}", number % 4), number % 4).await;
    }
    // Of the stuck key one batch is under way and three wait, which is within the look-ahead of four.
    rig.held(Signal::Metrics, "rw", 8).await;
    let attempts = exporter.attempts.lock();
    assert_eq!(attempts.iter().filter(|attempt| attempt.text.starts_with("0:")).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn logs_use_all_requests_at_once() {
    let rig = Rig::new();
    let signals = [Signal::Logs];
    rig.join(&signals, "es");
    for _ in 0..8 {
        rig.append(Signal::Logs, "x").await;
    }
    let exporter = Scripted::new(|_| Answer { after: Duration::from_secs(1), outcome: Some(delivered()) });
    let mut settings = settings("es");
    settings.batch_records_max = 2;
    let started = tokio::time::Instant::now();
    let _delivery = rig.start(&signals, &exporter, settings);
    rig.held(Signal::Logs, "es", 0).await;
    let took = started.elapsed();
    assert!((2000..2100).contains(&took.as_millis()), "8 requests of 1 s, 4 at once: {took:?}");
}
