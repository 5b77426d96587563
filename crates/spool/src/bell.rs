//! How threads are woken.

use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// Wakes one thread. Ringing several times before the thread looks is ringing once.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    rung: bool,
    closed: bool,
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    Rung,
    TimedOut,
    Closed,
}

impl Bell {
    pub(crate) fn ring(&self) {
        let mut state = self.state.lock();
        if !state.rung {
            state.rung = true;
            self.changed.notify_one();
        }
    }

    /// Ends all waits from now on.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
        self.changed.notify_all();
    }

    /// Waits until the bell is rung or closed.
    pub(crate) fn wait(&self) -> Woken {
        let mut state = self.state.lock();
        while !state.rung && !state.closed {
            self.changed.wait(&mut state);
        }
        take(&mut state)
    }

    /// Waits until the bell is rung or closed, at most for `timeout`.
    pub(crate) fn wait_for(&self, timeout: Duration) -> Woken {
        let deadline = Instant::now() + timeout;
        let mut state = self.state.lock();
        while !state.rung && !state.closed {
            if self.changed.wait_until(&mut state, deadline).timed_out() {
                break;
            }
        }
        take(&mut state)
    }

    /// Waits for `time`, whether or not the bell is rung. False when it was closed.
    pub(crate) fn pause(&self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        let mut state = self.state.lock();
        while !state.closed && !self.changed.wait_until(&mut state, deadline).timed_out() {}
        !state.closed
    }
}

fn take(state: &mut State) -> Woken {
    if state.closed {
        Woken::Closed
    } else if std::mem::take(&mut state.rung) {
        Woken::Rung
    } else {
        Woken::TimedOut
    }
}
