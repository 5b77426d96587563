//! Both notations.

use proptest::prelude::*;

use super::{expand, expand_like_prometheus};

fn variable(name: &str) -> Option<String> {
    match name {
        "HOST" => Some("node-1".to_owned()),
        "DOLLARS" => Some("${HOST}".to_owned()),
        _ => None,
    }
}

#[test]
fn variables_in_braces_are_put_in_once() {
    let cases = [
        ("${HOST}", "node-1"),
        ("a-${HOST}-${HOST}.b", "a-node-1-node-1.b"),
        ("${DOLLARS}", "${HOST}"),
        ("$${HOST}", "${HOST}"),
        ("$HOST pa$$word ^\\d$", "$HOST pa$$word ^\\d$"),
        ("${1} ${} ${HO ST} ${", "${1} ${} ${HO ST} ${"),
    ];
    for (text, expanded) in cases {
        assert_eq!(expand(text, &variable).as_deref(), Ok(expanded), "{text}");
    }
}

#[test]
fn external_labels_follow_prometheus_notation() {
    let cases =
        [("$HOST-x", "node-1-x"), ("${HOST}x", "node-1x"), ("a$$b", "a$b"), ("5$", "5$"), ("$1", "$1")];
    for (text, expanded) in cases {
        assert_eq!(expand_like_prometheus(text, &variable).as_deref(), Ok(expanded), "{text}");
    }
}

#[test]
fn a_missing_variable_is_named() {
    assert_eq!(expand("${HOST}${GONE}", &variable), Err("GONE".to_owned()));
    assert_eq!(expand_like_prometheus("$GONE", &variable), Err("GONE".to_owned()));
}

proptest! {
    #[test]
    fn a_text_without_dollars_stays_as_it_is(text in "[^$]{0,40}") {
        prop_assert_eq!(expand(&text, &variable), Ok(text.clone()));
        prop_assert_eq!(expand_like_prometheus(&text, &variable), Ok(text));
    }

    #[test]
    fn no_text_makes_it_panic(text in "[$a{}\u{fc}0_]{0,20}") {
        let _ = (expand(&text, &variable), expand_like_prometheus(&text, &variable));
    }
}
