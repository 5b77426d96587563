//! The views on single examples; `otlp_check` compares them with prost on any request.

use prost::Message;
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::common::any_value::Value;
use weir_proto::generated::otlp::common::{AnyValue, KeyValue};
use weir_proto::generated::otlp::trace::{ResourceSpans, ScopeSpans, Span};
use weir_proto::otlp::traces::RequestView;
use weir_proto::otlp::{AnyValueView, KeyValues, put_key_value};
use weir_proto::wire::{WireError, put_bytes_field};

fn key_value(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, key_strindex: 0 }
}

#[test]
fn a_record_s_range_is_where_its_message_stands_in_the_request() {
    let span = |name: &str| Span {
        name: name.to_owned(),
        attributes: vec![key_value("a", &"x".repeat(200))],
        ..Span::default()
    };
    let scope = ScopeSpans { spans: vec![span("one"), span("two")], ..ScopeSpans::default() };
    let resource = ResourceSpans { scope_spans: vec![scope.clone(), scope], ..ResourceSpans::default() };
    let request =
        ExportTraceServiceRequest { resource_spans: vec![resource.clone(), resource] }.encode_to_vec();
    let mut spans = 0;
    for resource in RequestView::new(&request).resources() {
        let resource = resource.unwrap();
        for scope in resource.scopes() {
            let scope = scope.unwrap();
            assert!(
                resource.range().start < scope.range().start && scope.range().end <= resource.range().end
            );
            for span in scope.records() {
                let span = span.unwrap();
                assert_eq!(&request[span.range()], span.message());
                assert!(span.name().is_ok_and(|name| name == "one" || name == "two"));
                spans += 1;
            }
        }
    }
    assert_eq!(spans, 8);
}

#[test]
fn the_first_attribute_with_a_key_is_found() {
    let mut message = Vec::new();
    put_key_value(&mut message, 9, "a", AnyValueView::Int(1));
    put_key_value(&mut message, 9, "b", AnyValueView::Str("two"));
    put_key_value(&mut message, 9, "b", AnyValueView::Str("three"));
    let attributes = KeyValues::new(&message, 9);
    assert_eq!(attributes.find("b").unwrap().unwrap().as_str(), Some("two"));
    assert_eq!(attributes.find("a").unwrap().unwrap().as_str(), None);
    assert!(attributes.find("c").unwrap().is_none());
    assert!(attributes.has("a").unwrap() && !attributes.has("").unwrap());
}

#[test]
fn views_of_unchecked_bytes_say_what_is_wrong() {
    let first_error = |request: &[u8]| {
        RequestView::new(request).resources().find_map(|resource| match resource {
            Ok(resource) => resource.scopes().find_map(Result::err),
            Err(error) => Some(error),
        })
    };
    assert_eq!(first_error(b"\x0a\x05ab"), Some(WireError::Truncated));
    assert_eq!(first_error(b"\x08\x01"), Some(WireError::WireType));
    let mut twice = Vec::new();
    put_bytes_field(&mut twice, 1, b"\x0a\x00\x0a\x00");
    assert_eq!(first_error(&twice), Some(WireError::Repeated));
}
