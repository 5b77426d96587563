//! Requests for this crate's tests, and what came of them.

use bytes::Bytes;
use prost::Message;
use weir_proto::generated::otlp::collector_logs::ExportLogsServiceRequest;
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::common::any_value::Value;
use weir_proto::generated::otlp::common::{AnyValue, ArrayValue, KeyValue};
use weir_proto::generated::otlp::logs::{LogRecord, ResourceLogs, ScopeLogs};
use weir_proto::generated::otlp::resource::Resource;
use weir_proto::generated::otlp::trace::{ResourceSpans, ScopeSpans, Span};

use crate::IntakeSettings;

/// Settings that change nothing, with exporters for every signal.
pub(crate) fn settings() -> IntakeSettings {
    IntakeSettings {
        resource: Vec::new(),
        correlation_keys: Vec::new(),
        traces_ratio: 1.0,
        logs_follow_traces: false,
        has_exporter: [true; 3],
    }
}

pub(crate) fn text(text: &str) -> Value {
    Value::StringValue(text.to_owned())
}

pub(crate) fn texts(texts: &[&str]) -> Value {
    let values = texts.iter().map(|item| AnyValue { value: Some(text(item)) }).collect();
    Value::ArrayValue(ArrayValue { values })
}

pub(crate) fn attributes(attributes: &[(&str, Value)]) -> Vec<KeyValue> {
    let attribute = |(key, value): &(&str, Value)| KeyValue {
        key: (*key).to_owned(),
        value: Some(AnyValue { value: Some(value.clone()) }),
        ..KeyValue::default()
    };
    attributes.iter().map(attribute).collect()
}

/// A trace id with this randomness.
pub(crate) fn trace_id(randomness: u64) -> Vec<u8> {
    (1_u128 << 100 | u128::from(randomness)).to_be_bytes().to_vec()
}

pub(crate) fn span(trace_id: Vec<u8>) -> Span {
    Span { trace_id, span_id: vec![7; 8], name: "work".to_owned(), ..Span::default() }
}

pub(crate) fn record(trace_id: Vec<u8>) -> LogRecord {
    LogRecord { trace_id, body: Some(AnyValue { value: Some(text("line")) }), ..LogRecord::default() }
}

/// One resource and scope with `spans`.
pub(crate) fn traces(resource: Option<Resource>, spans: Vec<Span>) -> ExportTraceServiceRequest {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }
}

/// One resource and scope with `records`.
pub(crate) fn logs(resource: Option<Resource>, records: Vec<LogRecord>) -> ExportLogsServiceRequest {
    let scope_logs = vec![ScopeLogs { log_records: records, ..ScopeLogs::default() }];
    let resource_logs = vec![ResourceLogs { resource, scope_logs, ..ResourceLogs::default() }];
    ExportLogsServiceRequest { resource_logs }
}

pub(crate) fn encode(request: &impl Message) -> Bytes {
    Bytes::from(request.encode_to_vec())
}

pub(crate) fn spans_of(payload: &[u8]) -> Vec<Span> {
    let request = ExportTraceServiceRequest::decode(payload).unwrap();
    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

pub(crate) fn records_of(payload: &[u8]) -> Vec<LogRecord> {
    let request = ExportLogsServiceRequest::decode(payload).unwrap();
    let scopes = request.resource_logs.into_iter().flat_map(|resource| resource.scope_logs);
    scopes.flat_map(|scope| scope.log_records).collect()
}
