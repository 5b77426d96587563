//! The systemd journal, read by way of `journalctl`.
//!
//! ```text
//! journalctl --follow --output=json --> follow: whole lines --> encode: one batch per read --> Intake::append
//! ```
//!
//! `journalctl` waits while weir does: a full spool fills the pipe. The place to go on from is the cursor of the last
//! entry that the spool has synced, so that after a kill entries may come again and none is missing; an entry's identity
//! is its sequence number, by which a repetition is recognised.

mod encode;
mod entry;
mod follow;
mod metrics;
mod place;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use prometheus::Registry;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::error;
use weir_config::JournaldConfig;
use weir_intake::Intake;
use weir_ledger::Ledger;
use weir_spool::Spool;

use follow::Follower;
use metrics::JournaldMetrics;

/// The program that reads journals.
const PROGRAM: &str = "journalctl";
/// Where the machine's own journal is, in memory or on disk.
const JOURNALS: [&str; 2] = ["/run/log/journal", "/var/log/journal"];

/// Whether this machine has a journal and the program to read it.
pub fn is_available() -> bool {
    let has_files = |folder: &str| {
        let machines = std::fs::read_dir(folder).into_iter().flatten().flatten();
        machines.into_iter().any(|machine| holds_journal(&machine.path()))
    };
    let version = Command::new(PROGRAM).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    JOURNALS.into_iter().any(has_files) && version.is_ok_and(|status| status.success())
}

fn holds_journal(folder: &Path) -> bool {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.into_iter().any(|file| file.path().extension().is_some_and(|extension| extension == "journal"))
}

/// Where entries go.
#[derive(Clone)]
pub struct Destination {
    /// The way into the spool.
    pub intake: Intake,
    /// What tells how far it has synced.
    pub spool: Spool,
    /// The books.
    pub ledger: Ledger,
}

/// The receiver of journal entries.
pub struct Journald {
    destination: Destination,
    folder: PathBuf,
    metrics: JournaldMetrics,
    running: Option<Running>,
}

struct Running {
    config: JournaldConfig,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Journald {
    /// Nothing is read yet. The place to go on from is kept in `folder`.
    pub fn new(
        destination: Destination,
        folder: PathBuf,
        registry: &Registry,
    ) -> Result<Self, prometheus::Error> {
        let metrics = JournaldMetrics::register(registry)?;
        Ok(Self { destination, folder, metrics, running: None })
    }

    /// Makes what runs what `config` says.
    pub async fn apply(&mut self, config: Option<&JournaldConfig>) {
        if self.running.as_ref().map(|running| &running.config) == config {
            return;
        }
        self.stop().await;
        self.running = config.map(|config| self.start(config));
    }

    fn start(&self, config: &JournaldConfig) -> Running {
        let stop = CancellationToken::new();
        let follower = Follower {
            config: config.clone(),
            destination: self.destination.clone(),
            folder: self.folder.clone(),
            metrics: self.metrics.clone(),
            stop: stop.clone(),
        };
        Running { config: config.clone(), stop, task: tokio::spawn(follower.run()) }
    }

    /// Ends `journalctl` and saves the place.
    pub async fn stop(&mut self) {
        let Some(running) = self.running.take() else { return };
        running.stop.cancel();
        if let Err(error) = running.task.await {
            error!(%error, "reading the journal ended before its time");
        }
    }
}

#[cfg(test)]
mod tests;
