//! The way from the appending tasks to a signal's writer.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Condvar, Mutex};
use tokio::sync::{Semaphore, oneshot};
use weir_model::Batch;

use crate::{AppendError, Position};

/// A batch on its way, and who waits for it.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) batch: Batch,
    pub(crate) reply: oneshot::Sender<Result<Position, AppendError>>,
}

/// Batches that wait for the writer. Bounded in bytes by `room`.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    /// One permit per byte that may wait.
    pub(crate) room: Semaphore,
    room_max: u32,
    /// Whether the writer's thread was started.
    started: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Pending>,
    writer_sleeps: bool,
    closed: bool,
}

impl Queue {
    pub(crate) fn new(bytes_max: u64) -> Self {
        let room_max = u32::try_from(bytes_max).unwrap_or(u32::MAX).clamp(1, 1 << 28);
        Self {
            state: Mutex::default(),
            filled: Condvar::new(),
            room: Semaphore::new(room_max as usize),
            room_max,
            started: AtomicBool::new(false),
        }
    }

    /// The permits that a batch takes from `room`. One larger than the room takes all of it.
    pub(crate) fn permits_of(&self, batch: &Batch) -> u32 {
        u32::try_from(batch.payload.len()).unwrap_or(u32::MAX).clamp(1, self.room_max)
    }

    /// True for the one caller that must start the writer.
    pub(crate) fn must_start(&self) -> bool {
        !self.started.load(Ordering::Relaxed) && !self.started.swap(true, Ordering::Relaxed)
    }

    /// Lets the next caller try again to start the writer.
    pub(crate) fn start_failed(&self) {
        self.started.store(false, Ordering::Relaxed);
    }

    /// Hands a batch to the writer. False when the spool is closing.
    pub(crate) fn push(&self, pending: Pending) -> bool {
        let mut state = self.state.lock();
        if state.closed {
            return false;
        }
        state.waiting.push_back(pending);
        let wake = std::mem::take(&mut state.writer_sleeps);
        drop(state);
        if wake {
            self.filled.notify_one();
        }
        true
    }

    /// Waits for batches and moves all of them into `group`, which must be empty. False when the queue is closed and
    /// nothing waits any more.
    pub(crate) fn take_all(&self, group: &mut VecDeque<Pending>) -> bool {
        let mut state = self.state.lock();
        while state.waiting.is_empty() {
            if state.closed {
                return false;
            }
            state.writer_sleeps = true;
            self.filled.wait(&mut state);
        }
        std::mem::swap(&mut state.waiting, group);
        true
    }

    /// Takes no more batches; the writer ends after those that wait.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
        self.room.close();
        self.filled.notify_all();
    }
}
