//! Senders of spans.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prost::Message;
use weir_e2e::post_until_acknowledged;
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::trace::{ResourceSpans, ScopeSpans, Span};

/// Spans that both senders put into a trace.
pub(crate) const PER_TRACE: usize = 2;

/// Sends with the OpenTelemetry SDK for Rust over gRPC; returns when it has flushed.
pub(crate) fn send_with_the_sdk(endpoint: &str, trace_ids: &[String]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime can be built");
    let _entered = runtime.enter();
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter.expect("an exporter can be built"))
        .with_resource(Resource::builder().with_service_name("sdk").build())
        .build();
    let tracer = provider.tracer("e2e");
    for trace_id in trace_ids {
        let trace_id = TraceId::from_hex(trace_id).expect("32 hexadecimal digits");
        let parent =
            SpanContext::new(trace_id, SpanId::from(1_u64), TraceFlags::SAMPLED, true, TraceState::default());
        let parent = Context::new().with_remote_span_context(parent);
        for number in 0..PER_TRACE {
            let span = tracer
                .span_builder("work")
                .with_kind(SpanKind::Server)
                .with_attributes([KeyValue::new("number", number as i64)]);
            drop(span.start_with_context(&tracer, &parent));
        }
    }
    provider.force_flush().expect("spans are acknowledged");
    provider.shutdown().expect("the provider stops");
}

/// Sends a request per trace over HTTP until each is acknowledged.
pub(crate) fn send_until_acknowledged(endpoint: &str, trace_ids: &[String]) {
    for trace_id in trace_ids {
        let body = request(trace_id).encode_to_vec();
        post_until_acknowledged(&format!("{endpoint}/v1/traces"), &body, Duration::from_secs(60));
    }
}

fn request(trace_id: &str) -> ExportTraceServiceRequest {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
    let spans = (1..=PER_TRACE as u64).map(|number| Span {
        trace_id: TraceId::from_hex(trace_id).expect("32 hexadecimal digits").to_bytes().to_vec(),
        span_id: number.to_be_bytes().to_vec(),
        name: format!("span {number}"),
        kind: 2,
        start_time_unix_nano: now,
        end_time_unix_nano: now + number * 1_000_000,
        ..Span::default()
    });
    let scope_spans = vec![ScopeSpans { spans: spans.collect(), ..ScopeSpans::default() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }],
    }
}
