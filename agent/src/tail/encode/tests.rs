//! Records from lines.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use weir_config::{LineFormat, LogsConfig, StartAt};
use weir_intake::IntakeSettings;

use super::{Encoder, Line, Style};
use crate::tail::cri::Stream;
use crate::tail::entry::Entries;
use crate::tail::identity::FileId;
use crate::tail::tests::decoded::{Decoded, decode};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn settings() -> IntakeSettings {
    IntakeSettings {
        resource: vec![
            ("service.name".to_owned(), "node".to_owned()),
            ("host.name".to_owned(), "n1".to_owned()),
        ],
        correlation_keys: vec!["request_id".to_owned()],
        traces_ratio: 1.0,
        logs_follow_traces: false,
        has_exporter: [true; 3],
    }
}

fn encode(format: LineFormat, text: &str, source: Option<(u64, Stream)>) -> Decoded {
    let config = LogsConfig {
        name: "app".to_owned(),
        paths: vec!["/a.log".to_owned()],
        exclude: Vec::new(),
        format,
        start_at: StartAt::Beginning,
        line_bytes_max: 1000,
        attributes: [("service.name".to_owned(), "shop".to_owned())].into(),
    };
    let entries = Entries::new(&[config]).expect("valid");
    let style = Style::new(Arc::new(settings()));
    let entry = entries.iter().next().expect("one");
    let header = style.header(entry, Path::new("/a.log"), FileId([7; 16]));
    let mut encoder = Encoder::new(&style, &header, format, text.len(), 1);
    encoder.append(&Line { offset: 42, text: Cow::Borrowed(text), source });
    let encoded = encoder.finish();
    assert_eq!(encoded.records, 1);
    decode(&encoded.payload).remove(0)
}

#[test]
fn a_json_line_stays_raw_and_tells_time_severity_ids_and_message() {
    let line = format!(
        r#" {{"time":"2026-11-24T12:00:00Z","level":"WARN","msg":"hi","trace_id":"{TRACE}","request_id":"r-1"}}"#
    );
    let record = encode(LineFormat::Auto, &line, None);
    assert_eq!(record.body, line);
    assert_eq!((record.offset, record.time), (42, 1_795_521_600_000_000_000));
    assert_eq!((record.severity, record.severity_text.as_str()), (13, "WARN"));
    assert_eq!(record.trace_id.map(|id| id[0]), Some(0x4b));
    assert_eq!(record.json_message.as_deref(), Some("\"hi\""));
    assert_eq!(record.attributes["correlation.id"], "r-1");
    assert_eq!(record.file_id, "07".repeat(16));
}

#[test]
fn a_json_line_without_a_message_is_marked_all_the_same() {
    assert_eq!(encode(LineFormat::Json, "{}", None).json_message.as_deref(), Some(""));
}

#[test]
fn the_trace_id_stands_in_for_a_correlation_id() {
    let record = encode(LineFormat::Auto, &format!(r#"{{"trace_id":"{TRACE}"}}"#), None);
    assert_eq!(record.attributes["correlation.id"], TRACE);
}

#[test]
fn under_plain_a_json_line_is_a_line_like_any_other() {
    let record = encode(LineFormat::Plain, r#"{"level":"error"}"#, None);
    assert_eq!((record.json_message, record.severity), (None, 0));
}

#[test]
fn the_runtime_s_time_counts_where_the_line_has_none() {
    let source = Some((5, Stream::Stderr));
    let plain = encode(LineFormat::Cri, "text", source);
    assert_eq!((plain.time, plain.attributes["log.iostream"].as_str()), (5, "stderr"));
    let json = encode(LineFormat::Cri, r#"{"msg":"x","request_id":"r"}"#, source);
    assert_eq!((json.time, json.attributes["log.iostream"].as_str()), (5, "stderr"));
    assert_eq!(json.attributes["correlation.id"], "r");
    let timed = encode(LineFormat::Cri, r#"{"time":"2026-11-24T12:00:00Z"}"#, source);
    assert_eq!(timed.time, 1_795_521_600_000_000_000);
}

#[test]
fn an_entry_s_attributes_win_over_the_node_s() {
    let resource = encode(LineFormat::Auto, "x", None).resource;
    assert_eq!(resource["service.name"], "shop");
    assert_eq!(resource["host.name"], "n1");
    assert_eq!(resource["log.file.path"], "/a.log");
    assert_eq!(resource.len(), 3);
}
