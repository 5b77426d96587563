//! What `check_*` accept is what prost decodes, under the two rules that `weir_proto::otlp` adds.

use proptest::collection::vec;
use proptest::prelude::{any, proptest};
use prost::Message;
use weir_proto::generated::otlp::collector_logs::ExportLogsServiceRequest;
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
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
    wrapped(record, [2, 2, 1])
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

/// Bytes that mean something in an encoding: tags, lengths, ends of varints, parts of UTF-8.
const TELLING_BYTES: [u8; 18] = [
    0x00, 0x01, 0x02, 0x08, 0x0a, 0x0b, 0x0c, 0x0f, 0x10, 0x12, 0x18, 0x21, 0x32, 0x7f, 0x80, 0xc3, 0xf0,
    0xff,
];

/// Calls `check` with `request` cut off at each place, and with each byte replaced by each telling one.
fn with_each_byte_changed(request: &[u8], check: fn(&[u8])) {
    (0..=request.len()).for_each(|end| check(&request[..end]));
    for at in 0..request.len() {
        let mut changed = request.to_vec();
        for byte in TELLING_BYTES {
            changed[at] = byte;
            check(&changed);
        }
    }
}

#[test]
fn a_check_and_prost_agree_on_each_change_of_one_byte() {
    with_each_byte_changed(include_bytes!("../../fuzz/corpus/otlp_traces/usual"), assert_traces_agree);
    with_each_byte_changed(include_bytes!("../../fuzz/corpus/otlp_traces/odd"), assert_traces_agree);
    with_each_byte_changed(include_bytes!("../../fuzz/corpus/otlp_logs/usual"), assert_logs_agree);
}

/// Wraps `innermost` in a message for each field number, the last one outermost.
fn wrapped(innermost: &[u8], fields: impl IntoIterator<Item = u32>) -> Vec<u8> {
    fields.into_iter().fold(innermost.to_vec(), |message, number| {
        let mut out = Vec::new();
        put_bytes_field(&mut out, number, &message);
        out
    })
}

/// A request with one log record whose body is `value` in lists and these in arrays.
fn nested(value: &[u8], lists: usize, arrays: usize) -> Vec<u8> {
    let listed = (0..lists).fold(value.to_vec(), |value, _| wrapped(&key_value(&value), [1, 6]));
    wrapped(&listed, std::iter::repeat_n([1, 5], arrays).flatten().chain([5, 2, 2, 1]))
}

fn key_value(value: &[u8]) -> Vec<u8> {
    [wrapped(b"k", [1]), wrapped(value, [2])].concat()
}

#[test]
fn a_check_and_prost_agree_on_numbers_of_any_length() {
    for more in 0..12 {
        for last in [0, 1, 2, 0x7f, 0x80] {
            let number = [&[0x18], vec![0x80; more].as_slice(), &[last]].concat();
            assert_logs_agree(&request_of(&wrapped(&key_value(&number), [6])));
        }
    }
}

#[test]
fn values_may_be_nested_as_deep_as_prost_decodes_and_no_deeper() {
    let number = [0x18, 1];
    // Resource, scope, record and body are the first four of a hundred levels.
    assert_eq!(check_logs(&nested(&number, 0, 96 / 2)), Ok(1));
    assert_eq!(check_logs(&nested(&number, 0, 96 / 2 + 1)), Err(WireError::Depth));
    assert_eq!(check_logs(&nested(&number, 96 / 3, 0)), Ok(1));
    assert_eq!(check_logs(&nested(&number, 96 / 3 + 1, 0)), Err(WireError::Depth));
}

#[test]
fn a_check_and_prost_agree_on_what_the_deepest_level_may_hold() {
    let values: [&[u8]; 6] = [
        b"",
        &[0x18, 1],
        // An empty array, an unknown number, a group, a group in a group.
        &[0x2a, 0],
        &[0xa0, 0x06, 1],
        &[0xa3, 0x06, 0xa4, 0x06],
        &[0xa3, 0x06, 0xa3, 0x06, 0x08, 1, 0xa4, 0x06, 0xa4, 0x06],
    ];
    for value in values {
        for arrays in 0..50 {
            for lists in [0, 1, (96 - 2 * arrays.min(48)) / 3, (96 - 2 * arrays.min(48)) / 3 + 1] {
                assert_logs_agree(&nested(value, lists, arrays));
            }
        }
    }
}
