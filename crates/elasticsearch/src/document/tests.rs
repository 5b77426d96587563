//! Documents as Elasticsearch will read them.

use std::collections::HashSet;

use bytes::Bytes;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use prost::Message;
use serde_json::{Value, json};
use weir_config::DataStream;
use weir_model::{Batch, OrderKey, Signal, UnixNanos};
use weir_proto::attributes::{SCOPE_TAIL, WEIR_FILE_ID, WEIR_JSON};
use weir_proto::generated::otlp::collector_logs::ExportLogsServiceRequest;
use weir_proto::generated::otlp::common::{AnyValue, KeyValue, KeyValueList, any_value};
use weir_proto::generated::otlp::logs::{LogRecord as ProstRecord, ResourceLogs, ScopeLogs};
use weir_proto::otlp::AnyValueView::{Bytes as BytesValue, Int, Str};
use weir_proto::otlp::write::{Attribute, LogRecord, LogsHeader, LogsWriter};

use super::{DocumentWriter, Lines};

const FILE_ID: &str = "65f0a1b2c3d4e5f60718293a4b5c6d7e";
/// 2023-11-14T22:13:20Z
const RECEIVED: UnixNanos = UnixNanos(1_700_000_000_000_000_000);

#[derive(Default)]
pub(crate) struct Text {
    pub(crate) out: Vec<u8>,
    documents: u64,
}

impl Lines for Text {
    fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    fn end_document(&mut self) {
        self.documents += 1;
    }
}

pub(crate) fn stream() -> DataStream {
    DataStream { dataset: "app".to_owned(), namespace: "default".to_owned() }
}

pub(crate) fn batch_of(payload: impl Into<Bytes>, records: u32) -> Batch {
    Batch { signal: Signal::Logs, records, key: OrderKey::ANY, received: RECEIVED, payload: payload.into() }
}

/// A batch as the tailer writes it, with one record per body at offsets 0, 100, 200, ...
pub(crate) fn tailed(bodies: &[&str]) -> Batch {
    let header = LogsHeader::new(
        &[("service.name", Str("shop")), ("log.file.path", Str("/var/log/shop.log"))],
        SCOPE_TAIL,
        &[(WEIR_FILE_ID, Str(FILE_ID))],
    );
    let mut writer = LogsWriter::new(&header, 0);
    for (index, body) in bodies.iter().enumerate() {
        let attributes = [("log.offset", Int(index as i64 * 100))];
        writer.append(&LogRecord { body, attributes: &attributes, ..LogRecord::default() });
    }
    batch_of(writer.finish(), bodies.len() as u32)
}

/// A batch as an application sends it.
fn sent(resource: &[Attribute<'_>], scope: &str, records: &[LogRecord<'_>]) -> Batch {
    let mut writer = LogsWriter::new(&LogsHeader::new(resource, scope, &[]), 0);
    records.iter().for_each(|record| writer.append(record));
    batch_of(writer.finish(), records.len() as u32)
}

fn text(batch: &Batch) -> String {
    let mut lines = Text::default();
    let written = DocumentWriter::new(&stream()).put_batch(batch, &mut lines);
    assert_eq!(written, lines.documents);
    String::from_utf8(lines.out).unwrap()
}

/// Ids and documents.
fn documents(batch: &Batch) -> Vec<(String, Value)> {
    let text = text(batch);
    let lines: Vec<&str> = text.lines().collect();
    let document = |pair: &[&str]| {
        let action: Value = serde_json::from_str(pair[0]).unwrap();
        let id = action["create"]["_id"].as_str().unwrap().to_owned();
        (id, serde_json::from_str(pair[1]).unwrap())
    };
    lines.chunks(2).map(document).collect()
}

fn document(record: LogRecord<'_>) -> Value {
    documents(&sent(&[], "", &[record])).remove(0).1
}

/// Start and length of a message within its body, as [`WEIR_JSON`] has them.
fn message_at(body: &str, message: &str) -> [u8; 8] {
    let start = body.find(message).unwrap() as u32;
    let mut range = [0; 8];
    range[..4].copy_from_slice(&start.to_le_bytes());
    range[4..].copy_from_slice(&(message.len() as u32).to_le_bytes());
    range
}

#[test]
fn a_tailed_line_has_the_id_of_its_place_and_the_fields_of_its_file() {
    let [(first, document), (second, _)] = documents(&tailed(&["one \"two\"\t", "x"])).try_into().unwrap();
    assert_eq!(first, format!("{FILE_ID}0000000000000000"));
    assert_eq!(second, format!("{FILE_ID}0000000000000064"));
    let expected = json!({
        "@timestamp": "2023-11-14T22:13:20.000Z",
        "data_stream.type": "logs",
        "data_stream.dataset": "app",
        "data_stream.namespace": "default",
        "service.name": "shop",
        "log.file.path": "/var/log/shop.log",
        "message": "one \"two\"\t",
        "log.offset": 0,
    });
    assert_eq!(document, expected);
}

#[test]
fn a_json_line_keeps_its_object_unparsed_and_its_message_unescaped() {
    let body = r#" {"msg":"caf\u00e9 \"x\"","n":1.50,"a":{"b":[null]}} "#;
    let range = message_at(body, r#""caf\u00e9 \"x\"""#);
    let attributes = [(WEIR_JSON, BytesValue(&range))];
    let record = LogRecord { body, attributes: &attributes, ..LogRecord::default() };
    let text = text(&sent(&[], SCOPE_TAIL, &[record]));
    assert!(text.contains(r#","message":"caf\u00e9 \"x\"","#), "{text}");
    assert!(
        text.ends_with(",\"json\":{\"msg\":\"caf\\u00e9 \\\"x\\\"\",\"n\":1.50,\"a\":{\"b\":[null]}}}\n"),
        "{text}"
    );
    assert!(!text.contains("weir.json"));
}

#[test]
fn a_json_line_without_a_message_is_its_own_message() {
    let body = r#"{"n":1}"#;
    let attributes = [(WEIR_JSON, BytesValue(&[0; 8]))];
    let found = document(LogRecord { body, attributes: &attributes, ..LogRecord::default() });
    assert_eq!((&found["message"], &found["json"]), (&json!(body), &json!({"n": 1})));
    let range = message_at(r#"{"n":1}"#, "1");
    let attributes = [(WEIR_JSON, BytesValue(&range))];
    let found = document(LogRecord { body, attributes: &attributes, ..LogRecord::default() });
    assert_eq!(found["message"], json!("1"));
}

#[test]
fn a_mark_that_does_not_fit_its_body_cannot_break_the_frame() {
    let far = [[1_u32, 4000].map(u32::to_le_bytes).concat(), vec![255; 8], vec![1], vec![]];
    for mark in &far {
        let body = r#"{"n":1}"#;
        let attributes = [(WEIR_JSON, BytesValue(mark))];
        let found = document(LogRecord { body, attributes: &attributes, ..LogRecord::default() });
        assert_eq!(found["message"], json!(body), "{mark:?}");
    }
    let body = "{\"a\":1}\n{\"create\":{\"_id\":\"other\"}}\n{}";
    for body in [body, "not an object", "{", ""] {
        let attributes = [(WEIR_JSON, BytesValue(&[0; 8]))];
        let record = LogRecord { body, attributes: &attributes, ..LogRecord::default() };
        assert_eq!(text(&sent(&[], "", &[record])).lines().count(), 2);
        let found = document(record);
        assert_eq!((&found["message"], found.get("json")), (&json!(body), None));
    }
}

#[test]
fn the_time_is_the_record_s_own_else_when_it_was_observed() {
    let time = |time_unix_nano, observed_time_unix_nano| {
        let record = LogRecord { time_unix_nano, observed_time_unix_nano, ..LogRecord::default() };
        document(record)["@timestamp"].as_str().unwrap().to_owned()
    };
    assert_eq!(time(1_000_000_000, 2_000_000_000), "1970-01-01T00:00:01.000Z");
    assert_eq!(time(0, 2_000_000_000), "1970-01-01T00:00:02.000Z");
    assert_eq!(time(0, 0), "2023-11-14T22:13:20.000Z");
}

#[test]
fn severities_become_levels_and_another_word_is_kept() {
    let level = |severity_number, severity_text| {
        let found = document(LogRecord { severity_number, severity_text, ..LogRecord::default() });
        (found["log.level"].clone(), found["log.severity_text"].clone())
    };
    assert_eq!(level(13, "WARN"), (json!("warn"), Value::Null));
    assert_eq!(level(17, ""), (json!("error"), Value::Null));
    assert_eq!(level(10, "Notice"), (json!("info"), json!("Notice")));
    assert_eq!(level(0, "audit"), (json!("audit"), Value::Null));
    assert_eq!(level(0, ""), (Value::Null, Value::Null));
    assert_eq!(level(25, "x"), (json!("x"), Value::Null));
}

#[test]
fn ids_stream_and_exception_have_fields_of_their_own() {
    let attributes = [
        ("correlation.id", Str("req-7")),
        ("log.iostream", Str("stderr")),
        ("exception.type", Str("E")),
        ("exception.stacktrace", Str("at\nb")),
        ("exception.escaped", Str("true")),
    ];
    let record = LogRecord {
        trace_id: Some([0xab; 16]),
        span_id: Some([1; 8]),
        attributes: &attributes,
        ..LogRecord::default()
    };
    let found = document(record);
    assert_eq!(found["trace.id"], json!("ab".repeat(16)));
    assert_eq!(found["span.id"], json!("01".repeat(8)));
    assert_eq!(found["correlation.id"], json!("req-7"));
    assert_eq!(found["stream"], json!("stderr"));
    assert_eq!((&found["error.type"], &found["error.stack_trace"]), (&json!("E"), &json!("at\nb")));
    assert_eq!(found["attributes"], json!({"exception.escaped": "true"}));
}

#[test]
fn resource_attributes_become_ecs_fields_and_the_others_labels() {
    let resource = [
        ("k8s.pod.name", Str("shop-1")),
        ("k8s.namespace.name", Str("prod")),
        ("deployment.environment", Str("old")),
        ("deployment.environment.name", Str("new")),
        ("process.pid", Int(7)),
        ("team", Str("x")),
        ("team", Str("again")),
        ("n", Int(3)),
    ];
    let record = LogRecord { body: "b", ..LogRecord::default() };
    let (_, found) = documents(&sent(&resource, "my.logger", &[record])).remove(0);
    assert_eq!(found["kubernetes.pod.name"], json!("shop-1"));
    assert_eq!(found["kubernetes.namespace"], json!("prod"));
    assert_eq!(found["service.environment"], json!("old"));
    assert_eq!(found["process.pid"], json!("7"));
    assert_eq!(found["labels"], json!({"team": "x", "n": 3}));
    assert_eq!(found["log.logger"], json!("my.logger"));
}

#[test]
fn a_key_may_be_long() {
    let key = "k".repeat(1000);
    let attributes = [(key.as_str(), Int(1))];
    let found = document(LogRecord { attributes: &attributes, ..LogRecord::default() });
    assert_eq!(found["attributes"], json!({key: 1}));
}

#[test]
fn no_document_has_a_key_twice() {
    // Many keys share a bit, so that looking back is needed too.
    let keys: Vec<String> = (0..200).map(|index| format!("k{}", index % 150)).collect();
    let attributes: Vec<Attribute<'_>> = keys.iter().map(|key| (key.as_str(), Int(1))).collect();
    let record = LogRecord { attributes: &attributes, ..LogRecord::default() };
    let text = text(&sent(&attributes, "", &[record]));
    for key in &keys {
        assert_eq!(text.matches(&format!("\"{key}\":")).count(), 2, "{key}");
    }
}

#[test]
fn attributes_of_the_wrong_type_are_as_any_other() {
    let attributes = [("log.offset", Str("far")), ("correlation.id", Int(5)), (WEIR_JSON, Str("x"))];
    let found = document(LogRecord { attributes: &attributes, ..LogRecord::default() });
    assert_eq!(found["attributes"], json!({"log.offset": "far", "correlation.id": 5, "weir.json": "x"}));
    assert_eq!((found.get("log.offset"), found.get("json")), (None, None));
}

fn prost_request(records: Vec<ProstRecord>) -> ExportLogsServiceRequest {
    let scope_logs = vec![ScopeLogs { log_records: records, ..Default::default() }];
    ExportLogsServiceRequest { resource_logs: vec![ResourceLogs { scope_logs, ..Default::default() }] }
}

#[test]
fn a_body_that_is_no_text_becomes_json_text_and_no_body_no_message() {
    let int = AnyValue { value: Some(any_value::Value::IntValue(5)) };
    let entry = KeyValue { key: "a".to_owned(), value: Some(int), ..Default::default() };
    let list = any_value::Value::KvlistValue(KeyValueList { values: vec![entry] });
    let with_body = ProstRecord { body: Some(AnyValue { value: Some(list) }), ..Default::default() };
    let event = ProstRecord { event_name: "login".to_owned(), ..Default::default() };
    let batch = batch_of(prost_request(vec![with_body, event]).encode_to_vec(), 2);
    let found = documents(&batch);
    assert_eq!(found[0].1["message"], json!(r#"{"a":5}"#));
    assert_eq!((found[1].1.get("message"), &found[1].1["event.action"]), (None, &json!("login")));
}

#[test]
fn an_otlp_record_has_the_same_id_again_and_another_in_another_place_or_batch() {
    let records = [LogRecord { body: "same", ..LogRecord::default() }; 2];
    let batch = sent(&[], "", &records);
    let ids = |batch: &Batch| documents(batch).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(ids(&batch), ids(&batch));
    let later = Batch { received: UnixNanos(RECEIVED.0 + 1), ..batch.clone() };
    let all: HashSet<String> = ids(&batch).into_iter().chain(ids(&later)).collect();
    assert_eq!(all.len(), 4);
    // 1,700,000,000 seconds, then 128 bits.
    assert!(all.iter().all(|id| id.starts_with("6553f100") && id.len() == 40), "{all:?}");
}

#[test]
fn a_file_id_that_is_none_does_not_get_into_the_action_line() {
    for bad in ["\"}}\n", "65F0A1B2C3D4E5F60718293A4B5C6D7E", "65"] {
        let header = LogsHeader::new(&[], SCOPE_TAIL, &[(WEIR_FILE_ID, Str(bad))]);
        let mut writer = LogsWriter::new(&header, 0);
        writer.append(&LogRecord { attributes: &[("log.offset", Int(1))], ..LogRecord::default() });
        let found = documents(&batch_of(writer.finish(), 1));
        assert!(found[0].0.starts_with("6553f100"), "{}", found[0].0);
    }
}

#[test]
fn a_record_that_cannot_be_read_is_left_out_and_the_others_are_written() {
    let good = |text: &str| {
        let text = any_value::Value::StringValue(text.to_owned());
        ProstRecord { body: Some(AnyValue { value: Some(text) }), ..Default::default() }
    };
    let bad_id = ProstRecord { trace_id: vec![1, 2], ..Default::default() };
    let batch = batch_of(prost_request(vec![good("a"), bad_id, good("b")]).encode_to_vec(), 3);
    let messages: Vec<Value> = documents(&batch).iter().map(|(_, found)| found["message"].clone()).collect();
    assert_eq!(messages, [json!("a"), json!("b")]);
}

proptest! {
    #[test]
    fn any_line_reads_back_as_it_was(body in any::<String>(), key in any::<String>(), value in any::<String>()) {
        let attributes = [(key.as_str(), Str(&value))];
        let record = LogRecord { body: &body, attributes: &attributes, ..LogRecord::default() };
        let found = document(record);
        prop_assert_eq!(found["message"].as_str(), Some(body.as_str()));
        if !key.contains('.') {
            prop_assert_eq!(found["attributes"][&key].as_str(), Some(value.as_str()));
        }
    }

    #[test]
    fn bytes_that_are_no_request_make_no_broken_lines(payload in proptest::collection::vec(any::<u8>(), 0..300)) {
        let text = text(&batch_of(payload, 1));
        prop_assert!(text.is_empty() || text.ends_with('\n'));
        prop_assert!(text.lines().count().is_multiple_of(2));
    }
}
