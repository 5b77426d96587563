//! What `check_*` accept is what prost decodes, under the two rules that `weir_proto::otlp` adds.

use proptest::collection::vec;
use proptest::prelude::{any, proptest};
use prost::Message;
use weir_proto::generated::otlp::collector_logs::ExportLogsServiceRequest;
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::common::any_value::Value;
use weir_proto::generated::otlp::common::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use weir_proto::generated::otlp::logs::{LogRecord, ResourceLogs, ScopeLogs};
use weir_proto::otlp::{check_logs, check_traces};
use weir_proto::wire::{WireError, put_bytes_field};

use super::choices::Choices;
use super::otlp_messages::{logs_request, trace_request};
use super::otlp_seen::{logs_through_views, seen_of_logs, seen_of_traces, traces_through_views};
use super::scramble::{Shape, damage, scramble};

fn spans_of(request: &ExportTraceServiceRequest) -> usize {
    request
        .resource_spans
        .iter()
        .flat_map(|resource| &resource.scope_spans)
        .map(|scope| scope.spans.len())
        .sum()
}

fn log_records_of(request: &ExportLogsServiceRequest) -> usize {
    let scopes = request.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
    scopes.map(|scope| scope.log_records.len()).sum()
}

fn assert_traces_agree(bytes: &[u8]) {
    let decoded = ExportTraceServiceRequest::decode(bytes);
    match check_traces(bytes) {
        Ok(records) => {
            let decoded = decoded.expect("prost must accept what the check accepts");
            assert_eq!(records, spans_of(&decoded) as u64);
            assert_eq!(traces_through_views(bytes), Ok(seen_of_traces(decoded)));
        }
        Err(WireError::IdLength | WireError::Repeated) => {}
        Err(error) => assert!(decoded.is_err(), "{error}, but prost accepts it"),
    }
}

fn assert_logs_agree(bytes: &[u8]) {
    let decoded = ExportLogsServiceRequest::decode(bytes);
    match check_logs(bytes) {
        Ok(records) => {
            let decoded = decoded.expect("prost must accept what the check accepts");
            assert_eq!(records, log_records_of(&decoded) as u64);
            assert_eq!(logs_through_views(bytes), Ok(seen_of_logs(decoded)));
        }
        Err(WireError::IdLength | WireError::Repeated) => {}
        Err(error) => assert!(decoded.is_err(), "{error}, but prost accepts it"),
    }
}

proptest! {
    #[test]
    fn a_check_counts_the_records_of_what_prost_encodes(traces in trace_request(), logs in logs_request()) {
        assert_eq!(check_traces(&traces.encode_to_vec()), Ok(spans_of(&traces) as u64));
        assert_eq!(check_logs(&logs.encode_to_vec()), Ok(log_records_of(&logs) as u64));
    }

    #[test]
    fn a_check_and_prost_agree_on_traces_in_any_encoding(
        request in trace_request(),
        scrambling in vec(any::<u16>(), 0..200),
        damaging in vec(any::<u16>(), 0..12),
    ) {
        let mut bytes =
            scramble(&request.encode_to_vec(), Shape::TraceRequest, &mut Choices::new(&scrambling));
        assert_traces_agree(&bytes);
        damage(&mut bytes, &mut Choices::new(&damaging));
        assert_traces_agree(&bytes);
    }

    #[test]
    fn a_check_and_prost_agree_on_logs_in_any_encoding(
        request in logs_request(),
        scrambling in vec(any::<u16>(), 0..200),
        damaging in vec(any::<u16>(), 0..12),
    ) {
        let mut bytes =
            scramble(&request.encode_to_vec(), Shape::LogsRequest, &mut Choices::new(&scrambling));
        assert_logs_agree(&bytes);
        damage(&mut bytes, &mut Choices::new(&damaging));
        assert_logs_agree(&bytes);
    }

    #[test]
    fn a_check_and_prost_agree_on_any_bytes(bytes in vec(any::<u8>(), 0..64)) {
        assert_traces_agree(&bytes);
        assert_logs_agree(&bytes);
    }
}

/// A request whose one log record has these bytes.
fn request_of(record: &[u8]) -> Vec<u8> {
    [2, 2, 1].iter().fold(record.to_vec(), |message, number| {
        let mut out = Vec::new();
        put_bytes_field(&mut out, *number, &message);
        out
    })
}

#[test]
fn an_id_of_another_length_is_refused() {
    for (field, len) in [(9, 1), (9, 15), (9, 17), (9, 32), (10, 7), (10, 9), (10, 16)] {
        let mut record = Vec::new();
        put_bytes_field(&mut record, field, &vec![1; len]);
        assert_eq!(check_logs(&request_of(&record)), Err(WireError::IdLength), "field {field}, {len} bytes");
    }
    for (field, len) in [(9, 0), (9, 16), (10, 0), (10, 8)] {
        let mut record = Vec::new();
        put_bytes_field(&mut record, field, &vec![1; len]);
        assert_eq!(check_logs(&request_of(&record)), Ok(1), "field {field}, {len} bytes");
    }
}

#[test]
fn a_message_that_may_occur_once_is_refused_the_second_time() {
    let mut record = Vec::new();
    put_bytes_field(&mut record, 5, b"");
    assert_eq!(check_logs(&request_of(&record)), Ok(1));
    put_bytes_field(&mut record, 5, b"");
    assert_eq!(check_logs(&request_of(&record)), Err(WireError::Repeated));
}

#[test]
fn text_that_is_not_utf_8_is_refused() {
    let mut record = Vec::new();
    put_bytes_field(&mut record, 3, b"\xff");
    assert_eq!(check_logs(&request_of(&record)), Err(WireError::Utf8));
}

/// A request with one log record that has this body.
fn request_with_body(body: AnyValue) -> Vec<u8> {
    let log_records = vec![LogRecord { body: Some(body), ..LogRecord::default() }];
    let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
    ExportLogsServiceRequest { resource_logs }.encode_to_vec()
}

fn innermost() -> AnyValue {
    AnyValue { value: Some(Value::IntValue(1)) }
}

#[test]
fn arrays_may_be_nested_as_deep_as_prost_decodes_and_no_deeper() {
    let nested = |depth: usize| {
        request_with_body((0..depth).fold(innermost(), |value, _| AnyValue {
            value: Some(Value::ArrayValue(ArrayValue { values: vec![value] })),
        }))
    };
    // Request, resource, scope, record and body come before the first array; each array is two levels.
    let deepest = (100 - 4) / 2;
    assert_eq!(check_logs(&nested(deepest)), Ok(1));
    assert_eq!(check_logs(&nested(deepest + 1)), Err(WireError::Depth));
    (0..60).for_each(|depth| assert_logs_agree(&nested(depth)));
}

#[test]
fn lists_may_be_nested_as_deep_as_prost_decodes_and_no_deeper() {
    let nested = |depth: usize, innermost: AnyValue| {
        request_with_body((0..depth).fold(innermost, |value, _| {
            let values = vec![KeyValue { key: "k".to_owned(), value: Some(value), key_strindex: 0 }];
            AnyValue { value: Some(Value::KvlistValue(KeyValueList { values })) }
        }))
    };
    // Each list is three levels, so an array within moves the innermost value by two.
    let array = || AnyValue { value: Some(Value::ArrayValue(ArrayValue { values: vec![innermost()] })) };
    let deepest = (100 - 4) / 3;
    assert_eq!(check_logs(&nested(deepest, innermost())), Ok(1));
    assert_eq!(check_logs(&nested(deepest + 1, innermost())), Err(WireError::Depth));
    for depth in 0..40 {
        assert_logs_agree(&nested(depth, innermost()));
        assert_logs_agree(&nested(depth, array()));
        assert_logs_agree(&nested(depth, AnyValue::default()));
    }
}
