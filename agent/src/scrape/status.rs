//! What `/targets` shows.

use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use serde::Serialize;
use weir_relabel::Labels;

use super::target::Target;

/// Whether a target answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Not scraped yet.
    #[default]
    Unknown,
    /// The last scrape was taken in.
    Up,
    /// The last scrape failed.
    Down,
}

/// A target and how its last scrape went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TargetStatus {
    /// The job.
    pub job: String,
    /// What is scraped.
    pub url: String,
    /// How it is.
    pub health: Health,
    /// The labels of its series.
    #[serde(serialize_with = "as_map")]
    pub labels: Labels,
    /// The labels before relabelling.
    #[serde(serialize_with = "as_map")]
    pub discovered_labels: Labels,
    /// How often it is scraped, in seconds.
    pub interval_seconds: f64,
    /// How the last scrape went; absent before the first.
    pub last_scrape: Option<LastScrape>,
}

/// How a scrape went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LastScrape {
    /// When, in milliseconds since 1970.
    pub unix_ms: i64,
    /// How long it took.
    pub duration_seconds: f64,
    /// Samples on the page.
    pub samples: u64,
    /// Why it failed.
    pub error: Option<String>,
}

/// The targets of all jobs, kept up to date. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    entries: Arc<RwLock<Vec<Arc<Entry>>>>,
}

/// A target in the list.
#[derive(Debug)]
pub(super) struct Entry {
    status: Mutex<TargetStatus>,
}

impl Targets {
    /// A copy as it stands, by job and URL.
    pub fn list(&self) -> Vec<TargetStatus> {
        let mut list: Vec<TargetStatus> =
            self.entries.read().iter().map(|entry| entry.status.lock().clone()).collect();
        list.sort_by(|a, b| (&a.job, &a.url).cmp(&(&b.job, &b.url)));
        list
    }

    /// The same for `/targets`.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self.list()).unwrap_or_default()
    }

    pub(super) fn set(&self, entries: Vec<Arc<Entry>>) {
        *self.entries.write() = entries;
    }
}

impl Entry {
    pub(super) fn new(target: &Target) -> Self {
        let status = TargetStatus {
            job: target.job.clone(),
            url: target.settings.url.clone(),
            health: Health::Unknown,
            labels: target.labels().clone(),
            discovered_labels: target.discovered.clone(),
            interval_seconds: target.settings.interval.as_secs_f64(),
            last_scrape: None,
        };
        Self { status: Mutex::new(status) }
    }

    /// The target's labels before relabelling, and its interval, may change while it stays the same target.
    pub(super) fn update(&self, target: &Target) {
        let mut status = self.status.lock();
        status.discovered_labels.clone_from(&target.discovered);
        status.interval_seconds = target.settings.interval.as_secs_f64();
    }

    /// A scrape ended. Gives the health before it.
    pub(super) fn scraped(&self, last_scrape: LastScrape) -> Health {
        let mut status = self.status.lock();
        let health = if last_scrape.error.is_none() { Health::Up } else { Health::Down };
        status.last_scrape = Some(last_scrape);
        std::mem::replace(&mut status.health, health)
    }
}

fn as_map<S: serde::Serializer>(labels: &Labels, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(labels.iter())
}
