//! Queries beside storing, and the end.

use weir_delivery::{Exporter, Outcome};

use crate::stage::{MS, NOW, Stage, logs, record, samples, selection};
use crate::{LogQuery, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_see_whole_transactions_while_records_are_stored() {
    let stage = Stage::new();
    let store = stage.store.clone();
    let reading = tokio::spawn(async move {
        let mut seen = 0;
        while seen < 50 * 20 {
            let found = store.log_histogram(selection("x", &[]), 1).await.expect("readable").total;
            assert!(found >= seen && found % 20 == 0, "{found} after {seen}");
            seen = found;
        }
    });
    for n in 0..50 {
        let batch = logs("web", NOW + n, (0..20).map(|m| record(NOW + m * MS, "x")).collect());
        stage.put_new(&batch).await;
    }
    reading.await.expect("it saw everything");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_of_all_signals_at_once_each_get_their_own_answer() {
    let stage = Stage::new();
    let mut waiting = Vec::new();
    for n in 0..30_i64 {
        let store = stage.store.clone();
        let batch = match n % 2 {
            0 => logs("web", NOW + n, (0..=n).map(|m| record(NOW + m, "x")).collect()),
            _ => samples(NOW + n, &[(&[("__name__", "up")], n, 1.0)]),
        };
        waiting.push(tokio::spawn(async move {
            let mut request = store.encode(&[batch.clone(), batch]).request.expect("a request");
            (n, store.send(&mut request).await)
        }));
    }
    for answer in waiting {
        let (n, outcome) = answer.await.expect("it ends");
        let deduplicated = if n % 2 == 0 { n as u64 + 1 } else { 1 };
        assert_eq!(
            outcome,
            Outcome::Delivered { deduplicated },
            "the second of two equal batches is a repetition"
        );
    }
}

#[tokio::test]
async fn a_closed_store_asks_to_come_back_and_still_answers() {
    let stage = Stage::new();
    stage.put_new(&logs("web", NOW, vec![record(NOW, "a")])).await;
    stage.store.close().await;
    let outcome = stage.put(&logs("web", NOW, vec![record(NOW, "b")])).await;
    assert!(matches!(outcome, Outcome::Retry(_)), "{outcome:?}");
    assert_eq!(stage.messages("", &[]).await, ["a"]);
    stage.store.close().await;
}

#[tokio::test]
async fn an_empty_store_answers_every_question() {
    let stage = Stage::new();
    assert!(stage.store.logs(LogQuery::default()).await.expect("readable").records.is_empty());
    assert_eq!(stage.store.log_histogram(selection("", &[]), 1).await.expect("readable").total, 0);
    assert!(stage.store.services(0, i64::MAX).await.expect("readable").services.is_empty());
    assert!(stage.store.query("up".to_owned(), 0).await.expect("valid").series.is_empty());
    let status = stage.store.status().await.expect("readable");
    assert!(status.signals.iter().all(|signal| signal.records == 0 && signal.oldest_ms.is_none()));
    stage.store.keep_house().await;
}

#[test]
fn the_delivery_settings_carry_the_name() {
    assert_eq!(Store::delivery_settings("store").exporter, "store");
}
