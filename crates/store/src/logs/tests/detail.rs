//! One record, its neighbours, and facets.

use serde_json::json;
use weir_proto::attributes::WEIR_JSON;
use weir_proto::generated::otlp::common::any_value::Value;

use crate::stage::{MS, NOW, Stage, attribute, int, lines, logs, record, selection, span, spans, text};
use crate::{ContextBy, FacetQuery, Level, QueryError};

#[tokio::test]
async fn a_record_shows_everything_that_it_came_with() {
    let stage = Stage::new();
    let body = r#"{"msg":"caf\u00e9","user_id":42}"#;
    let mut line = record(NOW + 123_456_789, body);
    line.severity_number = 17;
    line.severity_text = "ERR".to_owned();
    line.observed_time_unix_nano = NOW as u64;
    line.trace_id = vec![7; 16];
    line.span_id = vec![8; 8];
    let (start, len) = (7_u32, 11_u32);
    let place = [start.to_le_bytes(), len.to_le_bytes()].concat();
    line.attributes = vec![attribute(WEIR_JSON, Value::BytesValue(place)), text("log.iostream", "stdout")];
    stage.put_new(&lines(3, NOW + 1, vec![(4096, line)])).await;
    stage.put_new(&spans("web", NOW, vec![span(7, 8, 0, 0, 5)])).await;

    let id = stage.rows().await[0].id.parse().expect("a number");
    let found = serde_json::to_value(stage.store.log(id).await.expect("it is there")).expect("JSON");
    let expected = json!({
        "id": id.to_string(), "time_ms": (NOW / MS) as f64 + 123.456_789, "time": "2026-11-24T13:30:00.123456789Z",
        "observed_ms": (NOW / MS) as f64, "received_ms": (NOW / MS) as f64 + 0.000_001, "level": "error",
        "severity_number": 17, "severity_text": "ERR", "service": null, "message": "caf\u{e9}", "truncated": false,
        "source": "/var/log/3.log", "trace_id": "07".repeat(16), "span_id": "08".repeat(8), "body": body,
        "json": {"msg": "caf\u{e9}", "user_id": 42}, "attributes": {"log.iostream": "stdout"},
        "resource": {"log.file.path": "/var/log/3.log", "host.name": "n1"},
        "scope": {"name": "weir.tail", "version": ""},
        "file": {"path": "/var/log/3.log", "id": format!("{:032x}", 3), "offset": 4096}, "trace_exists": true,
    });
    assert_eq!(found, expected);
    assert!(matches!(stage.store.log(id + 1).await, Err(QueryError::NotFound(_))));
}

#[tokio::test]
async fn a_body_that_is_no_text_is_shown_as_json_and_a_long_one_is_cut_in_lists() {
    let stage = Stage::new();
    let mut structured = record(NOW, "");
    structured.body = attribute("", Value::IntValue(5)).value;
    stage.put_new(&logs("web", NOW, vec![structured, record(NOW + MS, &"\u{e4}".repeat(5000))])).await;
    let rows = stage.rows().await;
    assert_eq!(rows[1].message, "5");
    assert_eq!((rows[0].message.chars().count(), rows[0].truncated), (2000, true));
}

#[tokio::test]
async fn neighbours_of_a_line_are_those_of_its_file() {
    let stage = Stage::new();
    let line = |n: i64| (n * 10, record(NOW - n % 3 * MS, &format!("line{n}")));
    stage.put_new(&lines(1, NOW, (0..20).map(line).collect())).await;
    stage.put_new(&lines(2, NOW, (0..20).map(line).collect())).await;
    let id = stage.store.logs(crate::LogQuery {
        selection: selection("line7", &["log.file.path=/var/log/2.log"]),
        limit: 1,
        ..crate::LogQuery::default()
    });
    let id = id.await.expect("readable").records[0].id.parse().expect("a number");
    let context = stage.store.log_context(id, 2, 100).await.expect("it is there");
    let messages = |rows: &[crate::LogRow]| rows.iter().map(|row| row.message.clone()).collect::<Vec<_>>();
    assert_eq!(context.by, ContextBy::File);
    assert_eq!(messages(&context.before), ["line5", "line6"]);
    assert_eq!(context.record.message, "line7");
    assert_eq!(messages(&context.after), (8..20).map(|n| format!("line{n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn neighbours_of_other_records_are_those_of_their_service() {
    let stage = Stage::new();
    for service in ["web", "db"] {
        let records = (0..9).map(|n| record(NOW + n * MS, &format!("{service}{n}"))).collect();
        stage.put_new(&logs(service, NOW, records)).await;
    }
    let row = &stage.rows().await.into_iter().find(|row| row.message == "db4").expect("it is there");
    let context =
        stage.store.log_context(row.id.parse().expect("a number"), 1, 1).await.expect("it is there");
    assert_eq!(context.by, ContextBy::Service);
    assert_eq!((context.before[0].message.as_str(), context.after[0].message.as_str()), ("db3", "db5"));
}

#[tokio::test]
async fn facets_count_values_of_every_kind_of_field() {
    let stage = Stage::new();
    let records = (0..30_i64).map(|n| {
        let mut record =
            record(NOW + n * MS, &json!({"path": "/", "http": {"status": 200 + n % 3}}).to_string());
        record.severity_number = if n % 10 == 0 { 17 } else { 9 };
        record.attributes = vec![int("request", n), text("path", "shadows the body's")];
        record
    });
    stage.put_new(&logs("web", NOW, records.collect())).await;
    let query = FacetQuery { selection: selection("", &[]), limit: 2, ..FacetQuery::default() };
    let facets = stage.store.log_facets(query.clone()).await.expect("readable");
    assert_eq!((facets.records, facets.sampled, facets.complete), (30, false, true));
    let found: Vec<(&str, u64, u64)> =
        facets.facets.iter().map(|facet| (facet.field.as_str(), facet.records, facet.distinct)).collect();
    let expected =
        [("level", 30, 2), ("service", 30, 1), ("http.status", 30, 3), ("path", 30, 1), ("request", 30, 30)];
    assert_eq!(found, expected);
    let level = &facets.facets[0].values;
    assert_eq!((level[0].value.as_str(), level[0].records, level[1].records), ("info", 27, 3));
    assert_eq!(facets.facets[2].values.len(), 2, "no more than the limit");
    assert_eq!(facets.facets[3].values[0].value, "shadows the body's");

    let some = FacetQuery { fields: vec!["http.status".to_owned()], ..query };
    let facets = stage.store.log_facets(some).await.expect("readable").facets;
    assert_eq!(facets.len(), 1);
}

#[tokio::test]
async fn a_member_with_the_name_of_a_record_s_own_field_is_not_counted_a_second_time() {
    let stage = Stage::new();
    let mut line = record(NOW, r#"{"level":"error","service":"inner","body":"b"}"#);
    line.severity_number = 17;
    stage.put_new(&logs("web", NOW, vec![line])).await;
    let query = FacetQuery { selection: selection("", &[]), limit: 5, ..FacetQuery::default() };
    let facets = stage.store.log_facets(query).await.expect("readable").facets;
    let found: Vec<(&str, u64, &str)> = facets
        .iter()
        .map(|facet| (facet.field.as_str(), facet.records, facet.values[0].value.as_str()))
        .collect();
    assert_eq!(found, [("level", 1, "error"), ("service", 1, "web")]);
}

#[tokio::test]
async fn a_histogram_has_every_bucket_of_its_range() {
    let stage = Stage::new();
    let mut records: Vec<_> = (0..100).map(|n| record(NOW + n * 100 * MS, "x")).collect();
    records[3].severity_number = 20;
    stage.put_new(&logs("web", NOW, records)).await;
    let mut selection = selection("", &[]);
    (selection.from, selection.to) = (NOW + 500 * MS, NOW + 20_000 * MS);
    let histogram = stage.store.log_histogram(selection.clone(), 20).await.expect("readable");
    assert_eq!((histogram.bucket_ms, histogram.buckets.len(), histogram.total), (1000, 20, 95));
    assert_eq!(histogram.buckets[0].start_ms, (NOW / MS) as f64);
    let totals: Vec<u64> = histogram.buckets.iter().map(|bucket| bucket.total).collect();
    assert_eq!(totals, [[5].as_slice(), &[10; 9], &[0; 10]].concat());
    selection.from = NOW;
    let histogram = stage.store.log_histogram(selection, 1).await.expect("readable");
    assert_eq!(
        (histogram.bucket_ms, histogram.levels.of(Level::Error), histogram.levels.of(Level::Info)),
        (30_000, 1, 99)
    );
}
