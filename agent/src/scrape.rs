//! Scraping of Prometheus targets.

use std::collections::BTreeMap;

use prometheus::Registry;
use tokio_util::sync::CancellationToken;
use weir_config::{Global, ScrapeConfig};
use weir_http_client::ClientError;
use weir_intake::Intake;
use weir_ledger::Ledger;

/// What is scraped, and the labels that every series gets.
#[derive(Clone, Debug, PartialEq)]
pub struct ScrapeSettings {
    /// The jobs.
    pub jobs: Vec<ScrapeConfig>,
    /// For its external labels.
    pub global: Global,
    /// The node's identity, as labels: names are characters of `[a-zA-Z0-9_]`. Series that have a label keep it.
    pub resource_labels: BTreeMap<String, String>,
}

/// Why scraping cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ScrapeError {
    /// A job's HTTP client cannot be made.
    #[error("job {job}: {source}")]
    Client {
        /// The job.
        job: String,
        /// The cause.
        source: ClientError,
    },
    /// A metric is registered twice.
    #[error("register metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// All scrape loops and the discovery of their targets.
#[derive(Debug)]
pub struct Scraper {}

/// A view of the targets for `/targets`; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Targets {}

impl Scraper {
    /// Starts discovery and a loop per target. Must run within a tokio runtime.
    pub fn start(
        settings: ScrapeSettings,
        intake: Intake,
        ledger: Ledger,
        registry: &Registry,
        shutdown: CancellationToken,
    ) -> Result<Self, ScrapeError> {
        let _ = (settings, intake, ledger, registry, shutdown);
        Ok(Self {})
    }

    /// Applies new settings by difference: targets that did not change keep running and keep their page memory,
    /// removed ones end with staleness markers. On an error nothing changes.
    pub async fn apply(&mut self, settings: ScrapeSettings) -> Result<(), ScrapeError> {
        let _ = settings;
        Ok(())
    }

    /// The targets, kept up to date.
    pub fn targets(&self) -> Targets {
        Targets::default()
    }

    /// Waits until every loop has ended. To be called after `shutdown` was cancelled; a scrape that is under way
    /// is finished first.
    pub async fn stop(self) {}
}

impl Targets {
    /// A copy as it stands, for `/targets`.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::Value::Array(Vec::new())
    }
}
