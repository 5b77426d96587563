//! The loop around `journalctl`.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::spawn_blocking;
use tokio::time::{interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use weir_config::JournaldConfig;
use weir_model::{Batch, OrderKey, Reason, Receiver, Signal, UnixNanos};
use weir_spool::{AppendError, Position};

use super::encode::encode;
use super::entry::{Entry, FIELDS};
use super::metrics::JournaldMetrics;
use super::place::{self, Opened, Place};
use super::{Destination, PROGRAM};
use crate::tail::encode::Style;

/// The component under which dropped entries are counted.
const COMPONENT: &str = "journald";
/// A longer line is an entry that is dropped and counted.
const LINE_BYTES_MAX: usize = 4 << 20;
const READ_BYTES: usize = 256 << 10;
const SAVE_INTERVAL: Duration = Duration::from_secs(1);
/// Between attempts to start `journalctl`: doubled each time up to the most.
const RESTART_MIN: Duration = Duration::from_millis(200);
const RESTART_MAX: Duration = Duration::from_secs(30);
/// How long the words of a `journalctl` that ended are waited for.
const WORDS_TIMEOUT: Duration = Duration::from_secs(1);
const WORDS_BYTES_MAX: u64 = 4 << 10;
const MACHINE_ID: &str = "/etc/machine-id";

/// Why reading ended.
enum Ended {
    Stopped,
    /// `journalctl` could not be started, or ended: its words.
    Failed(String),
}

/// Reads a journal until stopped.
pub(super) struct Follower {
    pub(super) config: JournaldConfig,
    pub(super) destination: Destination,
    pub(super) folder: PathBuf,
    pub(super) metrics: JournaldMetrics,
    pub(super) stop: CancellationToken,
}

/// How far reading came.
struct Progress {
    /// Behind the last entry that was appended.
    place: Place,
    /// Places that are saved once the spool has synced what is before the position.
    unsaved: Option<(Position, Place)>,
    saved: Option<Place>,
}

impl Follower {
    /// Dropped half way, `journalctl` ends, and what was not saved is read again.
    pub(super) async fn run(self) {
        let mut progress = self.begin();
        let mut pause = RESTART_MIN;
        let mut told = String::new();
        loop {
            let before = progress.place.clone();
            let Ended::Failed(cause) = self.follow(&mut progress).await else { break };
            self.metrics.restarts.inc();
            if progress.place != before {
                pause = RESTART_MIN;
            }
            if cause != told {
                error!(
                    cause,
                    "the journal is not read; is journalctl installed, and may this user read the journal (group systemd-journal)?"
                );
                told = cause;
            }
            tokio::select! {
                () = sleep(pause) => pause = (pause * 2).min(RESTART_MAX),
                () = self.stop.cancelled() => break,
            }
        }
        if let Err(error) = self.destination.spool.flush().await {
            warn!(%error, "journal entries since the last sync will be read again");
        }
        self.save(&mut progress).await;
    }

    /// Where the last life ended, or `since` ago; that time is kept, so that nothing is missing should this life end
    /// before its first entry.
    fn begin(&self) -> Progress {
        let seconds = (UnixNanos::now().0 / 1_000_000_000).saturating_sub(self.config.since.as_secs());
        let first = Place::Since(seconds);
        let opened = std::fs::create_dir_all(&self.folder).map_err(|error| error.to_string());
        let opened = opened.and_then(|()| place::load(&self.folder).map_err(|error| error.to_string()));
        let (place, is_new) = match opened {
            Ok(Opened::Place(place)) => (place, false),
            Ok(Opened::Missing) => (first, true),
            Ok(Opened::Damaged(cause)) | Err(cause) => {
                warn!(
                    cause,
                    "the place in the journal is not known; reading from {} ago",
                    humantime(self.config.since)
                );
                (first, true)
            }
        };
        let unsaved = is_new.then(|| (Position(0), place.clone()));
        Progress { place, unsaved, saved: None }
    }

    async fn follow(&self, progress: &mut Progress) -> Ended {
        let spawned = self.command(&progress.place).spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => return Ended::Failed(format!("start {PROGRAM}: {error}")),
        };
        let Some(stdout) = child.stdout.take() else { return Ended::Failed("no output".to_owned()) };
        info!(place = ?progress.place, "reading the journal");
        let stopped = self.read(stdout, progress).await;
        if stopped.is_err() {
            // It has no more to say than what is read again.
            let _ = child.kill().await;
            return Ended::Stopped;
        }
        Ended::Failed(words_of(child).await)
    }

    fn command(&self, place: &Place) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(["--follow", "--no-tail", "--all", "--no-pager", "--quiet", "--output=json"]);
        command.arg(format!("--output-fields={FIELDS}"));
        match place {
            Place::Since(seconds) => command.arg(format!("--since=@{seconds}")),
            Place::After(cursor) => command.arg(format!("--after-cursor={cursor}")),
        };
        command.args(self.config.units.iter().map(|unit| format!("--unit={unit}")));
        match &self.config.path {
            Some(path) => _ = command.arg(format!("--directory={}", path.display())),
            // Of the machine's own journal, --follow shows nothing from before the last boot unless it merges.
            None => _ = command.arg("--merge").args(machine_id().map(|id| format!("_MACHINE_ID={id}"))),
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Reads to the end of the output. An error is the stop.
    async fn read(&self, stdout: ChildStdout, progress: &mut Progress) -> Result<(), Stopped> {
        let mut stdout = BufReader::with_capacity(READ_BYTES, stdout);
        let mut ticks = interval(SAVE_INTERVAL);
        let mut lines = Lines::default();
        let mut style = Style::new(self.destination.intake.settings());
        loop {
            let read = tokio::select! {
                biased;
                () = self.stop.cancelled() => return Err(Stopped),
                _ = ticks.tick() => {
                    self.save(progress).await;
                    continue;
                }
                read = stdout.read_buf(&mut lines.bytes) => read,
            };
            if !matches!(read, Ok(bytes) if bytes > 0) {
                return Ok(());
            }
            let settings = self.destination.intake.settings();
            if !Arc::ptr_eq(&settings, &style.settings) {
                style = Style::new(settings);
            }
            self.take(&mut lines, &style, progress).await?;
        }
    }

    /// Turns whole lines into one batch and appends it.
    async fn take(&self, lines: &mut Lines, style: &Style, progress: &mut Progress) -> Result<(), Stopped> {
        let taken = lines.take();
        let lost = taken.unreadable + taken.too_long;
        let Some(last) = taken.entries.last().map(|entry| Place::After(entry.cursor.clone())) else {
            self.count_lost(0, taken.unreadable, taken.too_long);
            return Ok(());
        };
        let encoded = encode(style, &taken.entries);
        let ledger = &self.destination.ledger;
        ledger.receive(Signal::Logs, Receiver::Journald, encoded.records + encoded.sampled + lost);
        self.drop_lost(encoded.sampled, taken.unreadable, taken.too_long);
        let position =
            if encoded.records > 0 { self.append(encoded.payload, encoded.records).await? } else { None };
        let position = position.or_else(|| progress.unsaved.as_ref().map(|(position, _)| *position));
        progress.place = last.clone();
        progress.unsaved = Some((position.unwrap_or(Position(0)), last));
        Ok(())
    }

    fn count_lost(&self, sampled: u64, unreadable: u64, too_long: u64) {
        let lost = sampled + unreadable + too_long;
        if lost > 0 {
            self.destination.ledger.receive(Signal::Logs, Receiver::Journald, lost);
            self.drop_lost(sampled, unreadable, too_long);
        }
    }

    fn drop_lost(&self, sampled: u64, unreadable: u64, too_long: u64) {
        let ledger = &self.destination.ledger;
        ledger.drop_pending(Signal::Logs, "sampling", Reason::Sampled, sampled);
        ledger.drop_pending(Signal::Logs, COMPONENT, Reason::Malformed, unreadable);
        ledger.drop_pending(Signal::Logs, COMPONENT, Reason::TooLarge, too_long);
    }

    /// Waits while the spool is full; meanwhile `journalctl` waits too.
    async fn append(&self, payload: bytes::Bytes, records: u64) -> Result<Option<Position>, Stopped> {
        let Destination { intake, ledger, .. } = &self.destination;
        let batch = Batch {
            signal: Signal::Logs,
            records: records as u32,
            key: OrderKey::ANY,
            received: UnixNanos::now(),
            payload,
        };
        match intake.append_until(Receiver::Journald, batch, &self.stop).await {
            Ok(position) => Ok(Some(position)),
            Err(AppendError::TooLarge { bytes, bytes_max }) => {
                warn!(
                    bytes,
                    bytes_max, records, "journal entries are dropped; a larger spool.bytes_max keeps them"
                );
                ledger.drop_pending(Signal::Logs, COMPONENT, Reason::TooLarge, records);
                Ok(None)
            }
            Err(_) => {
                // They are read again in the next life.
                ledger.refuse(Signal::Logs, Receiver::Journald, records);
                Err(Stopped)
            }
        }
    }

    /// Saves the newest place that the spool has synced past.
    async fn save(&self, progress: &mut Progress) {
        let Some((position, place)) = &progress.unsaved else { return };
        let synced = *self.destination.spool.synced(Signal::Logs).borrow();
        if *position > synced || progress.saved.as_ref() == Some(place) {
            return;
        }
        let (folder, saving) = (self.folder.clone(), place.clone());
        let saved = spawn_blocking(move || place::save(&folder, &saving)).await;
        match saved {
            Ok(Ok(())) => {
                progress.saved = Some(place.clone());
                progress.unsaved = None;
            }
            Ok(Err(error)) => {
                self.metrics.save_errors.inc();
                warn!(%error, "the place in the journal is not saved");
            }
            Err(error) => warn!(%error, "the place in the journal is not saved"),
        }
    }
}

/// Told to stop.
struct Stopped;

/// Output that is not taken yet.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    /// The rest of a line that is too long.
    skips: bool,
}

#[derive(Default)]
struct Taken {
    entries: Vec<Entry>,
    unreadable: u64,
    too_long: u64,
}

impl Lines {
    /// Takes the whole lines.
    fn take(&mut self) -> Taken {
        let mut taken = Taken::default();
        let mut start = 0;
        while let Some(length) = memchr::memchr(b'\n', &self.bytes[start..]) {
            let line = &self.bytes[start..start + length];
            start += length + 1;
            if std::mem::take(&mut self.skips) || line.is_empty() {
                continue;
            }
            match Entry::parse(line) {
                Some(entry) => taken.entries.push(entry),
                None => taken.unreadable += 1,
            }
        }
        self.bytes.drain(..start);
        if self.bytes.len() > LINE_BYTES_MAX {
            taken.too_long += u64::from(!self.skips);
            self.skips = true;
            self.bytes = Vec::new();
        }
        taken
    }
}

/// What a `journalctl` that ended has to say.
async fn words_of(mut child: Child) -> String {
    let mut words = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        // Without words its status must do.
        let _ = timeout(WORDS_TIMEOUT, stderr.take(WORDS_BYTES_MAX).read_to_end(&mut words)).await;
    }
    let words = String::from_utf8_lossy(&words).trim().to_owned();
    let status = timeout(WORDS_TIMEOUT, child.wait()).await;
    match (words.is_empty(), status) {
        (false, _) => words,
        (true, Ok(Ok(status))) => format!("{PROGRAM} ended with {status}"),
        (true, _) => format!("{PROGRAM} ended"),
    }
}

/// Absent where the machine's name for itself cannot be read, as in some containers; then all journals here are its own.
fn machine_id() -> Option<String> {
    let id = std::fs::read_to_string(MACHINE_ID).ok()?.trim().to_owned();
    (id.len() == 32).then_some(id)
}

fn humantime(duration: Duration) -> String {
    format!("{} s", duration.as_secs())
}

#[cfg(test)]
mod tests;
