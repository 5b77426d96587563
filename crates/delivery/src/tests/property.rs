//! Whatever the destination does and whenever the delivery is stopped: each record is settled exactly once.
//!
//! `WEIR_DELIVERY_SEED=n` replays one seed.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use parking_lot::Mutex;
use tokio::time::Instant;
use weir_model::{Reason, Signal};

use super::rig::{Answer, Attempt, Rig, Scripted, delivered, retry, settings};
use crate::{Outcome, Retry};

const SEEDS: u64 = 60;
const BATCHES: u64 = 60;
const SIGNALS: [Signal; 2] = [Signal::Metrics, Signal::Logs];

fn random_answer(rng: &mut Rng, attempt: &Attempt) -> Answer {
    let outcome = match rng.u8(..10) {
        0..4 => Outcome::Delivered { deduplicated: rng.u64(..=attempt.records) },
        4..6 => retry(None),
        6 => retry(Some(Duration::from_millis(rng.u64(..3000)))),
        7 => Outcome::Rejected { reason: Reason::Rejected, cause: "no".to_owned() },
        _ => random_partial(rng, attempt.records),
    };
    let is_lost = rng.u8(..40) == 0;
    Answer { after: Duration::from_millis(rng.u64(..200)), outcome: (!is_lost).then_some(outcome) }
}

fn random_partial(rng: &mut Rng, records: u64) -> Outcome {
    let delivered = rng.u64(..=records);
    let dropped = rng.u64(..=records - delivered);
    let left = records - delivered - dropped;
    let again = Retry { after: None, cause: "again".to_owned() };
    Outcome::Partial {
        delivered,
        deduplicated: rng.u64(..=delivered),
        dropped: vec![(Reason::PartialSuccess, dropped)],
        retry: (left > 0).then_some(again),
    }
}

/// Asserts that no attempt holds a batch of a key before which a later one of that key was attempted.
fn assert_order(attempts: &[Attempt]) {
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    for attempt in attempts.iter().filter(|attempt| attempt.number == 1) {
        for (key, number) in attempt.text.split(' ').filter_map(|part| part.split_once(':')) {
            let number = number.parse().unwrap();
            let before = last.insert(key.to_owned(), number);
            assert!(before < Some(number), "key {key}: {number} after {before:?}");
        }
    }
}

async fn play(seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let rig = Rig::new();
    rig.join(&SIGNALS, "any");
    let mut settings = settings("any");
    settings.requests_max = rng.usize(1..6);
    settings.batch_records_max = rng.u64(1..20);
    settings.linger = Duration::from_millis(rng.u64(..3) * 50);
    let mut appended = 0;
    for _ in 0..rng.u8(1..5) {
        let answers = Mutex::new(Rng::with_seed(rng.u64(..)));
        let exporter = Scripted::new(move |attempt| random_answer(&mut answers.lock(), attempt));
        let delivery = rig.start(&SIGNALS, &exporter, settings.clone());
        for _ in 0..rng.u64(..BATCHES) {
            let key = rng.u64(..5);
            rig.append_keyed(Signal::Metrics, &format!("{key}:{appended}"), key).await;
            rig.append(Signal::Logs, "x").await;
            appended += 1;
            if rng.u8(..8) == 0 {
                tokio::time::sleep(Duration::from_millis(rng.u64(..500))).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(rng.u64(..5000))).await;
        delivery.stop(Instant::now() + Duration::from_millis(rng.u64(..300))).await;
        assert_order(&exporter.attempts.lock());
    }
    let willing = Scripted::new(|_| delivered().into());
    let delivery = rig.start(&SIGNALS, &willing, settings);
    for signal in SIGNALS {
        rig.held(signal, "any", 0).await;
        let account = rig.account(signal, "any");
        assert_eq!(account.delivered + account.dropped, 2 * appended, "{signal}");
    }
    delivery.stop(Instant::now()).await;
    for signal in SIGNALS {
        let reader = rig.spool.subscribe(signal, "any").unwrap();
        assert_eq!(reader.held_records(), 0, "the spool agrees with the ledger");
    }
    assert_order(&willing.attempts.lock());
}

#[test]
fn random_answers_and_stops_settle_each_record_once() {
    let seeds = match std::env::var("WEIR_DELIVERY_SEED") {
        Ok(seed) => seed.parse().map(|seed: u64| seed..seed + 1).unwrap(),
        Err(_) => 0..SEEDS,
    };
    for seed in seeds {
        println!("WEIR_DELIVERY_SEED={seed}");
        let builder = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        builder.unwrap().block_on(play(seed));
    }
}
