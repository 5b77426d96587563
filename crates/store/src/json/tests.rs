use serde_json::{Value, json};
use weir_proto::otlp::AnyValueView;

use super::{as_text, member, object_in, put_as_text, put_value};

fn written(value: AnyValueView<'_>) -> Value {
    let mut out = Vec::new();
    put_value(&mut out, value, 0).expect("readable");
    serde_json::from_slice(&out).expect("JSON")
}

#[test]
fn each_kind_of_value_has_its_json() {
    assert_eq!(written(AnyValueView::Empty), Value::Null);
    assert_eq!(written(AnyValueView::Str("a\"\n\u{0}")), json!("a\"\n\u{0}"));
    assert_eq!(written(AnyValueView::Bool(true)), json!(true));
    assert_eq!(written(AnyValueView::Int(-5)), json!(-5));
    assert_eq!(written(AnyValueView::Double(1.5)), json!(1.5));
    assert_eq!(written(AnyValueView::Bytes(&[255, 0])), json!("/wA="));
}

#[test]
fn numbers_that_javascript_cannot_hold_are_text() {
    assert_eq!(written(AnyValueView::Int(i64::MIN)), json!("-9223372036854775808"));
    assert_eq!(written(AnyValueView::Double(f64::NAN)), json!("NaN"));
    assert_eq!(written(AnyValueView::Double(f64::NEG_INFINITY)), json!("-Infinity"));
}

#[test]
fn a_member_is_found_by_name_or_path() {
    let object = object_in(r#" {"a.b": 1, "c": {"d": {"e": "x"}, "f.g": null}} "#).expect("an object");
    let text = |name: &str| member(&object, name).and_then(as_text).map(|text| text.into_owned());
    assert_eq!(text("a.b").as_deref(), Some("1"));
    assert_eq!(text("c.d.e").as_deref(), Some("x"));
    assert_eq!(text("c.d").as_deref(), Some(r#"{"e":"x"}"#));
    assert_eq!(text("c.f.g"), None);
    assert_eq!(text("c.x"), None);
    assert_eq!(object_in("[1]"), None);
    assert_eq!(object_in("{nonsense}"), None);
}

#[test]
fn text_for_the_index_has_no_quotation_marks_of_its_own() {
    let mut out = String::new();
    put_as_text(&mut out, AnyValueView::Str("a\"b")).expect("readable");
    put_as_text(&mut out, AnyValueView::Int(7)).expect("readable");
    assert_eq!(out, "a\"b7");
}
