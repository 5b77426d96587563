//! The one task that knows all files: it takes notifications, has folders walked, gives files their turns and saves the
//! checkpoint.

mod config;
mod files;
mod saving;
mod scans;
mod turns;

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use weir_ledger::Ledger;
use weir_spool::Position;

use crate::tail::TailError;
use crate::tail::checkpoint::{self, Checkpoint, Opened};
use crate::tail::encode::Style;
use crate::tail::entry::Entries;
use crate::tail::mark::Progress;
use crate::tail::metrics::TailMetrics;
use crate::tail::moves::Moves;
use crate::tail::saved::SavedFile;
use crate::tail::scan::{Request, Scanned, Scanner, Shelf};
use crate::tail::schedule::Schedule;
use crate::tail::settings::TailSettings;
use crate::tail::sink::Sink;
use crate::tail::table::{SlotId, Table};
use crate::tail::turn::{Buffers, TurnContext, TurnEnd};
use crate::tail::watch::{self as notify, Event, Events};

/// What the handle asks for.
#[derive(Debug)]
pub(crate) enum Command {
    /// Replaces the configuration.
    Apply { entries: Arc<Entries>, done: oneshot::Sender<()> },
}

/// A finished job.
enum Done {
    Turn(Box<TurnEnd>),
    Scan { scanned: Box<Scanned>, scanner: Scanner, took: Duration },
    Save { result: Result<(), weir_checkpoint::ReplaceError>, number: u64 },
}

/// The state of the one task.
pub(crate) struct Supervisor<S> {
    settings: TailSettings,
    context: Arc<TurnContext<S>>,
    synced: watch::Receiver<Position>,
    scanner: Scanner,
    events: Option<Events>,
    commands: mpsc::Receiver<Command>,
    style: Arc<Style>,
    table: Table,
    schedule: Schedule,
    moves: Moves,
    jobs: JoinSet<Done>,
    turns_running: usize,
    scan: Scans,
    saving: Saving,
    polls_at: Instant,
    /// Closed files of which appended batches wait for their sync.
    closing: Vec<(SavedFile, Progress)>,
}

/// Walks and looks at single paths: at most one at a time.
struct Scans {
    wanted: Request,
    is_running: bool,
    /// No walk before.
    walk_after: Instant,
    walks_at: Instant,
    /// Files found by the running or next walk are not read before the checkpoint has them.
    holds_new: bool,
    /// Told after the next walk.
    waiting: Vec<oneshot::Sender<()>>,
}

/// The checkpoint.
struct Saving {
    /// The saved checkpoint lacks a file, or has one too many.
    is_changed: bool,
    /// Some file waits for a sync.
    is_waiting: bool,
    /// Files wait for the checkpoint.
    is_urgent: bool,
    is_running: bool,
    saves_at: Instant,
    /// Counts saves as they begin.
    number: u64,
    /// Files that wait for a save, with the number of the first one that has them.
    held: Vec<(SlotId, u64)>,
}

impl Scans {
    /// The first walk is due, and its files are held.
    fn new(now: Instant, walks_at: Instant) -> Self {
        Self {
            wanted: Request { is_full: true, finds_saved: true, ..Request::default() },
            is_running: false,
            walk_after: now,
            walks_at,
            holds_new: true,
            waiting: Vec::new(),
        }
    }
}

impl Saving {
    fn new(saves_at: Instant) -> Self {
        Self {
            is_changed: false,
            is_waiting: false,
            is_urgent: false,
            is_running: false,
            saves_at,
            number: 0,
            held: Vec::new(),
        }
    }
}

impl<S: Sink> Supervisor<S> {
    /// Reads the checkpoint and opens the notifications.
    pub(crate) async fn open(
        entries: Entries,
        settings: TailSettings,
        sink: S,
        ledger: Ledger,
        metrics: TailMetrics,
        commands: mpsc::Receiver<Command>,
    ) -> Result<Self, TailError> {
        let checkpoint = load(settings.dir.clone(), &metrics).await?;
        let (watcher, events) = open_notifications();
        let now = Instant::now();
        let style = Arc::new(Style::new(sink.settings()).with_pods(settings.pods.clone()));
        let scanner = Scanner {
            entries: Arc::new(entries),
            watcher: watcher.clone(),
            shelf: Arc::new(Shelf::new(checkpoint.files, settings.files_max)),
            known_patterns: Arc::new(checkpoint.patterns.into_iter().collect::<HashSet<_>>()),
            metrics: metrics.clone(),
        };
        Ok(Self {
            synced: sink.synced(),
            context: Arc::new(TurnContext { sink, ledger, metrics, watcher, buffers: Buffers::default() }),
            scanner,
            events,
            commands,
            style,
            table: Table::default(),
            schedule: Schedule::default(),
            moves: Moves::default(),
            jobs: JoinSet::new(),
            turns_running: 0,
            scan: Scans::new(now, now + settings.reconcile_interval),
            saving: Saving::new(now),
            polls_at: now + settings.poll_interval,
            closing: Vec::new(),
            settings,
        })
    }

    /// Runs until `shutdown`. `ready` is told after the first walk. Dropped half way, tailing ends as in a crash.
    pub(crate) async fn run(mut self, shutdown: CancellationToken, ready: oneshot::Sender<()>) {
        self.scan.waiting.push(ready);
        while !shutdown.is_cancelled() {
            self.start_jobs();
            let wakes_at = self.wakes_at();
            tokio::select! {
                () = shutdown.cancelled() => {}
                Some(done) = self.jobs.join_next() => self.finish(done),
                events = next_events(&mut self.events, &self.context) => self.take_events(events),
                Some(command) = self.commands.recv() => self.take_command(command),
                () = sleep_until(wakes_at) => {}
            }
            self.pass_time();
        }
        self.stop().await;
    }

    fn start_jobs(&mut self) {
        self.start_turns();
        self.start_scan();
        self.start_save();
    }

    fn finish(&mut self, done: Result<Done, tokio::task::JoinError>) {
        match done {
            Ok(Done::Turn(end)) => self.turn_ended(*end),
            Ok(Done::Scan { scanned, scanner, took }) => self.scan_ended(*scanned, &scanner, took),
            Ok(Done::Save { result, number }) => self.save_ended(result, number),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_cancelled) => {}
        }
    }

    fn take_events(&mut self, events: io::Result<Vec<Event>>) {
        let events = events.unwrap_or_else(|error| {
            // The descriptor does not work any more: folders are walked from time to time.
            error!(%error, "notifications about files end");
            self.context.metrics.watch_errors.inc();
            self.events = None;
            Vec::new()
        });
        for event in events {
            match event {
                Event::Modified(slot) => self.modified(slot),
                Event::Overflow => self.notifications_lost(),
                event => self.moves.take(event, &self.scanner.entries, &self.table, &mut self.scan.wanted),
            }
        }
    }

    /// Any name may have come or gone, and any file been written to.
    fn notifications_lost(&mut self) {
        self.scan.wanted.is_full = true;
        for (_, tracked) in self.table.iter_mut() {
            tracked.is_armed = false;
        }
    }

    /// Does what is due.
    fn pass_time(&mut self) {
        let now = Instant::now();
        self.schedule.advance(now);
        if now >= self.scan.walks_at {
            self.scan.walks_at = now + self.settings.reconcile_interval;
            self.scan.wanted.is_full = true;
            if self.turns_running == 0 {
                self.context.buffers.clear();
            }
        }
        if now >= self.polls_at {
            self.polls_at = now + self.settings.poll_interval;
            self.poll(now);
        }
    }

    fn wakes_at(&self) -> Instant {
        let walk_after = (self.scan.wanted.is_full && !self.scan.is_running).then_some(self.scan.walk_after);
        let due = [self.saves_at(), walk_after, self.schedule.wakes_at()];
        due.into_iter().flatten().fold(self.scan.walks_at.min(self.polls_at), Instant::min)
    }
}

async fn next_events<S>(events: &mut Option<Events>, context: &TurnContext<S>) -> io::Result<Vec<Event>> {
    match (events, &context.watcher) {
        (Some(events), Some(watcher)) => events.next(watcher).await,
        _ => std::future::pending().await,
    }
}

fn open_notifications() -> (Option<Arc<notify::Watcher>>, Option<Events>) {
    match notify::open() {
        Ok((watcher, events)) => (Some(Arc::new(watcher)), Some(events)),
        Err(error) => {
            warn!(%error, "no notifications about files, folders are walked from time to time");
            (None, None)
        }
    }
}

/// Reads the checkpoint on the blocking pool.
async fn load(dir: PathBuf, metrics: &TailMetrics) -> Result<Checkpoint, TailError> {
    let opened = tokio::task::spawn_blocking(move || {
        fs::create_dir_all(&dir).map_err(|source| TailError::Folder { path: dir.clone(), source })?;
        checkpoint::load(&dir).map_err(TailError::Checkpoint)
    });
    Ok(match opened.await.map_err(|_| TailError::Ended)?? {
        Opened::Missing => Checkpoint::default(),
        Opened::Read(checkpoint) => {
            info!(files = checkpoint.files.len(), "log files known from before");
            checkpoint
        }
        Opened::Damaged(damage) => {
            metrics.checkpoint_damaged.inc();
            error!(%damage, "the checkpoint of the log files is damaged, files are read as at the first start");
            Checkpoint::default()
        }
    })
}
