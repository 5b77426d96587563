//! Span metrics: requests, errors and durations counted from spans before they are sampled.
//!
//! ```text
//! Reader (in order) --> Table: counts by service, operation, kind, status
//!                         | every interval
//!                         +--> checkpoint of all counts --> settle the entries counted --> samples to the main spool
//! ```
//!
//! | metric | type |
//! |---|---|
//! | `traces_span_metrics_calls_total` | counter |
//! | `traces_span_metrics_duration_seconds` | native histogram, and `_bucket`, `_sum`, `_count` of a classic one |
//!
//! with the labels `service_name`, `span_name`, `span_kind`, `status_code`, `instance` and `job`. A span that was sampled
//! before counts as many as its `ot=th` says.
//!
//! **No jumps.** The counts and the place up to which spans were counted are saved together, before any of them is
//! sent; a restart goes on with both, so that each span counts once and no counter falls. Each collector has series of
//! its own, by `instance`. A series begins with 0, so that its first increase is one.

mod checkpoint;
mod counts;
mod encode;
mod key;
mod metrics;
mod table;
mod teller;

use std::collections::BTreeMap;
use std::path::PathBuf;

use prometheus::Registry;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::error;
use weir_checkpoint::ReadError;
use weir_config::SpanMetricsConfig;
use weir_intake::Intake;
use weir_ledger::Ledger;
use weir_spool::{Position, Reader};

use metrics::SpanMetricsMetrics;
use teller::Teller;

/// Span metrics that cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum SpanMetricsError {
    /// The counts of the last life.
    #[error("span_metrics: {0}")]
    Checkpoint(#[from] ReadError),
    /// A metric is registered twice.
    #[error("register metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// What span metrics work between.
pub struct SpanMetricsParts<'a> {
    /// Reads spans before they are sampled.
    pub spans: Reader,
    /// Where the log that is read ends now.
    pub spans_end: Position,
    /// The books of the spool that is read, in which the reader's exporter has its account.
    pub spans_ledger: Ledger,
    /// The name of that exporter.
    pub exporter: &'static str,
    /// The way into the main spool.
    pub intake: Intake,
    /// The main spool's books.
    pub ledger: Ledger,
    /// Labels of every series, besides those of its spans: `instance` and what the configuration adds.
    pub labels: BTreeMap<String, String>,
    /// The folder of the checkpoint.
    pub folder: PathBuf,
    /// Where metrics are registered.
    pub registry: &'a Registry,
}

/// Running span metrics.
pub struct SpanMetrics {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl SpanMetrics {
    /// Takes over the counts of the last life and starts.
    ///
    /// # Errors
    /// The checkpoint cannot be read, or is of a newer version.
    pub fn start(config: &SpanMetricsConfig, parts: SpanMetricsParts<'_>) -> Result<Self, SpanMetricsError> {
        let metrics = SpanMetricsMetrics::register(parts.registry)?;
        let stop = CancellationToken::new();
        let teller = Teller::new(config, parts, metrics, stop.clone())?;
        Ok(Self { stop, task: tokio::spawn(teller.run()) })
    }

    /// Saves and sends what was counted, and ends.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            error!(%error, "span metrics failed");
        }
    }
}

#[cfg(test)]
mod tests;
