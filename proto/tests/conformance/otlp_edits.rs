//! An edit equals decoding, editing and encoding.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use prost::Message;
use weir_proto::generated::otlp::collector_logs::ExportLogsServiceRequest;
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::common::any_value::Value;
use weir_proto::generated::otlp::common::{AnyValue, KeyValue};
use weir_proto::generated::otlp::logs::LogRecord;
use weir_proto::generated::otlp::resource::Resource;
use weir_proto::generated::otlp::trace::Span;
use weir_proto::otlp::logs::LogRecordView;
use weir_proto::otlp::traces::SpanView;
use weir_proto::otlp::{
    AnyValueView, Editor, Kind, Patch, Resource as ResourceKind, ResourceView, Verdict, check_logs,
    check_traces, logs, rewrite, traces,
};
use weir_proto::wire::WireError;

use super::choices::Choices;
use super::otlp_messages::{logs_request, trace_request};
use super::scramble::{Shape, scramble};

/// Text long enough to make a length take another byte.
const LONG: &str =
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";

/// Does to the bytes what [`edit_resource`], [`edit_span`] and [`edit_record`] do to prost's types.
struct Script<'a>(Choices<'a>);

impl Script<'_> {
    fn resource_edit(&mut self, patch: &mut Patch<ResourceKind>) -> Verdict {
        match self.0.below(4) {
            1 => patch.add_attribute("host.name", AnyValueView::Str("node")),
            2 => {
                patch.add_attribute("long", AnyValueView::Str(LONG));
                patch.add_attribute("number", AnyValueView::Int(-1));
            }
            3 => return Verdict::Drop,
            _ => {}
        }
        Verdict::Keep
    }
}

impl Editor<traces::Span> for Script<'_> {
    fn resource(
        &mut self,
        _resource: &ResourceView<'_, traces::Span>,
        patch: &mut Patch<ResourceKind>,
    ) -> Result<Verdict, WireError> {
        Ok(self.resource_edit(patch))
    }

    fn record(
        &mut self,
        _span: &SpanView<'_>,
        patch: &mut Patch<traces::Span>,
    ) -> Result<Verdict, WireError> {
        match self.0.below(6) {
            1 => patch.add_attribute("correlation.id", AnyValueView::Str("c")),
            2 => patch.set_trace_state("ot=th:8"),
            3 => {
                patch.set_trace_state(LONG);
                patch.set_trace_state("");
                patch.add_attribute("long", AnyValueView::Str(LONG));
            }
            4 => {
                patch.add_attribute("ignored", AnyValueView::Empty);
                return Ok(Verdict::Drop);
            }
            5 => return Ok(Verdict::Drop),
            _ => {}
        }
        Ok(Verdict::Keep)
    }
}

impl Editor<logs::LogRecord> for Script<'_> {
    fn resource(
        &mut self,
        _resource: &ResourceView<'_, logs::LogRecord>,
        patch: &mut Patch<ResourceKind>,
    ) -> Result<Verdict, WireError> {
        Ok(self.resource_edit(patch))
    }

    fn record(
        &mut self,
        _record: &LogRecordView<'_>,
        patch: &mut Patch<logs::LogRecord>,
    ) -> Result<Verdict, WireError> {
        match self.0.below(6) {
            1 => patch.add_attribute("correlation.id", AnyValueView::Bytes(b"c")),
            2 => {
                patch.set_trace_id(&[1; 16]);
                patch.set_span_id(&[2; 8]);
            }
            3 => {
                patch.set_severity_number(17);
                patch.set_severity_text("ERROR");
            }
            4 => patch.set_time_unix_nano(5),
            5 => return Ok(Verdict::Drop),
            _ => {}
        }
        Ok(Verdict::Keep)
    }
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), key_strindex: 0 }
}

fn text(text: &str) -> Value {
    Value::StringValue(text.to_owned())
}

/// Whether the resource stays.
fn edit_resource(resource: &mut Option<Resource>, choices: &mut Choices<'_>) -> bool {
    let mut add = |key, value| resource.get_or_insert_default().attributes.push(attribute(key, value));
    match choices.below(4) {
        1 => add("host.name", text("node")),
        2 => {
            add("long", text(LONG));
            add("number", Value::IntValue(-1));
        }
        3 => return false,
        _ => {}
    }
    true
}

/// Whether the span stays.
fn edit_span(span: &mut Span, choices: &mut Choices<'_>) -> bool {
    match choices.below(6) {
        1 => span.attributes.push(attribute("correlation.id", text("c"))),
        2 => span.trace_state = "ot=th:8".to_owned(),
        3 => {
            span.trace_state = String::new();
            span.attributes.push(attribute("long", text(LONG)));
        }
        4 | 5 => return false,
        _ => {}
    }
    true
}

/// Whether the record stays.
fn edit_record(record: &mut LogRecord, choices: &mut Choices<'_>) -> bool {
    match choices.below(6) {
        1 => record.attributes.push(attribute("correlation.id", Value::BytesValue(b"c".to_vec()))),
        2 => {
            record.trace_id = vec![1; 16];
            record.span_id = vec![2; 8];
        }
        3 => {
            record.severity_number = 17;
            record.severity_text = "ERROR".to_owned();
        }
        4 => record.time_unix_nano = 5,
        5 => return false,
        _ => {}
    }
    true
}

/// Keeps what `keep` says, and says whether the whole is left: it is not when all of at least one was dropped.
fn retain<T>(items: &mut Vec<T>, keep: impl FnMut(&mut T) -> bool) -> (usize, usize) {
    let before = items.len();
    items.retain_mut(keep);
    (items.len(), before - items.len())
}

/// The expected request, with the numbers of spans kept and dropped.
fn edit_traces(mut request: ExportTraceServiceRequest, choices: &mut Choices<'_>) -> (Vec<u8>, usize, usize) {
    let (mut kept, mut dropped) = (0, 0);
    request.resource_spans.retain_mut(|resource| {
        if !edit_resource(&mut resource.resource, choices) {
            dropped += resource.scope_spans.iter().map(|scope| scope.spans.len()).sum::<usize>();
            return false;
        }
        let before = (kept, dropped);
        resource.scope_spans.retain_mut(|scope| {
            let counts = retain(&mut scope.spans, |span| edit_span(span, choices));
            kept += counts.0;
            dropped += counts.1;
            counts.0 > 0 || counts.1 == 0
        });
        kept > before.0 || dropped == before.1
    });
    (request.encode_to_vec(), kept, dropped)
}

/// The expected request, with the numbers of records kept and dropped.
fn edit_logs(mut request: ExportLogsServiceRequest, choices: &mut Choices<'_>) -> (Vec<u8>, usize, usize) {
    let (mut kept, mut dropped) = (0, 0);
    request.resource_logs.retain_mut(|resource| {
        if !edit_resource(&mut resource.resource, choices) {
            dropped += resource.scope_logs.iter().map(|scope| scope.log_records.len()).sum::<usize>();
            return false;
        }
        let before = (kept, dropped);
        resource.scope_logs.retain_mut(|scope| {
            let counts = retain(&mut scope.log_records, |record| edit_record(record, choices));
            kept += counts.0;
            dropped += counts.1;
            counts.0 > 0 || counts.1 == 0
        });
        kept > before.0 || dropped == before.1
    });
    (request.encode_to_vec(), kept, dropped)
}

/// None in half of the cases, since many a scrambled request is not sound.
fn scrambling() -> impl Strategy<Value = Vec<u16>> {
    prop_oneof![Just(vec![]), vec(any::<u16>(), 0..80)]
}

proptest! {
    #[test]
    fn edited_traces_are_as_if_decoded_edited_and_encoded(
        request in trace_request(),
        scrambling in scrambling(),
        script in vec(any::<u16>(), 0..30),
    ) {
        let bytes =
            Bytes::from(scramble(&request.encode_to_vec(), Shape::TraceRequest, &mut Choices::new(&scrambling)));
        if check_traces(&bytes).is_ok() {
            let decoded = ExportTraceServiceRequest::decode(bytes.clone()).unwrap();
            let (expected, kept, dropped) = edit_traces(decoded, &mut Choices::new(&script));
            let edited = rewrite::<traces::Span, _>(&bytes, &mut Script(Choices::new(&script))).unwrap();
            let decoded = ExportTraceServiceRequest::decode(edited.payload.clone()).unwrap();
            assert_eq!(decoded.encode_to_vec(), expected);
            assert_eq!((edited.kept, edited.dropped), (kept as u64, dropped as u64));
            assert_eq!(check_traces(&edited.payload), Ok(kept as u64));
        }
    }

    #[test]
    fn edited_logs_are_as_if_decoded_edited_and_encoded(
        request in logs_request(),
        scrambling in scrambling(),
        script in vec(any::<u16>(), 0..30),
    ) {
        let bytes =
            Bytes::from(scramble(&request.encode_to_vec(), Shape::LogsRequest, &mut Choices::new(&scrambling)));
        if check_logs(&bytes).is_ok() {
            let decoded = ExportLogsServiceRequest::decode(bytes.clone()).unwrap();
            let (expected, kept, dropped) = edit_logs(decoded, &mut Choices::new(&script));
            let edited = rewrite::<logs::LogRecord, _>(&bytes, &mut Script(Choices::new(&script))).unwrap();
            let decoded = ExportLogsServiceRequest::decode(edited.payload.clone()).unwrap();
            assert_eq!(decoded.encode_to_vec(), expected);
            assert_eq!((edited.kept, edited.dropped), (kept as u64, dropped as u64));
            assert_eq!(check_logs(&edited.payload), Ok(kept as u64));
        }
    }

    #[test]
    fn an_editor_of_any_bytes_fails_or_ends(
        bytes in vec(any::<u8>(), 0..64),
        script in vec(any::<u16>(), 0..20),
    ) {
        let bytes = Bytes::from(bytes);
        let _ = rewrite::<traces::Span, _>(&bytes, &mut Script(Choices::new(&script)));
    }

    #[test]
    fn an_unchanged_request_is_not_copied(request in trace_request()) {
        let bytes = Bytes::from(request.encode_to_vec());
        let edited = rewrite::<traces::Span, _>(&bytes, &mut Script(Choices::new(&[]))).unwrap();
        assert_eq!(edited.payload.as_ptr(), bytes.as_ptr());
        assert_eq!((edited.payload, edited.dropped), (bytes.clone(), 0));
        assert_eq!(check_traces(&bytes), Ok(edited.kept));
    }
}

/// Marks each span.
struct Marker;

impl Editor<traces::Span> for Marker {
    fn resource(
        &mut self,
        resource: &ResourceView<'_, traces::Span>,
        _patch: &mut Patch<ResourceKind>,
    ) -> Result<Verdict, WireError> {
        assert_eq!(<traces::Span as Kind>::ATTRIBUTES, 9);
        assert!(!resource.range().is_empty());
        Ok(Verdict::Keep)
    }

    fn record(
        &mut self,
        _span: &SpanView<'_>,
        patch: &mut Patch<traces::Span>,
    ) -> Result<Verdict, WireError> {
        patch.set_trace_state("ot=th:c");
        Ok(Verdict::Keep)
    }
}

#[test]
fn fields_that_are_unknown_here_survive_an_edit() {
    // Request { resource_spans { scope_spans { spans { trace_state: "a", unknown 200: "new" } } } }
    let span = b"\x1a\x01a\xc2\x0c\x03new";
    let request = [b"\x0a\x0d\x12\x0b\x12\x09".as_slice(), span].concat();
    assert_eq!(check_traces(&request), Ok(1));
    let edited = rewrite::<traces::Span, _>(&Bytes::from(request), &mut Marker).unwrap();
    let expected = [b"\x0a\x13\x12\x11\x12\x0f".as_slice(), b"\xc2\x0c\x03new", b"\x1a\x07ot=th:c"].concat();
    assert_eq!(edited.payload, expected);
}
