//! Saving the checkpoint, and the end.

use tokio::time::{Instant, timeout};
use tracing::{info, warn};
use weir_checkpoint::ReplaceError;

use super::{Done, Supervisor};
use crate::tail::checkpoint::{self, Checkpoint};
use crate::tail::saved::SavedFile;
use crate::tail::sink::Sink;
use crate::tail::table::{SlotId, State};

impl<S: Sink> Supervisor<S> {
    /// Idle -> Held: the file is not read before a checkpoint that knows of it is saved.
    pub(super) fn hold(&mut self, slot: SlotId) {
        let Some(tracked) = self.table.get(slot) else { return };
        tracked.state = State::Held;
        self.saving.held.push((slot, self.saving.number + 1));
        self.saving.is_changed = true;
        self.saving.is_urgent = true;
    }

    /// When the checkpoint is to be saved, if at all.
    pub(super) fn saves_at(&self) -> Option<Instant> {
        let saving = &self.saving;
        // Files held for a walk are saved when it has ended.
        let is_possible = !saving.is_running && !self.scan.holds_new;
        (is_possible && (saving.is_changed || saving.is_waiting)).then_some(saving.saves_at)
    }

    pub(super) fn start_save(&mut self) {
        let now = Instant::now();
        let Some(saves_at) = self.saves_at() else { return };
        if now < saves_at && !self.saving.is_urgent {
            return;
        }
        self.saving.saves_at = now + self.settings.save_interval;
        if !self.advance() && !self.saving.is_changed {
            return;
        }
        self.saving.is_running = true;
        self.saving.is_urgent = false;
        self.saving.is_changed = false;
        self.saving.number += 1;
        let (checkpoint, dir, number) = (self.checkpoint(), self.settings.dir.clone(), self.saving.number);
        self.jobs.spawn_blocking(move || Done::Save { result: checkpoint::save(&dir, &checkpoint), number });
    }

    pub(super) fn save_ended(&mut self, result: Result<(), ReplaceError>, number: u64) {
        self.saving.is_running = false;
        if let Err(error) = result {
            warn!(%error, "the checkpoint of the log files cannot be saved");
            self.context.metrics.checkpoint_errors.inc();
            // What is held waits for the next attempt.
            self.saving.is_changed = true;
            return;
        }
        let held = std::mem::take(&mut self.saving.held);
        let (released, held): (Vec<_>, Vec<_>) = held.into_iter().partition(|&(_, needed)| needed <= number);
        self.saving.held = held;
        for (slot, _) in released {
            self.release(slot);
        }
    }

    /// Held -> Scheduled
    fn release(&mut self, slot: SlotId) {
        let Some(tracked) = self.table.get(slot) else { return };
        if tracked.state == State::Held {
            tracked.state = State::Scheduled;
            self.schedule.now(slot);
        }
    }

    /// Moves all files' checkpoints over what is synced. True when one moved.
    fn advance(&mut self) -> bool {
        let synced = *self.synced.borrow();
        let (mut moved, mut waits) = (false, false);
        for (_, tracked) in self.table.iter_mut() {
            moved |= tracked.progress.advance(synced);
            waits |= tracked.progress.is_waiting();
        }
        for (saved, progress) in &mut self.closing {
            moved |= progress.advance(synced);
            self.scanner.shelf.update(SavedFile { mark: progress.safe(), ..saved.clone() });
        }
        self.closing.retain(|(_, progress)| progress.is_waiting());
        self.saving.is_waiting = waits || !self.closing.is_empty();
        moved
    }

    fn checkpoint(&self) -> Checkpoint {
        let mut files = self.scanner.shelf.closed();
        files.extend(self.table.values().map(|tracked| tracked.to_save()));
        Checkpoint { patterns: self.scanner.known_patterns.iter().copied().collect(), files }
    }

    /// Lets reads in flight end, has everything synced and saves the last checkpoint.
    pub(super) async fn stop(&mut self) {
        let deadline = self.settings.stop_timeout;
        if timeout(deadline, self.drain()).await.is_err() {
            warn!("log lines that the spool did not take will be read again");
        }
        if timeout(deadline, self.context.sink.flush()).await.is_err() {
            warn!("the spool is not synced, some log lines will be read again");
        }
        self.jobs.shutdown().await;
        if self.scan.holds_new {
            return;
        }
        self.advance();
        let (checkpoint, dir) = (self.checkpoint(), self.settings.dir.clone());
        let files = checkpoint.files.len();
        let saved = tokio::task::spawn_blocking(move || checkpoint::save(&dir, &checkpoint)).await;
        match saved {
            Ok(Ok(())) => info!(files, "tailing has ended"),
            Ok(Err(error)) => warn!(%error, "the checkpoint of the log files cannot be saved"),
            Err(error) => warn!(%error, "the checkpoint of the log files was not saved"),
        }
    }

    async fn drain(&mut self) {
        while self.turns_running > 0 || self.saving.is_running {
            let Some(done) = self.jobs.join_next().await else { return };
            self.finish(done);
        }
    }
}
