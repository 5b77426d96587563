//! What `/targets` shows.

use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use serde::Serialize;
use weir_relabel::{Labels, Rule};

use super::target::{Dropped, Origin, Target};

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
    /// Relabelling dropped it; it is not scraped.
    Dropped,
}

/// A target and how its last scrape went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TargetStatus {
    /// Names it: 16 hexadecimal digits.
    pub id: String,
    /// The job.
    pub job: String,
    /// What is scraped.
    pub url: String,
    /// How it is.
    pub health: Health,
    /// The labels of its series; none when it is dropped.
    #[serde(serialize_with = "as_map")]
    pub labels: Labels,
    /// The labels before relabelling.
    #[serde(serialize_with = "as_map")]
    pub discovered_labels: Labels,
    /// How often it is scraped, in seconds.
    pub interval_seconds: f64,
    /// How the last scrape went; absent before the first.
    pub last_scrape: Option<LastScrape>,
    /// Whether there are relabelling rules to explain.
    #[serde(skip)]
    pub is_relabelled: bool,
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

/// How the labels of a target came about.
#[derive(Clone, Debug)]
pub struct Relabelling {
    /// The job.
    pub job: String,
    /// The labels before.
    pub discovered_labels: Labels,
    /// `relabel_configs` of the job.
    pub rules: Arc<[Rule]>,
    /// The labels of its series; `None` when it is dropped.
    pub labels: Option<Labels>,
}

/// The targets of all jobs, kept up to date. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    lists: Arc<RwLock<Lists>>,
}

#[derive(Debug, Default)]
struct Lists {
    entries: Vec<Arc<Entry>>,
    dropped: Vec<Dropped>,
    dropped_total: u64,
}

/// A target in the list.
#[derive(Debug)]
pub(super) struct Entry {
    key: u64,
    status: Mutex<TargetStatus>,
    origin: Mutex<Origin>,
}

impl Targets {
    /// A copy of what is scraped as it stands, by job and URL.
    pub fn list(&self) -> Vec<TargetStatus> {
        in_order(self.lists.read().entries.iter().map(|entry| entry.status.lock().clone()).collect())
    }

    /// What relabelling dropped, by job and URL; the first thousand.
    pub fn dropped(&self) -> Vec<TargetStatus> {
        in_order(self.lists.read().dropped.iter().map(TargetStatus::of_dropped).collect())
    }

    /// How many targets relabelling dropped.
    pub fn dropped_total(&self) -> u64 {
        self.lists.read().dropped_total
    }

    /// How the labels of the target with this id came about.
    pub fn relabelling(&self, id: &str) -> Option<Relabelling> {
        let lists = self.lists.read();
        if let Some(entry) = lists.entries.iter().find(|entry| id_of(entry.key) == id) {
            let status = entry.status.lock();
            return Some(entry.origin.lock().relabelling(&status.job, Some(status.labels.clone())));
        }
        let dropped = lists.dropped.iter().find(|dropped| id_of(dropped.key) == id)?;
        Some(dropped.origin.relabelling(&dropped.job, None))
    }

    /// What is scraped, for `/targets`.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self.list()).unwrap_or_default()
    }

    pub(super) fn set(&self, entries: Vec<Arc<Entry>>, dropped: Vec<Dropped>, dropped_total: u64) {
        *self.lists.write() = Lists { entries, dropped, dropped_total };
    }
}

impl Entry {
    pub(super) fn new(target: &Target) -> Self {
        let status = TargetStatus {
            id: id_of(target.key),
            job: target.job.clone(),
            url: target.settings.url.clone(),
            health: Health::Unknown,
            labels: target.labels().clone(),
            discovered_labels: target.origin.discovered.clone(),
            interval_seconds: target.settings.interval.as_secs_f64(),
            last_scrape: None,
            is_relabelled: !target.origin.relabel.is_empty(),
        };
        Self { key: target.key, status: Mutex::new(status), origin: Mutex::new(target.origin.clone()) }
    }

    /// The target's labels before relabelling, and its interval, may change while it stays the same target.
    pub(super) fn update(&self, target: &Target) {
        let mut status = self.status.lock();
        status.discovered_labels.clone_from(&target.origin.discovered);
        status.is_relabelled = !target.origin.relabel.is_empty();
        status.interval_seconds = target.settings.interval.as_secs_f64();
        self.origin.lock().clone_from(&target.origin);
    }

    /// A scrape ended. Gives the health before it.
    pub(super) fn scraped(&self, last_scrape: LastScrape) -> Health {
        let mut status = self.status.lock();
        let health = if last_scrape.error.is_none() { Health::Up } else { Health::Down };
        status.last_scrape = Some(last_scrape);
        std::mem::replace(&mut status.health, health)
    }
}

impl TargetStatus {
    fn of_dropped(dropped: &Dropped) -> Self {
        Self {
            id: id_of(dropped.key),
            job: dropped.job.clone(),
            url: dropped.url.clone(),
            health: Health::Dropped,
            labels: Labels::new(),
            discovered_labels: dropped.origin.discovered.clone(),
            interval_seconds: dropped.interval.as_secs_f64(),
            last_scrape: None,
            is_relabelled: true,
        }
    }
}

impl Origin {
    fn relabelling(&self, job: &str, labels: Option<Labels>) -> Relabelling {
        Relabelling {
            job: job.to_owned(),
            discovered_labels: self.discovered.clone(),
            rules: Arc::clone(&self.relabel),
            labels,
        }
    }
}

fn id_of(key: u64) -> String {
    format!("{key:016x}")
}

fn in_order(mut list: Vec<TargetStatus>) -> Vec<TargetStatus> {
    list.sort_by(|a, b| (&a.job, &a.url).cmp(&(&b.job, &b.url)));
    list
}

fn as_map<S: serde::Serializer>(labels: &Labels, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(labels.iter())
}
