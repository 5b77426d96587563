//! Pages, order and time.

use crate::stage::{MS, NOW, SECOND, Stage, lines, logs, record, selection};
use crate::{LogQuery, Order, QueryError};

/// Reads page by page.
async fn pages(stage: &Stage, q: &str, order: Order, limit: usize) -> Vec<Vec<String>> {
    let mut query = LogQuery { selection: selection(q, &[]), limit, order, cursor: None };
    let mut pages = Vec::new();
    loop {
        let page = stage.store.logs(query.clone()).await.expect("readable");
        pages.push(page.records.into_iter().map(|row| row.message).collect());
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            return pages;
        }
    }
}

#[tokio::test]
async fn pages_add_up_to_the_whole_in_both_orders() {
    let stage = Stage::new();
    let records = (0..25).map(|n| record(NOW + n % 5 * MS, &format!("n{n} even{}", n % 2))).collect();
    stage.put_new(&logs("web", NOW, records)).await;
    for q in ["", "even0"] {
        let all = pages(&stage, q, Order::Descending, 1000).await.concat();
        let descending = pages(&stage, q, Order::Descending, 4).await;
        assert!(descending.iter().all(|page| page.len() <= 4));
        assert_eq!(descending.concat(), all);
        let mut ascending = pages(&stage, q, Order::Ascending, 3).await.concat();
        ascending.reverse();
        assert_eq!(ascending, all);
    }
}

#[tokio::test]
async fn lines_of_one_moment_keep_the_order_of_their_file() {
    let stage = Stage::new();
    for part in 0..3 {
        let line = |n: i64| (part * 1000 + n, record(NOW, &format!("{}", part * 1000 + n)));
        stage.put_new(&lines(1, NOW + part, (0..1000).map(line).collect())).await;
    }
    let found = pages(&stage, "", Order::Ascending, 700).await.concat();
    let expected: Vec<String> = (0..3000).map(|n| n.to_string()).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn records_without_a_time_stand_where_they_were_observed_or_received() {
    let stage = Stage::new();
    let mut observed = record(0, "observed");
    observed.observed_time_unix_nano = (NOW - SECOND) as u64;
    stage.put_new(&logs("web", NOW, vec![record(0, "received"), observed])).await;
    let rows = stage.rows().await;
    assert_eq!(rows[0].message, "received");
    assert_eq!(rows[0].time_ms, (NOW / MS) as f64);
    assert_eq!(rows[1].time_ms, ((NOW - SECOND) / MS) as f64);
}

#[tokio::test]
async fn a_record_from_the_future_keeps_its_time_but_not_its_place() {
    let stage = Stage::new();
    let future = record(NOW + 1_000_000 * SECOND, "future");
    stage
        .put_new(&logs("web", NOW, vec![future, record(NOW + 700 * SECOND, "soon"), record(NOW, "now")]))
        .await;
    let mut selection = selection("", &[]);
    selection.to = NOW + 601 * SECOND;
    let query = LogQuery { selection, limit: 10, ..LogQuery::default() };
    let rows = stage.store.logs(query).await.expect("readable").records;
    let found: Vec<(&str, f64)> = rows.iter().map(|row| (row.message.as_str(), row.time_ms)).collect();
    let ms = |seconds: i64| ((NOW + seconds * SECOND) / MS) as f64;
    assert_eq!(found, [("soon", ms(700)), ("future", ms(1_000_000)), ("now", ms(0))]);
}

#[tokio::test]
async fn a_cursor_of_somebody_elses_is_refused() {
    let stage = Stage::new();
    let query = LogQuery { cursor: Some("x".to_owned()), ..LogQuery::default() };
    let error = stage.store.logs(query).await;
    assert!(matches!(error, Err(QueryError::Parameter { parameter: "cursor", .. })), "{error:?}");
}
