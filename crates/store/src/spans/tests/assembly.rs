//! One trace from the pieces in which it came.

use proptest::prelude::{Just, ProptestConfig, Strategy, prop, proptest};
use serde_json::json;
use tokio::runtime::Runtime;
use weir_delivery::Outcome;
use weir_proto::generated::otlp::trace::span::{Event, Link};
use weir_proto::generated::otlp::trace::{Span, Status};

use crate::QueryError;
use crate::stage::{MS, NOW, Stage, int, logs, record, span, spans, text};

#[tokio::test]
async fn a_trace_shows_everything_that_its_spans_came_with() {
    let stage = Stage::new();
    let mut root = span(7, 1, 0, 0, 10 * MS);
    root.kind = 2;
    let mut child = span(7, 2, 1, 2 * MS, 5 * MS + 1);
    child.status = Some(Status { message: "card declined".to_owned(), code: 2 });
    child.attributes = vec![int("http.response.status_code", 500)];
    child.events = vec![Event {
        time_unix_nano: (NOW + 3 * MS) as u64,
        name: "exception".to_owned(),
        attributes: vec![text("exception.type", "CardDeclined")],
        ..Event::default()
    }];
    child.links = vec![Link { trace_id: vec![9; 16], span_id: vec![9; 8], ..Link::default() }];
    stage.put_new(&spans("db", NOW, vec![child])).await;
    stage.put_new(&spans("web", NOW + 1, vec![root])).await;
    let mut line = record(NOW, "within");
    (line.trace_id, line.span_id) = (vec![7; 16], vec![2; 8]);
    stage.put_new(&logs("db", NOW, vec![line])).await;

    let trace = stage.store.trace(&"07".repeat(16)).await.expect("it is there");
    let found = serde_json::to_value(&trace).expect("JSON");
    let start = (NOW / MS) as f64;
    assert_eq!((&found["start_ms"], &found["duration_ms"]), (&json!(start), &json!(10.0)));
    assert_eq!(found["root"], json!({"service": "web", "operation": "op1", "kind": "server"}));
    assert_eq!(found["services"], json!([{"name": "db", "spans": 1}, {"name": "web", "spans": 1}]));
    assert_eq!(found["resources"], json!([{"service.name": "web"}, {"service.name": "db"}]));
    let child = json!({
        "span_id": "02".repeat(8), "parent_span_id": "01".repeat(8), "missing_parent": false, "depth": 1,
        "service": "db", "operation": "op2", "kind": "internal", "start_ms": start + 2.0, "offset_ms": 2.0,
        "duration_ms": 5.000_001, "self_ms": 5.000_001, "status": {"code": "error", "message": "card declined"},
        "scope": {"name": "", "version": ""}, "resource": 1, "attributes": {"http.response.status_code": 500},
        "events": [{"time_ms": start + 3.0, "offset_ms": 3.0, "name": "exception",
                    "attributes": {"exception.type": "CardDeclined"}}],
        "links": [{"trace_id": "09".repeat(16), "span_id": "09".repeat(8), "attributes": {}}], "log_count": 1,
    });
    assert_eq!(found["spans"][1], child);
    assert_eq!(found["spans"][0]["self_ms"], json!(4.999_999));
    assert_eq!(
        found["critical_path"][1],
        json!({"span_id": "02".repeat(8), "from_ms": 2.0, "to_ms": 7.000_001})
    );
    assert_eq!(found["logs"][0]["message"], json!("within"));
}

#[tokio::test]
async fn a_trace_of_logs_alone_has_no_spans_and_an_unknown_one_is_not_found() {
    let stage = Stage::new();
    let mut line = record(NOW, "alone");
    line.trace_id = vec![7; 16];
    stage.put_new(&logs("web", NOW, vec![line])).await;
    let trace = stage.store.trace(&"07".repeat(16)).await.expect("it is there");
    assert_eq!((trace.start_ms, trace.root, trace.spans.len(), trace.logs.len()), (None, None, 0, 1));
    for id in ["08".repeat(16), "07".repeat(8), "x".to_owned()] {
        assert!(matches!(stage.store.trace(&id).await, Err(QueryError::NotFound(_))), "{id}");
    }
}

#[tokio::test]
async fn a_span_without_ids_is_counted_as_malformed() {
    let stage = Stage::new();
    let nameless = Span { span_id: Vec::new(), ..span(1, 1, 0, 0, 1) };
    let outcome = stage.put(&spans("web", NOW, vec![nameless, span(1, 2, 0, 0, 1)])).await;
    let dropped = vec![(weir_model::Reason::Malformed, 1)];
    assert_eq!(outcome, Outcome::Partial { delivered: 1, deduplicated: 0, dropped, retry: None });
}

#[tokio::test]
async fn client_and_server_may_share_a_span_id() {
    let stage = Stage::new();
    let (client, server) = (Span { kind: 3, ..span(1, 1, 0, 0, 9) }, Span { kind: 2, ..span(1, 1, 0, 2, 5) });
    stage.put_new(&spans("web", NOW, vec![client, server])).await;
    assert_eq!(stage.store.trace(&"01".repeat(16)).await.expect("it is there").spans.len(), 2);
}

/// Spans of three traces, cut into batches in any order, some batches twice.
fn pieces() -> impl Strategy<Value = (Vec<Span>, Vec<Vec<usize>>)> {
    let span = (1..4_u8, 1..20_u8, 0..20_u8, 0..100_i64, 0..50_i64, 0..3_i32);
    prop::collection::vec(span, 1..40).prop_flat_map(|raw| {
        let mut all: Vec<Span> = Vec::new();
        for (trace, id, parent, start, duration, status) in raw {
            let mut span = span_of(trace, id, parent, start, duration);
            span.status = Some(Status { code: status, ..Status::default() });
            if !all.iter().any(|other| (&other.trace_id, &other.span_id) == (&span.trace_id, &span.span_id)) {
                all.push(span);
            }
        }
        let order = Just((0..all.len()).collect::<Vec<usize>>()).prop_shuffle();
        (Just(all), order, 1..8_usize).prop_map(|(all, order, size)| {
            let batches: Vec<Vec<usize>> = order.chunks(size).map(<[usize]>::to_vec).collect();
            (all, batches)
        })
    })
}

fn span_of(trace: u8, id: u8, parent: u8, start: i64, duration: i64) -> Span {
    span(trace, id, parent, start * MS, duration * MS)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 25, ..ProptestConfig::default() })]

    #[test]
    fn a_trace_is_the_same_however_it_was_cut((all, batches) in pieces()) {
        Runtime::new().expect("a runtime").block_on(async {
            let stage = Stage::new();
            for (index, batch) in batches.iter().enumerate() {
                let spans_of_batch: Vec<Span> = batch.iter().map(|&span| all[span].clone()).collect();
                stage.put_new(&spans("web", NOW + index as i64, spans_of_batch.clone())).await;
                // The sender tries again: another batch with the same spans.
                let again = stage.put(&spans("web", NOW + 1000 + index as i64, spans_of_batch)).await;
                assert_eq!(again, Outcome::Delivered { deduplicated: batch.len() as u64 });
            }
            for trace in 1..4_u8 {
                check(&stage, trace, &all).await;
            }
        });
    }
}

async fn check(stage: &Stage, trace: u8, all: &[Span]) {
    let own: Vec<&Span> = all.iter().filter(|span| span.trace_id == vec![trace; 16]).collect();
    let found = stage.store.trace(&format!("{trace:02x}").repeat(16)).await;
    if own.is_empty() {
        return assert!(found.is_err());
    }
    let found = found.expect("it is there");
    let mut expected: Vec<String> = own.iter().map(|span| crate::hex::encode(&span.span_id)).collect();
    let mut ids: Vec<String> = found.spans.iter().map(|span| span.span_id.clone()).collect();
    expected.sort();
    ids.sort();
    assert_eq!(ids, expected);
    let start = own.iter().map(|span| span.start_time_unix_nano).min().expect("one") as i64;
    let end = own.iter().map(|span| span.end_time_unix_nano).max().expect("one") as i64;
    assert_eq!(found.duration_ms, Some(((end - start) / MS) as f64));
    let page = stage
        .store
        .traces(crate::TraceQuery { from: 0, to: i64::MAX, limit: 10, ..Default::default() })
        .await;
    let page = page.expect("readable");
    let row = page.traces.iter().find(|row| row.trace_id == found.trace_id).expect("it is in the list");
    let errors =
        own.iter().filter(|span| span.status.as_ref().is_some_and(|status| status.code == 2)).count();
    assert_eq!((row.span_count, row.error_count), (own.len() as i64, errors as i64));
    assert_eq!((Some(row.duration_ms), &row.root), (found.duration_ms, &found.root));
}
