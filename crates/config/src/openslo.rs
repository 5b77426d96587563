//! Service level objectives: what is read of OpenSLO v1 documents.

use std::collections::BTreeMap;
use std::time::Duration;

/// A service level objective, checked, with defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct SloConfig {
    /// `metadata.name`; unique.
    pub name: String,
    /// `spec.service`.
    pub service: String,
    /// `spec.description`.
    pub description: String,
    /// `metadata.labels`; of a list the first counts. They become labels of alerts.
    pub labels: BTreeMap<String, String>,
    /// `spec.timeWindow`, rolling. 28 days or longer.
    pub period: Duration,
    /// The share of events that must be good, above 0.94 and below 1.
    pub target: f64,
    /// What is counted.
    pub indicator: SloIndicator,
    /// `weir.dev/min-bad-events`: a burn alert needs so many bad events in its long window. Default 10.
    pub bad_events_min: u64,
    /// `weir.dev/on-no-data`. Default a ticket.
    pub on_no_data: OnNoData,
    /// `weir.dev/exclude-when`: while this expression has a value, events do not count.
    pub exclude_when: Option<String>,
    /// `weir.dev/runbook`: takes the place of the alerts' own runbooks.
    pub runbook: Option<String>,
    /// `weir.dev/dashboard`.
    pub dashboard: Option<String>,
}

/// What an objective counts. A query is a selector of series, or an expression with `$window`, which is a rate of
/// events per second.
#[derive(Clone, Debug, PartialEq)]
pub enum SloIndicator {
    /// Events, and those of them that are bad.
    Bad {
        /// Bad events.
        bad: String,
        /// All events.
        total: String,
    },
    /// Events, and those of them that are good.
    Good {
        /// Good events.
        good: String,
        /// All events.
        total: String,
    },
    /// Events of a histogram, bad above a threshold.
    Latency {
        /// A selector with the histogram's name, without `_bucket`.
        histogram: String,
        /// Whether it is a native one.
        native: bool,
        /// Seconds; a bucket's bound of a classic histogram.
        threshold: f64,
    },
}

/// What happens when an objective's series are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnNoData {
    /// Somebody is woken.
    Page,
    /// Somebody looks at it in office hours.
    Ticket,
    /// Nothing.
    Ignore,
}
