//! Prometheus' own examples of relabelling and of its validation.

use proptest::prelude::{Just, prop_oneof, proptest};

use super::{Rule, RuleSpec, apply};
use crate::{Action, Labels, RuleError};

fn spec(action: &str, keys: &[(&str, &str)]) -> RuleSpec {
    let mut spec = RuleSpec { action: Some(action.to_owned()), ..RuleSpec::default() };
    for &(key, value) in keys {
        let text = Some(value.to_owned());
        match key {
            "source" => spec.source_labels = Some(value.split(',').map(str::to_owned).collect()),
            "separator" => spec.separator = text,
            "target" => spec.target_label = text,
            "regex" => spec.regex = text,
            "modulus" => spec.modulus = Some(value.parse().unwrap()),
            "replacement" => spec.replacement = text,
            _ => panic!("no such key: {key}"),
        }
    }
    spec
}

fn rule(action: &str, keys: &[(&str, &str)]) -> Rule {
    Rule::new(spec(action, keys)).unwrap()
}

fn error(action: &str, keys: &[(&str, &str)]) -> RuleError {
    Rule::new(spec(action, keys)).unwrap_err()
}

/// The labels after `rules`; `None` when the set is dropped.
fn relabel(labels: &[(&str, &str)], rules: &[Rule]) -> Option<Vec<(String, String)>> {
    let mut labels: Labels = labels.iter().copied().collect();
    apply(rules, &mut labels)
        .then(|| labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn set(labels: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
    Some(labels.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect())
}

const ABC: &[(&str, &str)] = &[("a", "foo"), ("b", "bar"), ("c", "baz")];

#[test]
fn replace_writes_the_expanded_text() {
    let rules = [rule(
        "replace",
        &[("source", "a"), ("regex", "f(.*)"), ("target", "d"), ("replacement", "ch${1}-ch${1}")],
    )];
    assert_eq!(relabel(ABC, &rules), set(&[("a", "foo"), ("b", "bar"), ("c", "baz"), ("d", "choo-choo")]));
}

#[test]
fn rules_run_in_order_on_joined_values() {
    let rules = [
        rule(
            "replace",
            &[("source", "a,b"), ("regex", "f(.*);(.*)r"), ("target", "a"), ("replacement", "b${1}${2}m")],
        ),
        rule(
            "Replace",
            &[("source", "c,a"), ("regex", "(b).*b(.*)ba(.*)"), ("target", "d"), ("replacement", "$1$2$2$3")],
        ),
    ];
    assert_eq!(relabel(ABC, &rules), set(&[("a", "boobam"), ("b", "bar"), ("c", "baz"), ("d", "boooom")]));
}

#[test]
fn keep_and_drop_match_the_whole_text() {
    let foo = &[("a", "foo")][..];
    assert_eq!(relabel(foo, &[rule("drop", &[("source", "a"), ("regex", ".*o.*")])]), None);
    assert_eq!(relabel(foo, &[rule("drop", &[("source", "a"), ("regex", "f|o")])]), set(foo));
    assert_eq!(relabel(foo, &[rule("drop", &[("source", "a"), ("regex", "no-match")])]), set(foo));
    assert_eq!(relabel(foo, &[rule("keep", &[("source", "a"), ("regex", "no-match")])]), None);
    assert_eq!(relabel(foo, &[rule("keep", &[("source", "a"), ("regex", "f.*")])]), set(foo));
}

#[test]
fn nothing_runs_after_a_drop() {
    let rules = [
        rule("drop", &[("source", "a"), ("regex", ".*o.*")]),
        rule("keep", &[("source", "a"), ("regex", ".*")]),
    ];
    assert_eq!(relabel(&[("a", "foo")], &rules), None);
}

#[test]
fn without_a_match_nothing_is_replaced() {
    let rules =
        [rule("replace", &[("source", "a"), ("regex", "f"), ("target", "b"), ("replacement", "bar")])];
    assert_eq!(relabel(&[("a", "boo")], &rules), set(&[("a", "boo")]));
}

#[test]
fn an_empty_result_removes_the_label() {
    let rules =
        [rule("replace", &[("source", "a"), ("regex", "(f).*"), ("target", "$1"), ("replacement", "$2")])];
    assert_eq!(relabel(&[("a", "foo"), ("f", "baz")], &rules), set(&[("a", "foo")]));
}

#[test]
fn a_target_label_may_be_expanded_and_an_empty_one_is_ignored() {
    let input = &[("a", "some-name-value")][..];
    let regex = ("regex", "some-([^-]+)-([^,]+)");
    let named = rule("replace", &[("source", "a"), regex, ("replacement", "${2}"), ("target", "${1}")]);
    assert_eq!(relabel(input, &[named]), set(&[("a", "some-name-value"), ("name", "value")]));
    let nameless = rule("replace", &[("source", "a"), regex, ("replacement", "${1}"), ("target", "${3}")]);
    assert_eq!(relabel(input, &[nameless]), set(input));
}

#[test]
fn fields_of_a_tag_list_become_labels() {
    let input = &[("__meta_sd_tags", "path:/secret,job:some-job,label:foo=bar")][..];
    let tag = |pattern, target, replacement| {
        rule(
            "replace",
            &[
                ("source", "__meta_sd_tags"),
                ("regex", pattern),
                ("target", target),
                ("replacement", replacement),
            ],
        )
    };
    let rules = [
        tag("(?:.+,|^)path:(/[^,]+).*", "__metrics_path__", "${1}"),
        tag("(?:.+,|^)job:([^,]+).*", "job", "${1}"),
        tag("(?:.+,|^)label:([^=]+)=([^,]+).*", "${1}", "${2}"),
    ];
    assert_eq!(
        relabel(input, &rules),
        set(&[input[0], ("__metrics_path__", "/secret"), ("foo", "bar"), ("job", "some-job")])
    );
}

#[test]
fn a_label_that_was_dropped_can_be_written_again() {
    let rules = [
        rule("labeldrop", &[("regex", "^port_name$")]),
        rule(
            "replace",
            &[("source", "port"), ("regex", "(.+)"), ("replacement", "metrics"), ("target", "port_name")],
        ),
        rule("keep", &[("source", "port_name"), ("regex", "^metrics$")]),
    ];
    assert_eq!(
        relabel(&[("port", "9091"), ("port_name", "foo")], &rules),
        set(&[("port", "9091"), ("port_name", "metrics")])
    );
}

#[test]
fn line_ends_and_utf8_names_are_ordinary() {
    let rules = [rule(
        "replace",
        &[
            ("source", "utf-8.label"),
            ("regex", "(line1).*(?<second>line2)"),
            ("target", "x.${1}"),
            ("replacement", "val_$second"),
        ],
    )];
    assert_eq!(
        relabel(&[("utf-8.label", "line1\nline2")], &rules),
        set(&[("utf-8.label", "line1\nline2"), ("x.line1", "val_line2")])
    );
}

#[test]
fn hashmod_agrees_with_prometheus() {
    let keys = |source| [("source", source), ("target", "d"), ("modulus", "1000")];
    assert_eq!(relabel(&[("c", "baz")], &[rule("hashmod", &keys("c"))]), set(&[("c", "baz"), ("d", "976")]));
    assert_eq!(
        relabel(&[("a", "foo\nbar")], &[rule("hashmod", &keys("a"))]),
        set(&[("a", "foo\nbar"), ("d", "734")])
    );
}

#[test]
fn labelmap_copies_and_labelkeep_and_labeldrop_choose() {
    let input = &[("a", "foo"), ("b1", "bar"), ("b2", "baz")][..];
    assert_eq!(
        relabel(input, &[rule("labelmap", &[("regex", "(b.*)"), ("replacement", "bar_${1}")])]),
        set(&[("a", "foo"), ("b1", "bar"), ("b2", "baz"), ("bar_b1", "bar"), ("bar_b2", "baz")])
    );
    assert_eq!(relabel(input, &[rule("labelkeep", &[("regex", "(b.*)")])]), set(&input[1..]));
    assert_eq!(relabel(input, &[rule("labeldrop", &[("regex", "(b.*)")])]), set(&input[..1]));
    assert_eq!(
        relabel(
            &[("__meta_my_bar", "aaa"), ("__meta_other", "ccc")],
            &[rule("labelmap", &[("regex", "__meta_(my.*)")])]
        ),
        set(&[("__meta_my_bar", "aaa"), ("__meta_other", "ccc"), ("my_bar", "aaa")])
    );
}

#[test]
fn upper_and_lower_case_are_written() {
    let rules = [
        rule("uppercase", &[("source", "foo"), ("target", "upper")]),
        rule("lowercase", &[("source", "foo"), ("target", "lower")]),
    ];
    assert_eq!(
        relabel(&[("foo", "bAr123Foo")], &rules),
        set(&[("foo", "bAr123Foo"), ("lower", "bar123foo"), ("upper", "BAR123FOO")])
    );
}

#[test]
fn keepequal_and_dropequal_compare_with_the_target_label() {
    let input = &[("__port1", "1234"), ("__port2", "5678"), ("__tmp_port", "1234")][..];
    let decide =
        |action, target| relabel(input, &[rule(action, &[("source", "__tmp_port"), ("target", target)])]);
    assert_eq!(decide("keepequal", "__port1"), set(input));
    assert_eq!(decide("dropequal", "__port1"), None);
    assert_eq!(decide("dropequal", "__port2"), set(input));
    assert_eq!(decide("keepequal", "__port2"), None);
}

#[test]
fn a_rule_without_source_labels_writes_a_fixed_label() {
    assert_eq!(
        relabel(&[("a", "b")], &[rule("replace", &[("target", "x"), ("replacement", "fixed")])]),
        set(&[("a", "b"), ("x", "fixed")])
    );
    assert_eq!(relabel(&[("a", "b")], &[rule("replace", &[("target", "a")])]), Some(vec![]));
    assert_eq!(
        relabel(&[("a", "b")], &[rule("replace", &[("source", "a"), ("target", "x"), ("separator", "")])]),
        set(&[("a", "b"), ("x", "b")])
    );
}

#[test]
fn a_rule_that_lacks_what_its_action_needs_is_refused() {
    assert_eq!(error("explode", &[]), RuleError::Action("explode".to_owned()));
    assert_eq!(error("hashmod", &[("target", "a")]), RuleError::Modulus);
    for action in
        [Action::Replace, Action::Lowercase, Action::Uppercase, Action::KeepEqual, Action::DropEqual]
    {
        assert_eq!(error(action.as_str(), &[("source", "a")]), RuleError::TargetLabel(action));
    }
    assert_eq!(error("replace", &[("target", "a"), ("source", "a,")]), RuleError::SourceLabel);
    assert!(matches!(error("keep", &[("regex", "(")]), RuleError::Regex { .. }));
    assert!(matches!(error("keep", &[("regex", "a**")]), RuleError::Regex { .. }));
}

#[test]
fn a_rule_that_sets_what_its_action_ignores_is_refused() {
    let base = [("source", "a"), ("target", "b")];
    for extra in [("regex", "(.*)"), ("modulus", "1"), ("separator", ""), ("replacement", "x")] {
        let error = error("keepequal", &[base[0], base[1], extra]);
        assert_eq!(error, RuleError::OnlyLabels(Action::KeepEqual));
    }
    for extra in
        [("source", "a"), ("target", "a"), ("modulus", "1"), ("separator", "-"), ("replacement", "x")]
    {
        assert_eq!(error("labeldrop", &[("regex", "a"), extra]), RuleError::OnlyRegex(Action::LabelDrop));
    }
    assert_eq!(
        error("lowercase", &[base[0], base[1], ("replacement", "x")]),
        RuleError::ReplacementUnused(Action::Lowercase)
    );
    assert_eq!(error("labelmap", &[("regex", "a"), ("replacement", "")]), RuleError::ReplacementEmpty);
}

#[test]
fn names_that_only_utf8_allows_are_valid_targets() {
    for target in ["${3}", "0${3}", "-${3}", "a.b"] {
        assert!(Rule::new(spec("replace", &[("source", "a"), ("target", target)])).is_ok());
        assert!(Rule::new(spec("lowercase", &[("source", "a"), ("target", target)])).is_ok());
    }
}

#[test]
fn a_regex_error_says_what_is_wrong_without_our_anchors() {
    let text = error("keep", &[("regex", "a(b")]).to_string();
    assert_eq!(text, "error parsing regexp \"a(b\": unclosed group");
}

proptest! {
    #[test]
    fn no_pattern_and_no_label_make_a_rule_panic(
        action in prop_oneof![Just("replace"), Just("keep"), Just("labelmap"), Just("labeldrop")],
        regex in "[a(){}\\[\\]*+?.|^$\\\\0-9,:<>PdwQE-]{0,12}",
        replacement in "[a${}0-9]{1,8}",
        value in "[a-z0-9\n]{0,6}",
    ) {
        let mut spec = spec(action, &[("regex", &regex)]);
        if action != "labeldrop" {
            spec.source_labels = Some(vec!["a".to_owned()]);
            spec.target_label = Some("b".to_owned());
            spec.replacement = Some(replacement);
        }
        if let Ok(rule) = Rule::new(spec) {
            let mut labels: Labels = [("a", value)].into_iter().collect();
            apply(&[rule], &mut labels);
        }
    }
}
