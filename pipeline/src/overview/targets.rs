//! Targets as the console is told about them.

use weir_query_api::{LabelChange, LabelMap, RelabelOutcome, RelabelRule, RelabelStep, Target, TargetHealth};
use weir_relabel::{Action, Labels, Rule, Step, explain};

use weir_agent::scrape::{Health, Relabelling, TargetStatus, Targets};

pub(super) fn list(targets: &Targets) -> weir_query_api::Targets {
    let mut list: Vec<Target> =
        targets.list().into_iter().chain(targets.dropped()).map(|status| target(&status)).collect();
    list.sort_by(|a, b| (&a.job, &a.url).cmp(&(&b.job, &b.url)));
    weir_query_api::Targets { targets: list, dropped: targets.dropped_total() }
}

fn target(status: &TargetStatus) -> Target {
    let last = status.last_scrape.as_ref();
    Target {
        id: status.id.clone(),
        job: status.job.clone(),
        url: status.url.clone(),
        health: match status.health {
            Health::Up => TargetHealth::Up,
            Health::Down => TargetHealth::Down,
            Health::Unknown => TargetHealth::Unknown,
            Health::Dropped => TargetHealth::Dropped,
        },
        last_error: last.and_then(|scrape| scrape.error.clone()),
        last_scrape_ms: last.map(|scrape| scrape.unix_ms as f64),
        duration_seconds: last.map(|scrape| scrape.duration_seconds),
        samples: last.map(|scrape| scrape.samples),
        interval_seconds: status.interval_seconds,
        labels: (status.health != Health::Dropped).then(|| map(&status.labels)),
        discovered_labels: map(&status.discovered_labels),
        relabelled: status.is_relabelled,
    }
}

pub(super) fn relabelling(targets: &Targets, id: &str) -> Option<weir_query_api::Relabelling> {
    let Relabelling { job, discovered_labels, rules, labels } = targets.relabelling(id)?;
    let steps = explain(&rules, &mut discovered_labels.clone()).iter().map(step).collect();
    Some(weir_query_api::Relabelling {
        id: id.to_owned(),
        job,
        discovered_labels: map(&discovered_labels),
        steps,
        labels: labels.as_ref().map(map),
    })
}

fn step(step: &Step<'_>) -> RelabelStep {
    let changes: Vec<_> = step
        .changes
        .iter()
        .map(|change| LabelChange {
            label: change.label.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
        })
        .collect();
    let outcome = match (step.dropped, changes.is_empty()) {
        (true, _) => RelabelOutcome::Dropped,
        (false, true) => RelabelOutcome::Unchanged,
        (false, false) => RelabelOutcome::Changed,
    };
    RelabelStep { rule: rule(step.rule), changes, outcome }
}

fn rule(rule: &Rule) -> RelabelRule {
    let (spec, action) = (rule.spec(), rule.action());
    let writes = matches!(action, Action::Replace | Action::LabelMap);
    RelabelRule {
        action: action.as_str().to_owned(),
        source_labels: spec.source_labels.clone().unwrap_or_default(),
        separator: spec.separator().to_owned(),
        regex: spec.regex().to_owned(),
        target_label: spec.target_label.clone(),
        replacement: writes.then(|| spec.replacement().to_owned()),
        modulus: spec.modulus,
    }
}

fn map(labels: &Labels) -> LabelMap {
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
