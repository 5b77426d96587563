use std::borrow::Cow;

use super::{FieldValue, Filters};
use weir_model::Level;

fn passes(filters: &[&str]) -> bool {
    Filters::parse(filters).expect("the filters are valid").pass(|field| match field {
        "level" => Some(FieldValue::Level(Level::Warn)),
        "user" => Some(FieldValue::Text(Cow::Borrowed("Ann"))),
        "status" => Some(FieldValue::Text(Cow::Borrowed("503"))),
        "a=b" => Some(FieldValue::Text(Cow::Borrowed("x"))),
        "took" => Some(FieldValue::Number(1.5)),
        _ => None,
    })
}

#[test]
fn operators_do_what_the_page_says() {
    for filter in [
        "user=Ann",
        "user!=Bob",
        "user~NN",
        "user",
        "!nobody",
        "nobody!=x",
        "status>=503",
        "status<504",
        "status>5",
        "status<=503",
        "took>1",
        "took=1.5",
        "level=warn",
        "level>=warn",
        "level>unknown",
        "level<error",
        r"a\=b=x",
        "user~",
    ] {
        assert!(passes(&[filter]), "{filter}");
    }
    for filter in [
        "user=ann",
        "user!=Ann",
        "user~bob",
        "!user",
        "nobody",
        "nobody=x",
        "nobody>1",
        "user>1",
        "status>503",
        "level>warn",
        "level<trace",
        "user=",
    ] {
        assert!(!passes(&[filter]), "{filter}");
    }
}

#[test]
fn several_values_of_one_field_are_alternatives_and_the_rest_adds_up() {
    assert!(passes(&["user=Bob", "user=Ann"]));
    assert!(!passes(&["user=Bob", "user=Ann", "status=1"]));
    assert!(!passes(&["user!=Bob", "user!=Ann"]));
}

#[test]
fn a_value_may_have_operators_in_it() {
    let filters = Filters::parse(&["q=a=b!c>d"]).expect("valid");
    assert!(filters.pass(|_| Some(FieldValue::Text(Cow::Borrowed("a=b!c>d")))));
}

#[test]
fn mistakes_are_told() {
    for filter in ["", "=x", "!", "user!x", "!user=x", "took>fast", "level>=loud"] {
        assert!(Filters::parse(&[filter]).is_err(), "{filter}");
    }
    assert!(Filters::parse(&vec!["a"; 65]).is_err());
}
