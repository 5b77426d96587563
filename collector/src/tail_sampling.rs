//! Tail sampling: spans wait until their trace can be decided over as a whole.
//!
//! ```text
//! Reader (in order) --> Assembly: traces by id --+--> round, once a second: Policies --> Step
//!                                                |                                        |
//!                        decided before: late <--+--- Decisions <-- journal (written first)
//!                                                                                         |
//!                           settle the entries that are through <-- append what is kept <-+
//! ```
//!
//! **Exactly once.** A step writes its decisions to the journal together with the place where the main spool's log of
//! traces ends, and only then appends what is kept, in one batch. After a kill the journal is read again: a step whose
//! place is still the log's end did not come to its append and is void; of all others it is known up to which entry
//! their traces are dealt with, since entries come in order. So spans that are read again are recognised.
//!
//! **Bounded.** Undecided traces hold on to the batches in which their spans came. Above `undecided_bytes_max` the
//! traces that are due next are decided over at once, with what is there, and counted.

mod assembly;
mod decision;
mod journal;
mod metrics;
mod output;
mod policy;
mod sampler;
mod step;
mod trace;

use std::path::PathBuf;

use prometheus::Registry;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::error;
use weir_config::TailSamplingConfig;
use weir_intake::Intake;
use weir_ledger::Ledger;
use weir_model::Signal;
use weir_spool::{Position, Reader, Spool};

use crate::files::FileError;
use journal::{Ends, Journal};
use metrics::TailSamplingMetrics;
use sampler::Sampler;

/// Tail sampling that cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum TailSamplingError {
    /// The journal of decisions.
    #[error("tail_sampling: {0}")]
    Journal(#[from] FileError),
    /// A metric is registered twice.
    #[error("register metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// What tail sampling works between.
pub struct TailSamplingParts<'a> {
    /// Reads the spool of undecided traces.
    pub undecided: Reader,
    /// Where its log ends now.
    pub undecided_end: Position,
    /// The books of that spool, in which the reader's exporter has its account.
    pub undecided_ledger: Ledger,
    /// The name of that exporter.
    pub exporter: &'static str,
    /// The way into the main spool.
    pub intake: Intake,
    /// The main spool, of whose log of traces nobody else writes.
    pub spool: &'a Spool,
    /// The main spool's books.
    pub ledger: Ledger,
    /// The folder of the journal.
    pub folder: PathBuf,
    /// Where metrics are registered.
    pub registry: &'a Registry,
}

/// Running tail sampling.
pub struct TailSampling {
    config: watch::Sender<TailSamplingConfig>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl TailSampling {
    /// Reads the journal and starts.
    ///
    /// # Errors
    /// The journal cannot be read or begun.
    pub fn start(
        config: &TailSamplingConfig,
        parts: TailSamplingParts<'_>,
    ) -> Result<Self, TailSamplingError> {
        let metrics = TailSamplingMetrics::register(parts.registry)?;
        let ends = Ends { kept: parts.spool.end(Signal::Traces), undecided: parts.undecided_end };
        let (journal, decisions) = Journal::open(&parts.folder, ends, config.decisions_max, &metrics)?;
        let (sender, changes) = watch::channel(config.clone());
        let stop = CancellationToken::new();
        let destination = step::Destination {
            intake: parts.intake,
            spool: parts.spool.clone(),
            ledger: parts.ledger,
            journal: Some(journal),
            stop: stop.clone(),
        };
        let origin = step::Origin {
            reader: parts.undecided.in_order(),
            ledger: parts.undecided_ledger,
            exporter: parts.exporter,
        };
        let sampler = Sampler::new(changes, origin, destination, decisions, metrics);
        Ok(Self { config: sender, stop, task: tokio::spawn(sampler.run()) })
    }

    /// From now on decides as `config` says, also over traces that have come already.
    pub fn apply(&self, config: &TailSamplingConfig) {
        self.config.send_if_modified(|current| {
            let changed = current != config;
            if changed {
                current.clone_from(config);
            }
            changed
        });
    }

    /// Ends after the step under way. Undecided traces stay in their spool.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            error!(%error, "tail sampling failed");
        }
    }
}

#[cfg(test)]
mod tests;
