//! Scraping of Prometheus targets.
//!
//! ```text
//! static_configs, file_sd_configs, kubernetes_sd_configs --> supervisor --> a loop per target: fetch --> page memory --> Intake::append
//! ```
//!
//! The supervisor turns what is discovered into targets (`target`) and starts, replaces and ends loops by difference
//! (`supervisor`). A loop (`scrape_loop`) waits for its place in the interval, gets the page (`fetch`), lets the page
//! memory turn it into one remote-write 2.0 request (`page`), and waits until the spool has it. What Prometheus does
//! with a page is done here too: `up` and the other report samples, staleness markers, relabelling, limits.

mod buffers;
mod by_hash;
mod duration;
mod failure;
mod family;
mod fetch;
mod file_sd;
mod labelling;
mod local;
mod metrics;
mod page;
mod schedule;
mod scrape_loop;
mod status;
mod supervisor;
mod target;
mod url;

use std::collections::BTreeMap;
use std::sync::Arc;

use prometheus::Registry;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::error;
use weir_config::{Global, ScrapeConfig};
use weir_http_client::ClientError;
use weir_intake::Intake;
use weir_kubernetes::KubernetesMetrics;
use weir_ledger::Ledger;

use buffers::Buffers;
pub(crate) use local::LocalTarget;
use metrics::ScrapeMetrics;
use scrape_loop::{Shared, machine_seed};
pub use status::{Health, LastScrape, Relabelling, TargetStatus, Targets};
use supervisor::{Apply, Supervisor, prepare};

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
pub struct Scraper {
    commands: mpsc::Sender<Apply>,
    supervisor: AbortOnDropHandle<()>,
    targets: Targets,
}

impl Scraper {
    /// Starts discovery and a loop per target. Must run within a tokio runtime.
    pub fn start(
        settings: ScrapeSettings,
        intake: Intake,
        ledger: Ledger,
        registry: &Registry,
        kubernetes: KubernetesMetrics,
        shutdown: CancellationToken,
    ) -> Result<Self, ScrapeError> {
        let prepared = prepare(settings)?;
        let metrics = ScrapeMetrics::register(registry)?;
        let shared =
            Shared { intake, ledger, metrics, buffers: Buffers::default(), shutdown, seed: machine_seed() };
        let targets = Targets::default();
        let (commands, receiver) = mpsc::channel(1);
        let supervisor = Supervisor::new(Arc::new(shared), targets.clone(), kubernetes);
        let supervisor = AbortOnDropHandle::new(tokio::spawn(supervisor.run(prepared, receiver)));
        Ok(Self { commands, supervisor, targets })
    }

    /// Says whether [`Scraper::apply`] would take `settings`.
    pub fn check(settings: ScrapeSettings) -> Result<(), ScrapeError> {
        prepare(settings).map(drop)
    }

    /// Applies new settings by difference: targets that did not change keep running and keep their page memory,
    /// removed ones end with staleness markers. On an error nothing changes.
    pub async fn apply(&mut self, settings: ScrapeSettings) -> Result<(), ScrapeError> {
        let prepared = prepare(settings)?;
        let (done, applied) = oneshot::channel();
        if self.commands.send(Apply { prepared, done }).await.is_ok() {
            // At a shutdown there is nothing left to apply to.
            let _ = applied.await;
        }
        Ok(())
    }

    /// The targets, kept up to date.
    pub fn targets(&self) -> Targets {
        self.targets.clone()
    }

    /// Waits until every loop has ended. To be called after `shutdown` was cancelled. A page that was fetched is taken
    /// into the spool first, which may wait for room; dropped before that, the loops are aborted and what they hold
    /// stays pending in the ledger.
    pub async fn stop(self) {
        if let Err(error) = self.supervisor.await {
            error!(%error, "scraping ended before its time");
        }
    }
}

#[cfg(test)]
mod tests;
