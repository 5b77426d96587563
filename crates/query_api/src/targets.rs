//! What is scraped, and how labels came about (docs/api.md, Targets).

use std::collections::BTreeMap;

use serde::Serialize;

/// Labels by name.
pub type LabelMap = BTreeMap<String, String>;

/// The targets of all jobs, by job and URL.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Targets {
    /// Those that are scraped, and those that relabelling dropped as far as they are remembered.
    pub targets: Vec<Target>,
    /// How many relabelling dropped.
    pub dropped: u64,
}

/// A target and how its last scrape went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Target {
    /// Names it.
    pub id: String,
    /// Its job.
    pub job: String,
    /// What is scraped.
    pub url: String,
    /// How it is.
    pub health: TargetHealth,
    /// Why the last scrape failed.
    pub last_error: Option<String>,
    /// When it was scraped last, in milliseconds since 1970.
    pub last_scrape_ms: Option<f64>,
    /// How long the last scrape took.
    pub duration_seconds: Option<f64>,
    /// Samples of the last scrape.
    pub samples: Option<u64>,
    /// How often it is scraped.
    pub interval_seconds: f64,
    /// The labels of its series; `None` when it is dropped.
    pub labels: Option<LabelMap>,
    /// The labels before relabelling.
    pub discovered_labels: LabelMap,
    /// Whether there are steps to explain.
    pub relabelled: bool,
}

/// How a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetHealth {
    /// The last scrape was taken in.
    Up,
    /// The last scrape failed.
    Down,
    /// Not scraped yet.
    Unknown,
    /// A relabelling rule dropped it.
    Dropped,
}

/// How the labels of a target came about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Relabelling {
    /// Names the target.
    pub id: String,
    /// Its job.
    pub job: String,
    /// The labels before the first rule.
    pub discovered_labels: LabelMap,
    /// One per rule, up to the one that dropped the target.
    pub steps: Vec<RelabelStep>,
    /// The labels of its series; `None` when it is dropped.
    pub labels: Option<LabelMap>,
}

/// What one rule did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RelabelStep {
    /// The rule.
    pub rule: RelabelRule,
    /// By label.
    pub changes: Vec<LabelChange>,
    /// What came of it.
    pub outcome: RelabelOutcome,
}

/// A rule, with defaults filled in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RelabelRule {
    /// What it does, as the configuration names it.
    pub action: String,
    /// Labels whose values are joined.
    pub source_labels: Vec<String>,
    /// Put between the values.
    pub separator: String,
    /// What the joined values are matched with.
    pub regex: String,
    /// The label that is written or compared with.
    pub target_label: Option<String>,
    /// What is written.
    pub replacement: Option<String>,
    /// Of `hashmod`.
    pub modulus: Option<u64>,
}

/// A label that a rule changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelChange {
    /// The label.
    pub label: String,
    /// Its value before; `None` when it was absent.
    pub before: Option<String>,
    /// Its value after; `None` when it is absent.
    pub after: Option<String>,
}

/// What came of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RelabelOutcome {
    /// Some label is another one now.
    Changed,
    /// Nothing.
    Unchanged,
    /// The target ends here.
    Dropped,
}
