//! The specification's examples, and headers that break its grammar.

use proptest::prelude::{any, prop_assert_eq, proptest};

use super::{BYTES_MAX, get};

#[test]
fn the_specification_s_examples_read_as_it_says() {
    let header = "key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue";
    assert_eq!(get(header, "key1").as_deref(), Some("value1"));
    assert_eq!(get(header, "key2").as_deref(), Some("value2"));
    assert_eq!(get(header, "key3").as_deref(), Some("value3"));
    assert_eq!(get(header, "propertyKey"), None);
    let header = "userId=alice,serverNode=DF%2028,isProduction=false";
    assert_eq!(get(header, "serverNode").as_deref(), Some("DF 28"));
}

#[test]
fn a_value_may_hold_equal_signs() {
    assert_eq!(get("id=a=b==", "id").as_deref(), Some("a=b=="));
}

#[test]
fn the_first_of_two_entries_with_one_name_wins() {
    assert_eq!(get("id=1,id=2", "id").as_deref(), Some("1"));
}

#[test]
fn broken_entries_are_passed_over() {
    assert_eq!(get(",,novalue, =x ,;,id=7", "id").as_deref(), Some("7"));
    assert_eq!(get("", "id"), None);
}

#[test]
fn a_percent_sign_without_digits_stands_for_itself() {
    assert_eq!(get("id=50%,b=1", "id").as_deref(), Some("50%"));
    assert_eq!(get("id=%4x%41%4", "id").as_deref(), Some("%4xA%4"));
}

#[test]
fn bytes_that_are_not_utf8_are_replaced() {
    assert_eq!(get("id=a%ffb", "id").as_deref(), Some("a\u{fffd}b"));
}

#[test]
fn a_header_past_the_limit_is_not_read() {
    let padding = "x".repeat(BYTES_MAX);
    assert_eq!(get(&format!("id=7,p={padding}"), "id"), None);
}

proptest! {
    #[test]
    fn any_value_survives_percent_encoding(value in any::<String>()) {
        let encoded: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let expected = (encoded.len() + 3 <= BYTES_MAX).then_some(value.as_str());
        let header = format!("id={encoded}");
        let found = get(&header, "id");
        prop_assert_eq!(found.as_deref(), expected);
    }
}
