//! Finding traces and services.

use weir_proto::generated::otlp::trace::{Span, Status};

use crate::stage::{MS, NOW, SECOND, Stage, int, logs, record, span, spans, text};
use crate::{Filters, TraceQuery};

/// Traces 1 to 5, a second apart: `n` has `n` spans of "web", takes `n` * 10 ms, and those that are odd have a span of
/// "db" with an error.
async fn five_traces() -> Stage {
    let stage = Stage::new();
    for trace in 1..=5_u8 {
        let at = i64::from(trace) * SECOND;
        let web = (1..=trace).map(|id| span(trace, id, id - 1, at, i64::from(trace) * 10 * MS));
        stage.put_new(&spans("web", NOW + at, web.collect())).await;
        if trace % 2 == 1 {
            let mut query = span(trace, 99, 1, at, 2 * MS);
            query.status = Some(Status { code: 2, ..Status::default() });
            query.attributes = vec![int("rows", i64::from(trace)), text("statement", "SELECT 1")];
            query.name = "SELECT".to_owned();
            stage.put_new(&spans("db", NOW + at, vec![query])).await;
        }
    }
    stage
}

async fn found(stage: &Stage, change: impl FnOnce(&mut TraceQuery)) -> Vec<u8> {
    let mut query = TraceQuery { from: 0, to: i64::MAX, limit: 20, ..TraceQuery::default() };
    change(&mut query);
    let page = stage.store.traces(query).await.expect("readable");
    let number = |id: &String| u8::from_str_radix(&id[..2], 16).expect("hexadecimal");
    page.traces.iter().map(|trace| number(&trace.trace_id)).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[tokio::test]
async fn traces_are_found_by_what_their_spans_are() {
    let stage = five_traces().await;
    assert_eq!(found(&stage, |_| {}).await, [5, 4, 3, 2, 1]);
    assert_eq!(found(&stage, |query| query.service = some("db")).await, [5, 3, 1]);
    assert_eq!(found(&stage, |query| query.operation = some("op4")).await, [5, 4]);
    assert_eq!(
        found(&stage, |query| (query.service, query.operation) = (some("db"), some("op4"))).await,
        [0_u8; 0]
    );
    assert_eq!(found(&stage, |query| query.error = Some(true)).await, [5, 3, 1]);
    assert_eq!(found(&stage, |query| query.error = Some(false)).await, [4, 2]);
    assert_eq!(found(&stage, |query| query.duration_min = Some(30 * MS)).await, [5, 4, 3]);
    assert_eq!(found(&stage, |query| query.duration_max = Some(30 * MS)).await, [2, 1]);
    assert_eq!(found(&stage, |query| query.text = some("select")).await, [5, 3, 1]);
    assert_eq!(
        found(&stage, |query| (query.from, query.to) = (NOW + 2 * SECOND, NOW + 4 * SECOND)).await,
        [3, 2]
    );
}

#[tokio::test]
async fn filters_must_all_pass_on_one_span() {
    let stage = five_traces().await;
    for (filters, expected) in [
        (&["rows>=3"][..], &[5, 3][..]),
        (&["rows=1", "status=error"], &[1]),
        (&["rows=1", "status=unset"], &[]),
        (&["duration<=2"], &[5, 3, 1]),
        (&["statement~select", "service=db"], &[5, 3, 1]),
        (&["name=op5", "kind=internal"], &[5]),
        (&["service.name=db"], &[5, 3, 1]),
    ] {
        let parsed = Filters::parse(filters).expect("valid");
        assert_eq!(found(&stage, |query| query.filters = parsed).await, expected, "{filters:?}");
    }
}

#[tokio::test]
async fn pages_of_traces_add_up() {
    let stage = five_traces().await;
    let mut query = TraceQuery { from: 0, to: i64::MAX, limit: 2, ..TraceQuery::default() };
    let mut starts = Vec::new();
    loop {
        let page = stage.store.traces(query.clone()).await.expect("readable");
        starts.extend(page.traces.iter().map(|trace| trace.start_ms));
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            break;
        }
    }
    let expected: Vec<f64> = (1..=5).rev().map(|n| ((NOW + n * SECOND) / MS) as f64).collect();
    assert_eq!(starts, expected);
}

#[tokio::test]
async fn the_root_is_the_span_without_a_parent_or_the_first_orphan() {
    let stage = Stage::new();
    let root = |stage: Stage, spans_of_trace: Vec<Span>| async move {
        stage.put_new(&spans("web", NOW, spans_of_trace)).await;
        let query = TraceQuery { from: 0, to: i64::MAX, ..TraceQuery::default() };
        let page = stage.store.traces(query).await.expect("readable");
        page.traces[0].root.as_ref().expect("a root").operation.clone()
    };
    assert_eq!(root(stage, vec![span(1, 2, 9, 0, 9), span(1, 1, 0, 5, 9)]).await, "op1");
    assert_eq!(root(Stage::new(), vec![span(1, 2, 3, 0, 9), span(1, 3, 9, 5, 9)]).await, "op3");
}

#[tokio::test]
async fn services_tell_their_operations_and_how_long_they_take() {
    let stage = Stage::new();
    let of_service =
        (1..=100).map(|n| Span { name: "get".to_owned(), ..span(1, n, 0, 0, i64::from(n) * MS) });
    stage.put_new(&spans("web", NOW, of_service.collect())).await;
    stage.put_new(&logs("web", NOW, vec![record(NOW, "a")])).await;
    stage.put_new(&logs("cron", NOW, vec![record(NOW, "a"), record(NOW, "b")])).await;
    let services = stage.store.services(0, i64::MAX).await.expect("readable");
    assert!(services.complete);
    let [web, cron] = &services.services[..] else { panic!("{services:?}") };
    assert_eq!((web.name.as_str(), web.spans, web.errors, web.logs), ("web", 100, 0, 1));
    let [get] = &web.operations[..] else { panic!("{web:?}") };
    assert_eq!((get.name.as_str(), get.p50_ms, get.p99_ms), ("get", 50.0, 99.0));
    assert_eq!((cron.name.as_str(), cron.spans, cron.logs), ("cron", 0, 2));
}
