//! Spans as services send them.

use std::time::{Duration, SystemTime};

use prost::Message;
use weir_e2e::post_until_acknowledged;
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::common::{AnyValue, KeyValue, any_value};
use weir_proto::generated::otlp::resource::Resource;
use weir_proto::generated::otlp::trace::{ResourceSpans, ScopeSpans, Span, Status};

/// A span to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    pub(crate) trace_id: u128,
    pub(crate) span_id: u64,
    pub(crate) is_root: bool,
    pub(crate) is_error: bool,
    pub(crate) service: &'static str,
    pub(crate) name: &'static str,
    pub(crate) duration: Duration,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            trace_id: 1,
            span_id: 1,
            is_root: false,
            is_error: false,
            service: "shop",
            name: "GET /",
            duration: Duration::from_millis(10),
        }
    }
}

/// Sends spans in one request to the OTLP listener on `port`, until it is acknowledged.
pub(crate) fn send(port: u16, specs: &[Spec]) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let resource_spans = specs.iter().map(|spec| resource_spans(spec, now)).collect();
    let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
    post_until_acknowledged(&format!("http://127.0.0.1:{port}/v1/traces"), &body, Duration::from_secs(60));
}

fn resource_spans(spec: &Spec, now: Duration) -> ResourceSpans {
    let end = now.as_nanos() as u64;
    let span = Span {
        trace_id: spec.trace_id.to_be_bytes().to_vec(),
        span_id: spec.span_id.to_be_bytes().to_vec(),
        parent_span_id: if spec.is_root { Vec::new() } else { 1_u64.to_be_bytes().to_vec() },
        name: spec.name.to_owned(),
        kind: 2,
        start_time_unix_nano: end - spec.duration.as_nanos() as u64,
        end_time_unix_nano: end,
        status: spec.is_error.then(|| Status { code: 2, ..Status::default() }),
        ..Span::default()
    };
    let value = Some(AnyValue { value: Some(any_value::Value::StringValue(spec.service.to_owned())) });
    let name = KeyValue { key: "service.name".to_owned(), value, ..KeyValue::default() };
    let resource = Some(Resource { attributes: vec![name], ..Resource::default() });
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }
}
