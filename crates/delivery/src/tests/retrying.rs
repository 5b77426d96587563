//! Retry, backoff, partial success, rejection, expiry.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use weir_model::{Batch, OrderKey, Reason, Signal, UnixNanos};

use super::rig::{BACKOFF, Rig, Scripted, delivered, eventually, retry, settings};
use crate::{Outcome, Retry};

const LOGS: &[Signal] = &[Signal::Logs];

#[tokio::test(start_paused = true)]
async fn what_waits_is_joined_into_one_request_and_settled() {
    let rig = Rig::new();
    rig.join(LOGS, "es");
    for text in ["one", "two", "three"] {
        rig.append(Signal::Logs, text).await;
    }
    let exporter = Scripted::willing();
    let _delivery = rig.start(LOGS, &exporter, settings("es"));
    rig.held(Signal::Logs, "es", 0).await;
    assert_eq!(exporter.texts(), ["one two three"]);
    assert_eq!(rig.account(Signal::Logs, "es").delivered, 6);
}

#[tokio::test(start_paused = true)]
async fn requests_keep_to_the_limits_of_bytes_and_records() {
    for (bytes_max, records_max, expected) in
        [(7, 1000, vec!["one two", "three", "four"]), (1000, 4, vec!["one two", "three four"])]
    {
        let rig = Rig::new();
        rig.join(LOGS, "es");
        for text in ["one", "two", "three", "four"] {
            rig.append(Signal::Logs, text).await;
        }
        let exporter = Scripted::willing();
        let mut settings = settings("es");
        settings.batch_bytes_max = bytes_max;
        settings.batch_records_max = records_max;
        settings.requests_max = 1;
        let _delivery = rig.start(LOGS, &exporter, settings);
        rig.held(Signal::Logs, "es", 0).await;
        assert_eq!(exporter.texts(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_lingers_waits_for_company_until_it_is_full_or_the_time_is_over() {
    let rig = Rig::new();
    rig.join(LOGS, "es");
    let exporter = Scripted::willing();
    let mut settings = settings("es");
    settings.linger = Duration::from_secs(5);
    settings.batch_records_max = 6;
    let _delivery = rig.start(LOGS, &exporter, settings);
    rig.append(Signal::Logs, "one").await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(exporter.texts().is_empty());
    rig.append(Signal::Logs, "two").await;
    rig.held(Signal::Logs, "es", 0).await;
    assert_eq!(exporter.texts(), ["one two"]);
    for text in ["three", "four", "five"] {
        rig.append(Signal::Logs, text).await;
    }
    let full = tokio::time::Instant::now();
    rig.held(Signal::Logs, "es", 0).await;
    assert!(full.elapsed() < Duration::from_secs(1), "a full one goes at once");
    assert_eq!(exporter.texts(), ["one two", "three four five"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_is_repeated_with_growing_jittered_waits_until_it_succeeds() {
    let rig = Rig::new();
    rig.join(LOGS, "es");
    rig.append(Signal::Logs, "one").await;
    let exporter =
        Scripted::new(|attempt| if attempt.number < 40 { retry(None) } else { delivered() }.into());
    let delivery = rig.start(LOGS, &exporter, settings("es"));
    eventually(|| delivery.status().retrying_since.is_some()).await;
    assert_eq!(delivery.status().last_error.as_deref(), Some("come back"));
    assert_eq!(delivery.status().in_flight, 1);
    rig.held(Signal::Logs, "es", 0).await;
    let waits = exporter.waits();
    assert_eq!(waits.len(), 39);
    let slack = Duration::from_millis(2);
    for (failures, wait) in waits.iter().enumerate() {
        let bound = BACKOFF.min.saturating_mul(1 << failures.min(20)).min(BACKOFF.max);
        assert!(*wait <= bound + slack, "wait {failures} of {wait:?}");
    }
    assert!(waits[10..].iter().any(|wait| *wait > BACKOFF.max / 2), "{waits:?}");
    assert!(waits[10..].iter().any(|wait| *wait < BACKOFF.max / 2), "{waits:?}");
    assert_eq!(rig.account(Signal::Logs, "es").delivered, 2);
    assert_eq!(delivery.status().retrying_since, None);
    assert_eq!(delivery.status().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn the_destinations_wish_wins_and_holds_back_every_request_of_the_exporter() {
    let rig = Rig::new();
    let signals = [Signal::Logs, Signal::Traces];
    rig.join(&signals, "otlp");
    let wish = Duration::from_secs(30);
    let asked = AtomicBool::new(false);
    let exporter = Scripted::new(move |_| {
        let first = !asked.swap(true, Ordering::Relaxed);
        if first { retry(Some(wish)) } else { delivered() }.into()
    });
    let _delivery = rig.start(&signals, &exporter, settings("otlp"));
    rig.append(Signal::Logs, "log").await;
    eventually(|| exporter.texts().len() == 1).await;
    rig.append(Signal::Traces, "span").await;
    rig.append(Signal::Logs, "log").await;
    rig.held(Signal::Logs, "otlp", 0).await;
    rig.held(Signal::Traces, "otlp", 0).await;
    let attempts = exporter.attempts.lock().clone();
    assert_eq!(attempts.len(), 4);
    for attempt in &attempts[1..] {
        assert!(attempt.at - attempts[0].at >= wish, "{attempt:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_partial_success_repeats_only_what_is_left() {
    let rig = Rig::new();
    rig.join(LOGS, "es");
    for _ in 0..5 {
        rig.append(Signal::Logs, "x").await;
    }
    let exporter = Scripted::new(|attempt| {
        let dropped = vec![(Reason::DeadLetter, 1)];
        let again = Some(Retry { after: None, cause: "429".to_owned() });
        match attempt.number {
            1 => Outcome::Partial { delivered: 6, deduplicated: 2, dropped, retry: again },
            2 => retry(None),
            3 => Outcome::Partial { delivered: 1, deduplicated: 0, dropped: Vec::new(), retry: again },
            _ => Outcome::Delivered { deduplicated: 1 },
        }
        .into()
    });
    let _delivery = rig.start(LOGS, &exporter, settings("es"));
    rig.held(Signal::Logs, "es", 0).await;
    let records: Vec<u64> = exporter.attempts.lock().iter().map(|attempt| attempt.records).collect();
    assert_eq!(records, [10, 3, 3, 2]);
    let account = rig.account(Signal::Logs, "es");
    assert_eq!((account.delivered, account.deduplicated, account.dropped), (9, 3, 1));
}

#[tokio::test(start_paused = true)]
async fn a_partial_success_that_leaves_nothing_is_over_whatever_it_says() {
    let rig = Rig::new();
    rig.join(LOGS, "es");
    rig.append(Signal::Logs, "x").await;
    let exporter = Scripted::new(|_| {
        let again = Some(Retry { after: None, cause: "429".to_owned() });
        Outcome::Partial { delivered: 2, deduplicated: 0, dropped: Vec::new(), retry: again }.into()
    });
    let _delivery = rig.start(LOGS, &exporter, settings("es"));
    rig.held(Signal::Logs, "es", 0).await;
    assert_eq!(exporter.texts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_request_is_counted_and_the_next_one_goes_on() {
    let rig = Rig::new();
    rig.join(LOGS, "es");
    let exporter = Scripted::new(|attempt| {
        let rejected = Outcome::Rejected { reason: Reason::Rejected, cause: "no".to_owned() };
        if attempt.text == "bad" { rejected } else { delivered() }.into()
    });
    let delivery = rig.start(LOGS, &exporter, settings("es"));
    for text in ["bad", "good"] {
        rig.append(Signal::Logs, text).await;
        rig.held(Signal::Logs, "es", 0).await;
    }
    assert_eq!(rig.dropped(Signal::Logs, "es", Reason::Rejected), 2);
    assert_eq!(rig.account(Signal::Logs, "es").delivered, 2);
    assert_eq!(delivery.status().last_error.as_deref(), Some("no"));
}

#[tokio::test(start_paused = true)]
async fn what_encoding_leaves_out_is_counted_and_an_empty_request_is_not_sent() {
    let rig = Rig::new();
    rig.join(LOGS, "es");
    for text in ["drop", "keep"] {
        rig.append(Signal::Logs, text).await;
    }
    let exporter = Scripted::willing();
    let _delivery = rig.start(LOGS, &exporter, settings("es"));
    rig.held(Signal::Logs, "es", 0).await;
    rig.append(Signal::Logs, "drop").await;
    rig.held(Signal::Logs, "es", 0).await;
    assert_eq!(exporter.texts(), ["keep"]);
    assert_eq!(rig.dropped(Signal::Logs, "es", Reason::Filtered), 4);
}

#[tokio::test(start_paused = true)]
async fn what_got_too_old_while_it_was_retried_expires() {
    let rig = Rig::new();
    rig.join(LOGS, "es");
    let two_days = 2 * 24 * 3600 * 1_000_000_000;
    let received = UnixNanos(UnixNanos::now().0 - two_days);
    let payload = Bytes::from_static(b"old");
    let old = Batch { signal: Signal::Logs, records: 2, key: OrderKey::ANY, received, payload };
    let exporter =
        Scripted::new(|attempt| if attempt.text == "old" { retry(None) } else { delivered() }.into());
    let _delivery = rig.start(LOGS, &exporter, settings("es"));
    rig.append_batch(old).await;
    eventually(|| exporter.texts().len() == 1).await;
    rig.append(Signal::Logs, "young").await;
    rig.held(Signal::Logs, "es", 0).await;
    assert_eq!(rig.dropped(Signal::Logs, "es", Reason::Expired), 2);
    assert_eq!(rig.account(Signal::Logs, "es").delivered, 2);
}

#[tokio::test(start_paused = true)]
async fn an_exporter_that_miscounts_shows_in_the_ledger() {
    let rig = Rig::new();
    rig.join(LOGS, "es");
    rig.append(Signal::Logs, "x").await;
    let exporter = Scripted::new(|_| {
        Outcome::Partial { delivered: 1, deduplicated: 0, dropped: Vec::new(), retry: None }.into()
    });
    let _delivery = rig.start(LOGS, &exporter, settings("es"));
    eventually(|| !rig.ledger.snapshot().balances()).await;
    assert_eq!(rig.ledger.snapshot().signal(Signal::Logs).exporters[0].imbalance, 1);
}

#[tokio::test(start_paused = true)]
async fn one_destination_that_never_answers_does_not_slow_another() {
    let rig = Rig::new();
    rig.join(LOGS, "stuck");
    rig.join(LOGS, "fast");
    let stuck = Scripted::new(|_| super::rig::Answer { after: Duration::ZERO, outcome: None });
    let fast = Scripted::willing();
    let _stuck = rig.start(LOGS, &stuck, settings("stuck"));
    let _fast = rig.start(LOGS, &fast, settings("fast"));
    for round in 0..200 {
        rig.append(Signal::Logs, "x").await;
        rig.held(Signal::Logs, "fast", 0).await;
        assert_eq!(rig.account(Signal::Logs, "stuck").held, 2 * (round + 1));
    }
    assert_eq!(stuck.attempts.lock().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_struggling_destination_gets_fewer_requests_at_once_and_all_again_when_it_recovers() {
    let rig = Rig::new();
    rig.join(LOGS, "es");
    let well = Arc::new(AtomicBool::new(false));
    let is_well = Arc::clone(&well);
    let exporter = Scripted::new(move |_| {
        let outcome = if is_well.load(Ordering::Relaxed) { delivered() } else { retry(None) };
        super::rig::Answer { after: Duration::from_millis(50), outcome: Some(outcome) }
    });
    let mut settings = settings("es");
    settings.batch_records_max = 2;
    let delivery = rig.start(LOGS, &exporter, settings);
    rig.append(Signal::Logs, "first").await;
    eventually(|| delivery.status().retrying_since.is_some()).await;
    for _ in 0..100 {
        rig.append(Signal::Logs, "x").await;
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(delivery.status().in_flight <= 2, "{:?}", delivery.status());
    well.store(true, Ordering::Relaxed);
    let mut most = 0;
    eventually(|| {
        most = most.max(delivery.status().in_flight);
        rig.account(Signal::Logs, "es").held == 0
    })
    .await;
    assert_eq!(most, 4);
}

#[tokio::test(start_paused = true)]
async fn attempts_and_lag_are_on_the_registry() {
    let rig = Rig::new();
    rig.join(LOGS, "es");
    rig.append(Signal::Logs, "x").await;
    let exporter =
        Scripted::new(|attempt| if attempt.number == 1 { retry(None) } else { delivered() }.into());
    let _delivery = rig.start(LOGS, &exporter, settings("es"));
    rig.held(Signal::Logs, "es", 0).await;
    let page = prometheus::TextEncoder::new().encode_to_string(&rig.registry.gather()).unwrap();
    for line in [
        r#"weir_export_requests_total{exporter="es",outcome="retry"} 1"#,
        r#"weir_export_requests_total{exporter="es",outcome="delivered"} 1"#,
        r#"weir_delivery_lag_seconds_count{exporter="es",signal="logs"} 1"#,
    ] {
        assert!(page.contains(line), "{line} in {page}");
    }
}
