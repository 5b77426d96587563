//! Spans as instrumented services send them: about 720 bytes and 20 attributes each.

use bytes::Bytes;
use prost::Message;
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::common::any_value::Value;
use weir_proto::generated::otlp::common::{AnyValue, InstrumentationScope, KeyValue};
use weir_proto::generated::otlp::resource::Resource;
use weir_proto::generated::otlp::trace::{ResourceSpans, ScopeSpans, Span, Status};

/// An encoded request of `count` spans, one resource and one scope; `seed` tells requests apart.
pub fn request(seed: u64, count: u64) -> Bytes {
    let scope = ScopeSpans {
        scope: Some(InstrumentationScope {
            name: "checkout".to_owned(),
            version: "1.4.2".to_owned(),
            ..InstrumentationScope::default()
        }),
        spans: (0..count).map(|number| span(seed.wrapping_mul(1_000_003).wrapping_add(number))).collect(),
        ..ScopeSpans::default()
    };
    let resource = Resource {
        attributes: vec![
            text("service.name", "checkout".to_owned()),
            text("host.name", "node-7".to_owned()),
            text("k8s.pod.uid", "7d0c3a0e-7c1b-4e0c-9f7e-0a5e3c1d2b4f".to_owned()),
        ],
        ..Resource::default()
    };
    let spans =
        ResourceSpans { resource: Some(resource), scope_spans: vec![scope], ..ResourceSpans::default() };
    Bytes::from(ExportTraceServiceRequest { resource_spans: vec![spans] }.encode_to_vec())
}

fn span(number: u64) -> Span {
    let id = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let start = 1_760_000_000_000_000_000 + number * 1000;
    Span {
        // The last seven bytes are what samplers take for random.
        trace_id: [number.to_be_bytes(), id.to_be_bytes()].concat(),
        span_id: id.to_le_bytes().to_vec(),
        parent_span_id: number.to_le_bytes().map(|byte| byte | 1).to_vec(),
        name: format!("GET /api/v1/orders/{}", number % 97),
        kind: 2,
        start_time_unix_nano: start,
        end_time_unix_nano: start + 25_000_000,
        attributes: attributes(number),
        status: Some(Status::default()),
        ..Span::default()
    }
}

fn attributes(number: u64) -> Vec<KeyValue> {
    let mut attributes = vec![
        text("http.request.method", "GET".to_owned()),
        text("http.route", "/api/v1/orders/{id}".to_owned()),
        text("url.path", format!("/api/v1/orders/{number}")),
        text("server.address", "orders.shop.svc.cluster.local".to_owned()),
        text("network.protocol.version", "1.1".to_owned()),
        text("user_agent.original", "okhttp/4.12.0".to_owned()),
        integer("http.response.status_code", 200),
        integer("server.port", 8080),
        integer("thread.id", number as i64 % 64),
    ];
    for index in 0..11 {
        attributes
            .push(text(&format!("app.key.{index:02}"), format!("value-{:06}", (number + index) % 1_000_000)));
    }
    attributes
}

fn text(key: &str, value: String) -> KeyValue {
    attribute(key, Value::StringValue(value))
}

fn integer(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::IntValue(value))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

#[cfg(test)]
mod tests;
