//! Tailing of log files.
//!
//! Files are found by patterns, told apart by inode, birth time and the hash of their first bytes, and read in turns
//! of a few hundred kilobytes each. What a turn read becomes one batch, encoded straight from the read buffer. A file
//! is not read on before its batch is in the spool, and its checkpoint moves only past what the spool has synced:
//! after a crash some lines are read again and get the ids that they had before.

mod checkpoint;
mod cri;
mod digest;
pub(crate) mod encode;
mod entry;
mod halves;
mod identity;
mod mark;
mod metrics;
mod moves;
mod pattern;
mod pod;
mod reader;
mod saved;
mod scan;
mod schedule;
mod settings;
mod sink;
mod supervisor;
mod table;
mod turn;
mod watch;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use prometheus::Registry;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use weir_config::LogsConfig;
use weir_ledger::Ledger;

use entry::Entries;
use metrics::TailMetrics;
pub use settings::TailSettings;
pub use sink::{Sink, SpoolSink};
use supervisor::{Command, Supervisor};

/// Changes of the configuration that may wait for the supervisor.
const COMMANDS_MAX: usize = 4;

/// Why tailing could not start or a new configuration not be applied.
#[derive(Debug, Error)]
pub enum TailError {
    /// A path pattern or an exclude is no glob.
    #[error("logs entry {entry}: pattern {pattern}")]
    Pattern {
        /// The entry's name.
        entry: String,
        /// The pattern as configured.
        pattern: String,
        /// What is wrong with it.
        source: globset::Error,
    },
    /// A path pattern does not start at the root folder.
    #[error("logs entry {entry}: pattern {pattern} is not an absolute path")]
    RelativePattern {
        /// The entry's name.
        entry: String,
        /// The pattern as configured.
        pattern: String,
    },
    /// The folder of the checkpoint could not be created.
    #[error("create {path}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The checkpoint could not be read, or a newer program wrote it. Damage is no error: tailing starts over.
    #[error("read the checkpoint of the log files")]
    Checkpoint(#[source] weir_checkpoint::ReadError),
    /// Two tailers share a registry.
    #[error("register metrics")]
    Metrics(#[source] prometheus::Error),
    /// The tailer has ended.
    #[error("tailing has ended")]
    Ended,
}

/// A running tailer. Dropping it ends it as a crash would: nothing is saved, and the next start reads some lines again.
#[derive(Debug)]
pub struct Tailer {
    commands: mpsc::Sender<Command>,
    supervisor: Option<JoinHandle<()>>,
}

impl Tailer {
    /// Starts tailing and returns once every file that is there has been found. Dropped half way, nothing runs.
    pub async fn start<S: Sink>(
        configs: &[LogsConfig],
        settings: TailSettings,
        sink: S,
        ledger: Ledger,
        registry: &Registry,
        shutdown: CancellationToken,
    ) -> Result<Self, TailError> {
        let entries = Entries::new(configs)?;
        let metrics = TailMetrics::register(registry).map_err(TailError::Metrics)?;
        let (commands, receiver) = mpsc::channel(COMMANDS_MAX);
        let (ready, started) = oneshot::channel();
        let supervisor = Supervisor::open(entries, settings, sink, ledger, metrics, receiver).await?;
        let task = tokio::spawn(supervisor.run(shutdown, ready));
        let tailer = Self { commands, supervisor: Some(task) };
        // An error means that the supervisor was stopped before it was ready, which is no failure.
        let _ = started.await;
        Ok(tailer)
    }

    /// Takes over a new configuration. Files that still match keep going. Dropped half way, it is applied or not.
    pub async fn apply(&self, configs: &[LogsConfig]) -> Result<(), TailError> {
        let entries = Arc::new(Entries::new(configs)?);
        let (done, applied) = oneshot::channel();
        self.commands.send(Command::Apply { entries, done }).await.map_err(|_| TailError::Ended)?;
        applied.await.map_err(|_| TailError::Ended)
    }

    /// Waits for the end that the shutdown token asked for: reads in flight are appended and the checkpoint is saved.
    /// Dropped half way, tailing ends as in a crash.
    pub async fn stopped(mut self) {
        if let Some(task) = self.supervisor.as_mut()
            && let Err(error) = task.await
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
        self.supervisor = None;
    }
}

impl Drop for Tailer {
    fn drop(&mut self) {
        if let Some(task) = self.supervisor.take() {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests;
