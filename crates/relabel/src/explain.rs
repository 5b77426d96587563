//! Relabelling step by step, for a person who asks why a target has the labels that it has.

use crate::{Labels, Rule, apply};

/// What one rule did.
#[derive(Clone, Debug, PartialEq)]
pub struct Step<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Labels that it added, changed or removed, by name.
    pub changes: Vec<Change>,
    /// Whether it dropped the label set; no rule after it is looked at.
    pub dropped: bool,
}

/// A label that a rule changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The label's name.
    pub label: String,
    /// Its value before; `None` when it was absent.
    pub before: Option<String>,
    /// Its value after; `None` when it is absent.
    pub after: Option<String>,
}

/// Runs `rules` in order and tells what each did. `labels` ends as [`apply`] leaves it.
pub fn explain<'a>(rules: &'a [Rule], labels: &mut Labels) -> Vec<Step<'a>> {
    let mut steps = Vec::with_capacity(rules.len());
    for rule in rules {
        let before = labels.clone();
        let dropped = !apply(std::slice::from_ref(rule), labels);
        let changes = if dropped { Vec::new() } else { changes(&before, labels) };
        steps.push(Step { rule, changes, dropped });
        if dropped {
            break;
        }
    }
    steps
}

fn changes(before: &Labels, after: &Labels) -> Vec<Change> {
    let change = |name: &str| Change {
        label: name.to_owned(),
        before: before.get(name).map(str::to_owned),
        after: after.get(name).map(str::to_owned),
    };
    let added = after.iter().filter(|(name, _)| before.get(name).is_none());
    let mut changed: Vec<Change> = before
        .iter()
        .chain(added)
        .map(|(name, _)| change(name))
        .filter(|change| change.before != change.after)
        .collect();
    changed.sort_by(|a, b| a.label.cmp(&b.label));
    changed
}

#[cfg(test)]
mod tests;
