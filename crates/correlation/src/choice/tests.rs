//! The order of preference.

use std::convert::Infallible;

use super::{Choice, CorrelationKeys, ID_BYTES_MAX, Value};

const TRACE_ID: [u8; 16] = [0xab; 16];
const TRACE_ID_HEX: &str = "abababababababababababababababab";

fn choose(attributes: &[(&str, Value<'_>)], trace_id: Option<[u8; 16]>) -> Option<String> {
    let keys = CorrelationKeys::new(["x-request-id", "correlation_id"]);
    let mut choice = Choice::new(&keys);
    for &(key, value) in attributes {
        choice.offer(key.as_bytes(), || Ok::<_, Infallible>(value)).unwrap();
    }
    let mut out = Vec::new();
    choice.put(trace_id, &mut out).then(|| String::from_utf8(out).unwrap())
}

#[test]
fn the_key_configured_first_wins_whatever_the_order_of_attributes() {
    let first = ("x-request-id", Value::Text("first"));
    let second = ("correlation_id", Value::Text("second"));
    assert_eq!(choose(&[first, second], Some(TRACE_ID)).as_deref(), Some("first"));
    assert_eq!(choose(&[second, first], Some(TRACE_ID)).as_deref(), Some("first"));
}

#[test]
fn an_integer_is_written_in_decimal() {
    assert_eq!(choose(&[("correlation_id", Value::Int(-42))], None).as_deref(), Some("-42"));
}

#[test]
fn a_recorded_request_header_counts_after_the_attribute_itself() {
    let header = ("http.request.header.x-request-id", Value::Text("header"));
    assert_eq!(choose(&[header], None).as_deref(), Some("header"));
    let attribute = ("x-request-id", Value::Text("attribute"));
    assert_eq!(choose(&[header, attribute], None).as_deref(), Some("attribute"));
}

#[test]
fn baggage_counts_after_attributes_and_before_the_trace_id() {
    let baggage = ("baggage", Value::Text("correlation_id=c,x-request-id=%41"));
    assert_eq!(choose(&[baggage], Some(TRACE_ID)).as_deref(), Some("A"));
    let attribute = ("correlation_id", Value::Text("attribute"));
    assert_eq!(choose(&[baggage, attribute], Some(TRACE_ID)).as_deref(), Some("attribute"));
    let header = ("http.request.header.baggage", Value::Text("correlation_id=h"));
    assert_eq!(choose(&[header], Some(TRACE_ID)).as_deref(), Some("h"));
}

#[test]
fn without_anything_else_the_trace_id_is_taken() {
    assert_eq!(choose(&[("other", Value::Text("x"))], Some(TRACE_ID)).as_deref(), Some(TRACE_ID_HEX));
    assert_eq!(choose(&[], Some([0; 16])), None);
    assert_eq!(choose(&[], None), None);
}

#[test]
fn a_record_that_has_a_correlation_id_keeps_it() {
    let taken = ("correlation.id", Value::Text("mine"));
    assert_eq!(choose(&[("x-request-id", Value::Text("other")), taken], Some(TRACE_ID)), None);
}

#[test]
fn an_empty_or_overlong_or_structured_value_is_passed_over() {
    let long = "x".repeat(ID_BYTES_MAX + 1);
    for value in [Value::Text(""), Value::Text(&long), Value::Other] {
        let attributes = [("x-request-id", value), ("correlation_id", Value::Text("second"))];
        assert_eq!(choose(&attributes, None).as_deref(), Some("second"), "{value:?}");
    }
    assert_eq!(choose(&[("x-request-id", Value::Text(&long[1..]))], None).as_deref(), Some(&long[1..]));
}
