//! From a discovered address to a target: labels, relabelling, checks, URL.

use std::sync::Arc;
use std::time::Duration;

use weir_config::{ScrapeConfig, StaticConfig};
use weir_http_client::HttpClient;
use weir_relabel::{Labels, Rule, apply};
use xxhash_rust::xxh3::Xxh3;

use super::labelling::{LabelRules, Labelling};
use super::page::PageSettings;
use super::{duration, url};

const ADDRESS: &str = "__address__";
const SCHEME: &str = "__scheme__";
const PATH: &str = "__metrics_path__";
const INTERVAL: &str = "__scrape_interval__";
const TIMEOUT: &str = "__scrape_timeout__";
const PARAM_PREFIX: &str = "__param_";
/// Labels that do not become labels of series begin like this.
const HIDDEN_PREFIX: &str = "__";

/// Bytes of a page of a job without `body_size_limit`.
const PAGE_BYTES_MAX: u64 = 256 << 20;

/// What all targets of a job share.
#[derive(Clone, Debug)]
pub(super) struct JobParts {
    pub(super) client: Arc<HttpClient>,
    pub(super) rules: Arc<LabelRules>,
    /// `relabel_configs`.
    pub(super) relabel: Arc<[Rule]>,
}

/// How a target is scraped.
#[derive(Clone, Debug)]
pub(super) struct LoopSettings {
    pub(super) url: String,
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
    pub(super) client: Arc<HttpClient>,
    /// Ask for gzip.
    pub(super) compression: bool,
    /// Bytes of a page; one of this size is too large already, as in Prometheus.
    pub(super) body_bytes_max: u64,
    pub(super) page: PageSettings,
}

/// An endpoint to scrape.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Names the target: a hash of job, labels and URL, never 0.
    pub(super) key: u64,
    pub(super) job: String,
    pub(super) origin: Origin,
    pub(super) settings: LoopSettings,
}

/// What a target's labels were made from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// The labels before relabelling.
    pub(super) discovered: Labels,
    /// `relabel_configs`.
    pub(super) relabel: Arc<[Rule]>,
}

/// A discovered address that relabelling dropped.
#[derive(Debug)]
pub(super) struct Dropped {
    pub(super) key: u64,
    pub(super) job: String,
    /// What would be scraped, as far as that shows before relabelling.
    pub(super) url: String,
    pub(super) interval: Duration,
    pub(super) origin: Origin,
}

/// Why a discovered address is no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TargetError {
    /// Relabelling left no address.
    #[error("no address")]
    NoAddress,
    /// The address is a URL or has a path.
    #[error("\"{0}\" is not a valid hostname")]
    Address(String),
    /// A label that holds a duration does not, or it is 0.
    #[error("{label} is \"{value}\", which is not a duration above 0")]
    Duration {
        /// The label.
        label: &'static str,
        /// Its value.
        value: String,
    },
    /// The timeout is longer than the interval.
    #[error("scrape timeout cannot be greater than scrape interval")]
    Timeout,
}

impl LoopSettings {
    /// Whether a loop with these settings can be left alone when `other` is asked for.
    pub(super) fn same(&self, other: &Self) -> bool {
        let plain = |settings: &Self| {
            (settings.interval, settings.timeout, settings.compression, settings.body_bytes_max)
        };
        Arc::ptr_eq(&self.client, &other.client)
            && self.url == other.url
            && plain(self) == plain(other)
            && self.page == other.page
    }
}

impl Target {
    /// Makes a target of an address in a group. `None` when relabelling drops it.
    pub(super) fn new(
        config: &ScrapeConfig,
        parts: &JobParts,
        group: &StaticConfig,
        address: &str,
    ) -> Result<Option<Self>, TargetError> {
        let discovered = discovered_labels(config, group, address);
        let mut labels = discovered.clone();
        if !apply(&parts.relabel, &mut labels) {
            return Ok(None);
        }
        let address = labels.get(ADDRESS).ok_or(TargetError::NoAddress)?.to_owned();
        if address.contains('/') {
            return Err(TargetError::Address(address));
        }
        let interval = duration_of(&labels, INTERVAL)?;
        let timeout = duration_of(&labels, TIMEOUT)?;
        if timeout > interval {
            return Err(TargetError::Timeout);
        }
        if labels.get("instance").is_none() {
            labels.set("instance", address.as_str());
        }
        let url = url_of(config, &labels, &address);
        labels.retain(|name, _| !name.starts_with(HIDDEN_PREFIX));
        let key = key_of(&config.job_name, &url, &labels);
        let settings = LoopSettings {
            url,
            interval,
            timeout,
            client: Arc::clone(&parts.client),
            compression: config.enable_compression,
            body_bytes_max: match config.limits.body_size_limit {
                0 => PAGE_BYTES_MAX,
                limit => limit.min(PAGE_BYTES_MAX),
            },
            page: page_settings(config, parts, labels),
        };
        let origin = Origin { discovered, relabel: Arc::clone(&parts.relabel) };
        Ok(Some(Self { key, job: config.job_name.clone(), origin, settings }))
    }

    /// The labels that its series get.
    pub(super) fn labels(&self) -> &Labels {
        &self.settings.page.labelling.target
    }
}

impl Dropped {
    /// An address of which [`Target::new`] made no target.
    pub(super) fn new(config: &ScrapeConfig, parts: &JobParts, group: &StaticConfig, address: &str) -> Self {
        let discovered = discovered_labels(config, group, address);
        let url = url_of(config, &discovered, address);
        Self {
            key: key_of(&config.job_name, &url, &discovered),
            job: config.job_name.clone(),
            url,
            interval: config.scrape_interval,
            origin: Origin { discovered, relabel: Arc::clone(&parts.relabel) },
        }
    }
}

/// Labels of the target, of its group, and of the job, in this order of precedence.
fn discovered_labels(config: &ScrapeConfig, group: &StaticConfig, address: &str) -> Labels {
    let mut labels: Labels = group.labels.iter().map(|(name, value)| (name, value.as_str())).collect();
    labels.set(ADDRESS, address);
    let params = config.params.iter().filter_map(|(name, values)| Some((name, values.first()?)));
    let of_job = [
        ("job".to_owned(), config.job_name.clone()),
        (INTERVAL.to_owned(), duration::format(config.scrape_interval)),
        (TIMEOUT.to_owned(), duration::format(config.scrape_timeout)),
        (PATH.to_owned(), config.metrics_path.clone()),
        (SCHEME.to_owned(), config.scheme.clone()),
    ];
    let params = params.map(|(name, value)| (format!("{PARAM_PREFIX}{name}"), value.clone()));
    for (name, value) in of_job.into_iter().chain(params) {
        if labels.get(&name).is_none() {
            labels.set(&name, value);
        }
    }
    labels
}

fn duration_of(labels: &Labels, label: &'static str) -> Result<Duration, TargetError> {
    let value = labels.get(label).unwrap_or_default();
    match duration::parse(value) {
        Some(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(TargetError::Duration { label, value: value.to_owned() }),
    }
}

/// A parameter's label replaces its first value.
fn url_of(config: &ScrapeConfig, labels: &Labels, address: &str) -> String {
    let mut params = config.params.clone();
    for (name, value) in labels.iter() {
        let Some(param) = name.strip_prefix(PARAM_PREFIX) else { continue };
        let values = params.entry(param.to_owned()).or_default();
        match values.first_mut() {
            Some(first) => first.replace_range(.., value),
            None => values.push(value.to_owned()),
        }
    }
    url::build(labels.get(SCHEME).unwrap_or_default(), address, labels.get(PATH).unwrap_or_default(), &params)
}

fn key_of(job: &str, url: &str, labels: &Labels) -> u64 {
    let mut hash = Xxh3::new();
    let texts = labels.iter().flat_map(|(name, value)| [name, value]);
    for text in [job, url].into_iter().chain(texts) {
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    hash.digest().max(1)
}

fn page_settings(config: &ScrapeConfig, parts: &JobParts, target: Labels) -> PageSettings {
    PageSettings {
        labelling: Labelling { target, rules: Arc::clone(&parts.rules) },
        honor_timestamps: config.honor_timestamps,
        track_timestamps_staleness: config.track_timestamps_staleness,
        sample_limit: config.limits.sample_limit,
    }
}

#[cfg(test)]
mod tests;
