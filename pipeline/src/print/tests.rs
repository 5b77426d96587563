//! What a person sees.

use bytes::Bytes;
use prost::Message;
use weir_delivery::Exporter;
use weir_model::{Batch, OrderKey, Signal, UnixNanos};
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::trace::{ResourceSpans, ScopeSpans, Span};

use super::Print;

fn batch(signal: Signal, payload: Vec<u8>) -> Batch {
    Batch { signal, records: 1, key: OrderKey::ANY, received: UnixNanos(0), payload: Bytes::from(payload) }
}

#[test]
fn a_span_shows_its_name_and_duration() {
    let span = Span { name: "GET /".to_owned(), end_time_unix_nano: 1_500_000, ..Span::default() };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    let payload = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
    let (text, records) = Print.encode(&[batch(Signal::Traces, payload)]).request.expect("there is a line");
    assert!(text.starts_with("span") && text.ends_with("GET / 1.500 ms\n"), "{text}");
    assert_eq!(records, 1);
}

#[test]
fn a_batch_that_cannot_be_read_says_so_and_does_not_stop_the_others() {
    let (text, _) = Print.encode(&[batch(Signal::Logs, vec![0xff])]).request.expect("there is a line");
    assert!(text.starts_with("logs batch cannot be shown"), "{text}");
}
