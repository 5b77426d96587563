//! Prometheus' rules for labels of a page and of its target.

use std::sync::Arc;

use weir_config::ScrapeLimits;
use weir_exposition::{Format, Item, LabelBuf, Parser};
use weir_relabel::{Labels, Rule, RuleSpec};

use super::{LabelError, LabelRules, Labelling};

fn labelling(target: &[(&str, &str)]) -> Labelling {
    with(target, LabelRules::default())
}

fn with(target: &[(&str, &str)], rules: LabelRules) -> Labelling {
    Labelling { target: target.iter().copied().collect(), rules: Arc::new(rules) }
}

fn relabelling(target: &[(&str, &str)], rule: Rule) -> Labelling {
    with(target, LabelRules { relabel: vec![rule], ..LabelRules::default() })
}

fn rule(spec: RuleSpec) -> Rule {
    Rule::new(spec).unwrap()
}

/// The labels that a line's series gets; `None` when it is dropped.
fn label(labelling: &Labelling, line: &str) -> Result<Option<Vec<(String, String)>>, LabelError> {
    let Some(Ok(Item::Series(line))) = Parser::new(line.as_bytes(), Format::Text).next() else {
        panic!("not a series: {line}")
    };
    let (mut buf, mut labels) = (LabelBuf::new(), Labels::new());
    line.labels(&mut buf).unwrap();
    let kept = labelling.series(&buf, &mut labels)?;
    Ok(kept.then(|| labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
}

fn kept(labelling: &Labelling, line: &str) -> Vec<(String, String)> {
    label(labelling, line).unwrap().expect("a rule dropped it")
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn a_target_s_labels_win_and_the_page_s_are_exported() {
    let labelling = labelling(&[("job", "j"), ("exported_job", "e")]);
    assert_eq!(kept(&labelling, "a 1"), pairs(&[("__name__", "a"), ("exported_job", "e"), ("job", "j")]));
    assert_eq!(
        kept(&labelling, "a{job=\"x\",exported_job=\"y\"} 1"),
        pairs(&[
            ("__name__", "a"),
            ("exported_exported_exported_job", "y"),
            ("exported_exported_job", "x"),
            ("exported_job", "e"),
            ("job", "j"),
        ])
    );
}

#[test]
fn under_honor_labels_the_page_wins_even_with_an_empty_label() {
    let rules = LabelRules { honor_labels: true, ..LabelRules::default() };
    let labelling = with(&[("instance", "i"), ("job", "j")], rules);
    assert_eq!(kept(&labelling, "a{job=\"x\",instance=\"\"} 1"), pairs(&[("__name__", "a"), ("job", "x")]));
    assert_eq!(kept(&labelling, "a 1"), pairs(&[("__name__", "a"), ("instance", "i"), ("job", "j")]));
}

#[test]
fn common_labels_never_override_and_come_after_relabelling() {
    let drop_cluster =
        RuleSpec { action: Some("labeldrop".into()), regex: Some("cluster".into()), ..RuleSpec::default() };
    let common = [("cluster", "eu"), ("job", "other")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    let rules = LabelRules { relabel: vec![rule(drop_cluster)], common, ..LabelRules::default() };
    let labelling = with(&[("job", "j")], rules);
    assert_eq!(
        kept(&labelling, "a{cluster=\"us\"} 1"),
        pairs(&[("__name__", "a"), ("cluster", "eu"), ("job", "j")])
    );
    assert_eq!(
        labelling.report("up").iter().collect::<Vec<_>>(),
        [("__name__", "up"), ("cluster", "eu"), ("job", "j")]
    );
}

#[test]
fn a_rule_drops_or_leaves_a_series_without_a_name() {
    let by_name = |action: &str| RuleSpec {
        source_labels: Some(vec!["__name__".into()]),
        regex: Some("a".into()),
        action: Some(action.into()),
        ..RuleSpec::default()
    };
    let dropping = relabelling(&[], rule(by_name("drop")));
    assert_eq!(label(&dropping, "a 1"), Ok(None));
    let nameless =
        RuleSpec { action: Some("labeldrop".into()), regex: Some("__name__".into()), ..RuleSpec::default() };
    let nameless = rule(nameless);
    let empty = relabelling(&[], nameless.clone());
    assert_eq!(label(&empty, "a 1"), Ok(None), "nothing is left of it");
    let labelled = relabelling(&[("job", "j")], nameless);
    assert_eq!(label(&labelled, "a 1"), Err(LabelError::NameMissing));
    assert_eq!(label(&labelling(&[("job", "j")]), "{\"\"} 1"), Err(LabelError::NameMissing));
    assert_eq!(label(&labelling(&[]), "a{\"\"=\"b\"} 1"), Err(LabelError::NameEmpty { metric: "a".into() }));
}

#[test]
fn a_label_given_twice_is_refused_unless_it_is_gone_afterwards() {
    let twice = "a{b=\"1\",b=\"2\"} 1";
    let error = LabelError::NotUnique { metric: "a".into(), label: "b".into() };
    assert_eq!(label(&labelling(&[]), twice), Err(error));
    let drop_b =
        RuleSpec { action: Some("labeldrop".into()), regex: Some("b".into()), ..RuleSpec::default() };
    let dropping = relabelling(&[], rule(drop_b));
    assert_eq!(kept(&dropping, twice), pairs(&[("__name__", "a")]));
    assert_eq!(
        kept(&labelling(&[("b", "t")]), twice),
        pairs(&[("__name__", "a"), ("b", "t"), ("exported_b", "1")])
    );
}

#[test]
fn limits_on_labels_refuse_the_series_past_them_only() {
    let limited = |limits| with(&[("job", "j")], LabelRules { limits, ..LabelRules::default() });
    let labels = limited(ScrapeLimits { label_limit: 3, ..ScrapeLimits::default() });
    assert!(label(&labels, "a{b=\"1\"} 1").is_ok());
    assert_eq!(
        label(&labels, "a{b=\"1\",c=\"2\"} 1").unwrap_err().to_string(),
        "label_limit exceeded (metric a: 4, limit 3)"
    );
    let names = limited(ScrapeLimits { label_name_length_limit: 8, ..ScrapeLimits::default() });
    assert!(label(&names, "a{b=\"1\"} 1").is_ok());
    assert!(label(&names, "a{longer_name=\"1\"} 1").is_err());
    let values = limited(ScrapeLimits { label_value_length_limit: 2, ..ScrapeLimits::default() });
    assert!(label(&values, "ab{b=\"12\"} 1").is_ok());
    assert!(label(&values, "ab{b=\"123\"} 1").is_err());
    assert!(label(&values, "abc 1").is_err(), "a metric's name is a label value too");
}
