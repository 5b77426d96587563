//! Why a program does not run.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use weir_collector::{SpanMetricsError, TailSamplingError};
use weir_spool::SpoolError;
use weir_store::StoreError;

use super::exporters::ExporterError;
use super::receivers::ReceiverError;

/// Why a program did not start, or ended with a failure.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The spool cannot be opened.
    #[error("open the spool: {0}")]
    Spool(#[from] SpoolError),
    /// A destination cannot be set up.
    #[error(transparent)]
    Exporter(#[from] ExporterError),
    /// A receiver cannot be set up.
    #[error(transparent)]
    Receiver(#[from] ReceiverError),
    /// The configuration is another program's.
    #[error("{0}")]
    Program(String),
    /// Tail sampling cannot be started.
    #[error(transparent)]
    TailSampling(#[from] TailSamplingError),
    /// Span metrics cannot be started.
    #[error(transparent)]
    SpanMetrics(#[from] SpanMetricsError),
    /// Tail sampling was taken out of the configuration while traces were undecided.
    #[error(
        "{spans} spans in {path} wait for a decision, and the configuration has no tail_sampling any more; start once \
         with it and let it end, or remove the folder to give them up"
    )]
    Undecided {
        /// Where they are.
        path: PathBuf,
        /// How many.
        spans: u64,
    },
    /// The own endpoints cannot be served.
    #[error(
        "telemetry.listen: cannot listen on {address}: {source}; choose a free address there, or with --listen of weir agent"
    )]
    Telemetry {
        /// Where.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The console cannot be served.
    #[error("the console: cannot listen on {address}: {source}; choose a free address with --listen")]
    Console {
        /// Where.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The embedded store cannot be opened.
    #[error("open the store: {0}")]
    Store(#[from] StoreError),
    /// A metric is registered twice.
    #[error("register metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// A signal handler cannot be installed.
    #[error("install a signal handler: {0}")]
    Signals(io::Error),
    /// Records were taken in that are neither delivered nor in the spool: dropped at the shutdown, or missing.
    #[error("{records} records were lost; the books are in the log")]
    Lost {
        /// How many.
        records: u64,
    },
}
