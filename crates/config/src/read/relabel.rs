//! Relabelling rules.

use weir_relabel::{Action, Rule, RuleError, RuleSpec};

use crate::section::{Section, closest};
use crate::shape::{Environment, Field, Kind, Shape};

/// `<relabel_config>`.
pub(crate) static RELABEL: Shape = Shape {
    name: "relabel_config",
    doc: "A rule that rewrites labels, or drops what carries them.",
    environment: Environment::Verbatim,
    fields: &[
        Field::new(
            "source_labels",
            Kind::List(&Kind::Text),
            "Labels whose values are joined by the separator.",
        ),
        Field::new("separator", Kind::Text, "Stands between the joined values. Default `;`."),
        Field::new("target_label", Kind::Text, "The label that the rule writes or compares with."),
        Field::new(
            "regex",
            Kind::Text,
            "Matched against the whole joined value, in RE2's syntax. Default `(.*)`.",
        ),
        Field::new("modulus", Kind::Count(0, u64::MAX), "Of the hash, for hashmod."),
        Field::new(
            "replacement",
            Kind::Text,
            "Written on a match; `$1` is the first group, and the default.",
        ),
        Field::new(
            "action",
            Kind::Text,
            "replace (default), keep, drop, keepequal, dropequal, hashmod, labelmap, labeldrop, labelkeep, lowercase \
             or uppercase.",
        ),
    ],
    includes: &[],
};

/// Reads the list of rules under `name`.
pub(crate) fn read(section: &Section<'_>, name: &'static str) -> Vec<Rule> {
    section.sections(name).iter().filter_map(rule).collect()
}

fn rule(section: &Section<'_>) -> Option<Rule> {
    let labels = section.has("source_labels");
    let source_labels = section.texts("source_labels");
    let spec = RuleSpec {
        source_labels: labels.then_some(source_labels),
        separator: section.text("separator"),
        target_label: section.text("target_label"),
        regex: section.text("regex"),
        modulus: section.count("modulus"),
        replacement: section.text("replacement"),
        action: section.text("action"),
    };
    match Rule::new(spec) {
        Ok(rule) => Some(rule),
        Err(error) => {
            report(section, &error);
            None
        }
    }
}

fn report(section: &Section<'_>, error: &RuleError) {
    let hint = match error {
        RuleError::Action(given) => {
            let actions = Action::ALL.map(Action::as_str);
            match closest(&given.to_ascii_lowercase(), actions.into_iter()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known actions: {}", actions.join(", ")),
            }
        }
        _ => "see Prometheus' documentation of relabel_config".to_owned(),
    };
    match error.key() {
        Some(key) => section.mistake(key, error.to_string(), hint),
        None => section.value.mistake_with(error.to_string(), hint),
    }
}
