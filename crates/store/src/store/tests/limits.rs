//! Bytes and age.

use std::time::Duration;

use weir_model::UnixNanos;

use crate::stage::{MS, NOW, SECOND, Stage, logs, record, samples, selection, span, spans, text};
use crate::{BYTES_MAX_MIN, LogQuery, TraceQuery};

const DAY: i64 = 24 * 3600 * SECOND;

#[tokio::test]
async fn past_its_bytes_the_store_drops_the_oldest_and_counts_it() {
    let stage = Stage::with(|settings| settings.bytes_max = BYTES_MAX_MIN);
    let filler = "x".repeat(4000);
    for n in 0..12_i64 {
        let line =
            |index: i64| record(NOW + (n * 300 + index) * MS, &format!("word{} {filler}", n * 300 + index));
        stage.put_new(&logs("web", NOW + n, (0..300).map(line).collect())).await;
    }
    let before = stage.store.status().await.expect("readable");
    assert!(before.bytes > BYTES_MAX_MIN, "{before:?}");
    stage.store.keep_house().await;

    let after = stage.store.status().await.expect("readable");
    assert!(after.bytes <= BYTES_MAX_MIN, "{after:?}");
    assert!(after.bytes > BYTES_MAX_MIN / 4, "no more than needed is dropped: {after:?}");
    let logs = &after.signals[1];
    assert_eq!(
        (logs.dropped[0].reason.as_str(), logs.dropped[0].records as u64 + logs.records),
        ("size", 3600)
    );
    assert_eq!(stage.metric("weir_store_dropped_total", &["logs", "size"]), logs.dropped[0].records as f64);
    assert!(stage.messages("word0", &[]).await.is_empty());
    assert_eq!(stage.messages("word3599", &[]).await.len(), 1);
    let kept = stage.store.log_histogram(selection("x*", &[]), 1).await.expect("readable").total;
    assert_eq!(kept, logs.records, "the index has what the table has");
    let oldest =
        LogQuery { selection: selection("", &[]), order: crate::Order::Ascending, limit: 1, cursor: None };
    let oldest = stage.store.logs(oldest).await.expect("readable").records;
    assert_eq!(oldest[0].time_ms, (NOW / MS) as f64 + logs.dropped[0].records as f64);
}

#[tokio::test]
async fn the_signal_that_takes_the_most_of_its_share_drops_first() {
    let stage = Stage::with(|settings| settings.bytes_max = BYTES_MAX_MIN);
    stage.put_new(&logs("web", NOW, vec![record(NOW - DAY, "old but few")])).await;
    stage.put_new(&samples(NOW, &[(&[("__name__", "up")], 1, 1.0)])).await;
    for n in 0..40_u8 {
        let long = (1..=60).map(|id| {
            let mut span = span(n + 1, id, 0, i64::from(n) * SECOND, 5);
            span.attributes = vec![text("filler", &"y".repeat(4000))];
            span
        });
        stage.put_new(&spans("web", NOW + i64::from(n), long.collect())).await;
    }
    stage.store.keep_house().await;
    let status = stage.store.status().await.expect("readable");
    assert!(status.bytes <= BYTES_MAX_MIN);
    assert_eq!((status.signals[0].records, status.signals[1].records), (1, 1));
    let traces = TraceQuery { from: 0, to: i64::MAX, limit: 200, ..TraceQuery::default() };
    let traces = stage.store.traces(traces).await.expect("readable").traces;
    assert!(!traces.is_empty() && traces.len() < 40);
    assert!(traces.iter().all(|trace| trace.span_count == 60), "traces go as a whole");
    assert_eq!(traces.len() as u64 * 60, status.signals[2].records);
    assert_eq!(traces[0].trace_id, "28".repeat(16), "the newest stays");
}

#[tokio::test]
async fn what_was_received_too_long_ago_goes_however_old_it_says_it_is() {
    let stage = Stage::with(|settings| settings.age_max = Duration::from_secs(7 * 24 * 3600));
    let now = UnixNanos::now().0 as i64;
    let (old, new) = (now - 8 * DAY, now - DAY);
    stage.put_new(&logs("web", old, vec![record(old, "gone"), record(now + DAY, "gone too")])).await;
    stage.put_new(&logs("web", new, vec![record(new - 100 * DAY, "imported"), record(new, "kept")])).await;
    let at = |time: i64, trace: u8| span(trace, 1, 0, time - NOW, 1);
    stage.put_new(&spans("web", old, vec![at(old, 1)])).await;
    stage.put_new(&spans("web", new, vec![at(new, 2)])).await;
    stage.put_new(&samples(old, &[(&[("__name__", "gone")], old / MS, 1.0)])).await;
    stage.store.keep_house().await;
    stage.put_new(&samples(new, &[(&[("__name__", "kept")], new / MS, 1.0)])).await;
    stage.store.keep_house().await;

    assert_eq!(stage.messages("", &[]).await, ["kept", "imported"]);
    assert!(stage.store.trace(&"01".repeat(16)).await.is_err());
    assert!(stage.store.trace(&"02".repeat(16)).await.is_ok());
    let names = stage.store.metric_names(String::new(), 10).await.expect("readable").metrics;
    assert_eq!(names.iter().map(|metric| metric.name.as_str()).collect::<Vec<_>>(), ["kept"]);
    for (signal, expected) in [("metrics", 1.0), ("logs", 2.0), ("traces", 1.0)] {
        assert_eq!(stage.metric("weir_store_dropped_total", &[signal, "age"]), expected, "{signal}");
    }
}

#[tokio::test]
async fn after_a_deletion_new_records_with_old_names_are_stored_right() {
    let stage = Stage::with(|settings| settings.age_max = Duration::from_secs(3600));
    let now = UnixNanos::now().0 as i64;
    stage.put_new(&logs("web", now - DAY, vec![record(now - DAY, "old")])).await;
    stage.put_new(&samples(now - DAY, &[(&[("__name__", "up")], now / MS - 86_400_000, 1.0)])).await;
    stage.store.keep_house().await;
    stage.store.keep_house().await;
    stage.put_new(&logs("web", now, vec![record(now, "new")])).await;
    stage.put_new(&samples(now, &[(&[("__name__", "up")], now / MS, 2.0)])).await;
    assert_eq!(stage.rows().await[0].service.as_deref(), Some("web"));
    let up = stage.store.query("up".to_owned(), now / MS).await.expect("valid");
    assert_eq!(up.series[0].value, Some(2.0));
}
