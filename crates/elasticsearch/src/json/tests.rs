//! What is written reads back, by another reader.

use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use prost::Message;
use serde_json::{Value, json};
use weir_proto::generated::otlp::common::{AnyValue, ArrayValue, KeyValue, KeyValueList, any_value};
use weir_proto::otlp::AnyValueView;
use weir_proto::wire::WireError;

use super::{put_as_string, put_flat, put_string, put_value};

fn written(put: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    put(&mut out);
    String::from_utf8(out).unwrap()
}

proptest! {
    #[test]
    fn any_text_reads_back_and_stays_on_one_line(text in any::<String>(), pad in 0_usize..70) {
        let text = "x".repeat(pad) + &text;
        let json = written(|out| put_string(out, &text));
        prop_assert!(!json.contains('\n'));
        prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn numbers_read_back(int in any::<i64>(), double in any::<f64>()) {
        let int_json = written(|out| put_value(out, AnyValueView::Int(int)).unwrap());
        prop_assert_eq!(int_json.parse::<i64>().unwrap(), int);
        let double_json = written(|out| put_value(out, AnyValueView::Double(double)).unwrap());
        if double.is_finite() {
            prop_assert!(serde_json::from_str::<Value>(&double_json).unwrap().is_number());
            prop_assert_eq!(double_json.parse::<f64>().unwrap(), double);
        }
    }
}

#[test]
fn every_byte_that_json_forbids_in_a_string_is_escaped_wherever_it_stands() {
    for byte in (0..0x20).chain([b'"', b'\\']) {
        for at in [0, 1, 31, 32, 33, 63, 64, 99] {
            let mut text = "y".repeat(100).into_bytes();
            text[at] = byte;
            let text = String::from_utf8(text).unwrap();
            let json = written(|out| put_string(out, &text));
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}

fn value(value: any_value::Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn nested() -> Vec<u8> {
    use any_value::Value::{ArrayValue as Array, BoolValue, BytesValue, DoubleValue, IntValue, KvlistValue};
    let entry = |key: &str, value: AnyValue| KeyValue {
        key: key.to_owned(),
        value: Some(value),
        ..Default::default()
    };
    let array = vec![value(IntValue(-1)), value(DoubleValue(f64::NAN)), AnyValue::default()];
    let entries = vec![
        entry("a\"b", value(Array(ArrayValue { values: array }))),
        entry("c", value(BytesValue(vec![1, 2, 255]))),
        entry("d", value(BoolValue(true))),
        entry("e", value(DoubleValue(f64::NEG_INFINITY))),
    ];
    value(KvlistValue(KeyValueList { values: entries })).encode_to_vec()
}

#[test]
fn lists_and_objects_are_json_and_in_flattened_fields_json_text() {
    let encoded = nested();
    let view = AnyValueView::read(&encoded).unwrap();
    let expected = json!({"a\"b": [-1, "NaN", null], "c": "AQL/", "d": true, "e": "-Infinity"});
    let json = written(|out| put_value(out, view).unwrap());
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), expected);
    for put in [put_flat, put_as_string] {
        let text = written(|out| put(out, view).unwrap());
        let text = serde_json::from_str::<String>(&text).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
    }
    assert_eq!(written(|out| put_flat(out, AnyValueView::Int(5)).unwrap()), "5");
    assert_eq!(written(|out| put_as_string(out, AnyValueView::Int(5)).unwrap()), "\"5\"");
}

#[test]
fn a_value_nested_without_end_is_refused() {
    let mut encoded = AnyValue::default();
    for _ in 0..200 {
        encoded = value(any_value::Value::ArrayValue(ArrayValue { values: vec![encoded] }));
    }
    let encoded = encoded.encode_to_vec();
    let view = AnyValueView::read(&encoded).unwrap();
    assert_eq!(put_value(&mut Vec::new(), view), Err(WireError::Depth));
}
