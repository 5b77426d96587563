//! Giving files their turns.

use std::sync::Arc;

use tokio::time::Instant;
use tracing::warn;
use weir_kubernetes::Pods;

use super::{Done, Supervisor};
use crate::tail::encode::Style;
use crate::tail::metrics::{Rotation, TailMetrics, Unread};
use crate::tail::pod::{Knowledge, PodPath};
use crate::tail::reader::Job;
use crate::tail::settings::TailSettings;
use crate::tail::sink::Sink;
use crate::tail::table::{SlotId, State, Tracked};
use crate::tail::turn::{Outcome, TurnEnd, turn};

impl<S: Sink> Supervisor<S> {
    pub(super) fn start_turns(&mut self) {
        self.refresh_style();
        while self.turns_running < self.settings.reads_max.max(1)
            && let Some(slot) = self.schedule.next()
        {
            self.start_turn(slot);
        }
    }

    /// The configuration of all records may have changed.
    fn refresh_style(&mut self) {
        let settings = self.context.sink.settings();
        if !Arc::ptr_eq(&settings, &self.style.settings) {
            self.style = Arc::new(Style::new(settings).with_pods(self.settings.pods.clone()));
        }
    }

    fn start_turn(&mut self, slot: SlotId) {
        let now = Instant::now();
        let Some(tracked) = self.table.get(slot) else { return };
        let is_last = is_quiet(tracked, now, &self.settings);
        let job = Job {
            entry: Arc::clone(&tracked.entry),
            style: Arc::clone(&self.style),
            path: Arc::clone(&tracked.path),
            format: tracked.format,
            is_last,
        };
        if tracked.state != State::Scheduled {
            return;
        }
        if self
            .settings
            .pods
            .as_ref()
            .is_some_and(|pods| waits_for_pod(tracked, pods, now, &self.context.metrics))
        {
            return self.schedule.at(now + self.settings.read_delay, slot);
        }
        let Some(reader) = tracked.reader.take() else { return };
        tracked.state = State::Reading { again: false };
        let context = Arc::clone(&self.context);
        self.turns_running += 1;
        self.jobs.spawn(async move { Done::Turn(Box::new(turn(slot, reader, job, context).await)) });
    }

    pub(super) fn turn_ended(&mut self, end: TurnEnd) {
        self.turns_running -= 1;
        let TurnEnd { slot, reader, marks, was_last, outcome } = end;
        let Some(tracked) = self.table.get(slot) else { return };
        tracked.saved = reader.saved(&tracked.path, &tracked.entry);
        tracked.links = reader.links();
        if let (Some(nameless), false) = (&mut tracked.nameless, marks.is_empty()) {
            nameless.quiet_since = Instant::now();
        }
        self.saving.is_waiting |= !marks.is_empty();
        for (position, mark) in &marks {
            tracked.progress.push(*position, *mark);
        }
        tracked.reader = Some(reader);
        let again = tracked.state == State::Reading { again: true };
        tracked.state = State::Idle;
        if tracked.is_unwanted || was_last && marks.is_empty() && is_over(&outcome) && !again {
            return self.close(slot);
        }
        self.decide(slot, outcome, again);
    }

    /// Idle -> what follows from the turn's end.
    fn decide(&mut self, slot: SlotId, outcome: Outcome, again: bool) {
        let Some(tracked) = self.table.get(slot) else { return };
        match outcome {
            Outcome::CaughtUp { is_armed } => {
                tracked.is_armed = is_armed && !again;
                if again {
                    self.wake(slot, Instant::now() + self.settings.read_delay);
                }
            }
            Outcome::More => self.wake(slot, Instant::now()),
            Outcome::Renewed { unread } => {
                tracked.progress.restart();
                let before = tracked.saved.clone();
                self.context.metrics.rotated(Rotation::Truncated);
                self.lost(&before, unread, Unread::Truncated);
                self.hold(slot);
            }
            Outcome::Compressed => {
                tracked.state = State::Ignored;
                warn!(path = %tracked.path.display(), "compressed file is not read");
                self.context.metrics.files_compressed.inc();
                if tracked.nameless.is_some() {
                    self.close(slot);
                }
            }
            Outcome::Failed(error) => {
                warn!(path = %tracked.path.display(), %error, "log file cannot be read");
                self.context.metrics.read_errors.inc();
                self.wake(slot, Instant::now() + self.settings.poll_interval);
            }
            // The end of weir itself; the file stays as it is.
            Outcome::Closed => {}
        }
    }

    /// A notification: the file was written to.
    pub(super) fn modified(&mut self, slot: SlotId) {
        let Some(tracked) = self.table.get(slot) else { return };
        tracked.is_armed = false;
        self.wake(slot, Instant::now() + self.settings.read_delay);
    }

    /// Idle -> Scheduled; a file that is being read will be read once more.
    pub(super) fn wake(&mut self, slot: SlotId, when: Instant) {
        let Some(tracked) = self.table.get(slot) else { return };
        match &mut tracked.state {
            state @ State::Idle => {
                *state = State::Scheduled;
                self.schedule.at(when, slot);
            }
            State::Reading { again } => *again = true,
            State::Scheduled | State::Held | State::Ignored => {}
        }
    }

    /// Looks after files that depend on it.
    pub(super) fn poll(&mut self, now: Instant) {
        let wanting = self.table.iter_mut().filter(|(_, tracked)| {
            let waits_for_end = tracked.nameless.is_some() && !is_quiet(tracked, now, &self.settings);
            needs_poll(tracked) && !(waits_for_end && tracked.is_armed)
        });
        let slots: Vec<SlotId> = wanting.map(|(slot, _)| slot).collect();
        for slot in slots {
            self.wake(slot, now);
        }
        self.keep_budget();
    }
}

/// The first lines of a container may come before the word of it: they wait a little, so that they get its attributes
/// too.
fn waits_for_pod(tracked: &mut Tracked, pods: &Pods, now: Instant, metrics: &TailMetrics) -> bool {
    let Some(until) = tracked.waits_for_pod else { return false };
    let Some(path) = PodPath::of(&tracked.path) else { return false };
    let knowledge = path.knowledge(path.find(pods).as_ref());
    if knowledge != Knowledge::Whole && now < until {
        return true;
    }
    tracked.waits_for_pod = None;
    if knowledge == Knowledge::None {
        metrics.pods_unknown.inc();
    }
    false
}

fn is_over(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::CaughtUp { .. })
}

/// A file without a name ends some day, and one without a watch is not notified.
fn needs_poll(tracked: &Tracked) -> bool {
    tracked.state == State::Idle && (tracked.nameless.is_some() || !tracked.is_armed)
}

fn is_quiet(tracked: &Tracked, now: Instant, settings: &TailSettings) -> bool {
    tracked.nameless.is_some_and(|nameless| now >= nameless.quiet_since + settings.rotated_grace)
}
