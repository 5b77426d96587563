//! From the labels on a page to the labels of a series.

use std::collections::BTreeMap;
use std::sync::Arc;

use weir_config::ScrapeLimits;
use weir_exposition::LabelBuf;
use weir_relabel::{Labels, Rule, apply};

/// The metric's name among its labels.
pub(super) const METRIC_NAME: &str = "__name__";
/// Put before a page's label whose name the target has too.
const EXPORTED_PREFIX: &str = "exported_";

/// How the series of one target get their labels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Labelling {
    /// The target's own labels, without those that begin with `__`.
    pub(super) target: Labels,
    /// What all targets of the job share.
    pub(super) rules: Arc<LabelRules>,
}

/// How a job's series get their labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LabelRules {
    /// Labels of the page win over those of the target.
    pub(super) honor_labels: bool,
    /// `metric_relabel_configs`.
    pub(super) relabel: Vec<Rule>,
    /// The limits on labels.
    pub(super) limits: ScrapeLimits,
    /// Added last to every series that does not have them: external labels, then the node's identity.
    pub(super) common: BTreeMap<String, String>,
}

/// Why the labels of a series make its page unusable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LabelError {
    /// Relabelling left no metric name.
    #[error("missing metric name (__name__ label)")]
    NameMissing,
    /// A label without a name.
    #[error("label name of metric {metric} is empty")]
    NameEmpty {
        /// The metric.
        metric: String,
    },
    /// A line gives one label twice.
    #[error("label {label} of metric {metric} is not unique")]
    NotUnique {
        /// The metric.
        metric: String,
        /// The label.
        label: String,
    },
    /// A limit on labels is passed.
    #[error("{limit} exceeded (metric {metric}: {found}, limit {allowed})")]
    Limit {
        /// The limit's key in the configuration.
        limit: &'static str,
        /// The metric.
        metric: String,
        /// What was found.
        found: u64,
        /// What is allowed.
        allowed: u64,
    },
}

impl Labelling {
    /// The labels of a series on the page in `out`. False when it is dropped by a rule.
    pub(super) fn series(&self, page: &LabelBuf, out: &mut Labels) -> Result<bool, LabelError> {
        out.clear();
        let mut repeated = Vec::new();
        for (name, value) in page.iter() {
            if out.get(name).is_some() && !value.is_empty() {
                repeated.push(name);
            } else if !value.is_empty() {
                out.set(name, value);
            }
        }
        self.add_target_labels(page, out, &mut repeated);
        if !apply(&self.rules.relabel, out) || out.is_empty() {
            return Ok(false);
        }
        self.check(out, &repeated)?;
        self.add_common_labels(out);
        Ok(true)
    }

    /// The labels of a sample that weir makes itself, such as `up`.
    pub(super) fn report(&self, metric: &str) -> Labels {
        let mut labels = self.target.clone();
        labels.set(METRIC_NAME, metric);
        self.add_common_labels(&mut labels);
        labels
    }

    fn add_target_labels(&self, page: &LabelBuf, out: &mut Labels, repeated: &mut Vec<&str>) {
        if self.rules.honor_labels {
            for (name, value) in self.target.iter() {
                // A page hides a label of the target also by an empty one.
                if !page.iter().any(|(other, _)| other == name) {
                    out.set(name, value);
                }
            }
            return;
        }
        let mut exported: Vec<(&str, String)> = Vec::new();
        for (name, value) in self.target.iter() {
            if let Some(hidden) = out.get(name) {
                exported.push((name, hidden.to_owned()));
            }
            out.set(name, value);
        }
        repeated.retain(|name| self.target.get(name).is_none());
        exported.sort_by_key(|(name, _)| name.len());
        for (name, value) in exported {
            let mut name = format!("{EXPORTED_PREFIX}{name}");
            while out.get(&name).is_some() {
                name.insert_str(0, EXPORTED_PREFIX);
            }
            out.set(&name, value);
        }
    }

    fn add_common_labels(&self, out: &mut Labels) {
        for (name, value) in &self.rules.common {
            if out.get(name).is_none() {
                out.set(name, value.as_str());
            }
        }
    }

    fn check(&self, labels: &Labels, repeated: &[&str]) -> Result<(), LabelError> {
        let metric = labels.get(METRIC_NAME).ok_or(LabelError::NameMissing)?;
        if labels.get("").is_some() {
            return Err(LabelError::NameEmpty { metric: metric.to_owned() });
        }
        if let Some(label) = repeated.iter().find(|name| labels.get(name).is_some()) {
            return Err(LabelError::NotUnique { metric: metric.to_owned(), label: (*label).to_owned() });
        }
        let limits = &self.rules.limits;
        check_limit("label_limit", metric, labels.len(), limits.label_limit)?;
        if limits.label_name_length_limit == 0 && limits.label_value_length_limit == 0 {
            return Ok(());
        }
        for (name, value) in labels.iter() {
            check_limit("label_name_length_limit", metric, name.len(), limits.label_name_length_limit)?;
            check_limit("label_value_length_limit", metric, value.len(), limits.label_value_length_limit)?;
        }
        Ok(())
    }
}

/// A limit of 0 is none.
fn check_limit(limit: &'static str, metric: &str, found: usize, allowed: u64) -> Result<(), LabelError> {
    let found = found as u64;
    if allowed == 0 || found <= allowed {
        return Ok(());
    }
    Err(LabelError::Limit { limit, metric: metric.chars().take(50).collect(), found, allowed })
}

#[cfg(test)]
mod tests;
