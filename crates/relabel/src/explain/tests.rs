use super::{Change, explain};
use crate::{Labels, Rule, RuleSpec, apply};

fn rule(action: &str, source: &str, regex: &str, target: Option<&str>) -> Rule {
    let spec = RuleSpec {
        action: Some(action.to_owned()),
        source_labels: (!source.is_empty()).then(|| vec![source.to_owned()]),
        regex: Some(regex.to_owned()),
        target_label: target.map(str::to_owned),
        ..RuleSpec::default()
    };
    Rule::new(spec).expect("the rule is good")
}

fn change(label: &str, before: Option<&str>, after: Option<&str>) -> Change {
    Change { label: label.to_owned(), before: before.map(str::to_owned), after: after.map(str::to_owned) }
}

#[test]
fn each_step_tells_what_it_added_changed_and_removed() {
    let rules = [
        rule("replace", "a", "(.*)-1", Some("b")),
        rule("replace", "a", "(x).*", Some("a")),
        rule("replace", "a", "nothing", Some("b")),
        rule("labeldrop", "", "a", None),
    ];
    let mut labels: Labels = [("a", "x-1")].into_iter().collect();
    let steps = explain(&rules, &mut labels);
    let changes: Vec<_> = steps.iter().map(|step| step.changes.clone()).collect();
    assert_eq!(changes[0], [change("b", None, Some("x"))]);
    assert_eq!(changes[1], [change("a", Some("x-1"), Some("x"))]);
    assert_eq!(changes[2], []);
    assert_eq!(changes[3], [change("a", Some("x"), None)]);
    assert!(steps.iter().all(|step| !step.dropped));
}

#[test]
fn a_dropped_label_set_ends_the_explanation_at_the_rule_that_dropped_it() {
    let rules =
        [rule("keep", "a", "x", None), rule("drop", "a", "x", None), rule("labeldrop", "", "a", None)];
    let mut labels: Labels = [("a", "x")].into_iter().collect();
    let steps = explain(&rules, &mut labels);
    assert_eq!(steps.iter().map(|step| step.dropped).collect::<Vec<_>>(), [false, true]);
    assert!(steps[1].changes.is_empty());
}

#[test]
fn the_labels_at_the_end_are_those_of_apply() {
    let rules = [rule("replace", "a", "(.*)-1", Some("b")), rule("labelmap", "", "a", None)];
    let mut explained: Labels = [("a", "x-1"), ("c", "1")].into_iter().collect();
    let mut applied = explained.clone();
    explain(&rules, &mut explained);
    apply(&rules, &mut applied);
    assert_eq!(explained, applied);
}
