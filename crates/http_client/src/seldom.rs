//! Log lines that would repeat with every request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Lets one of many equal log lines through per interval and counts the others.
#[derive(Debug)]
pub struct Seldom {
    start: Instant,
    interval: Duration,
    /// Milliseconds after `start` from which the next line may pass.
    next_at: AtomicU64,
    held_back: AtomicU64,
}

impl Seldom {
    /// The first line passes; the next one once `interval` has gone by.
    pub fn new(interval: Duration) -> Self {
        Self { start: Instant::now(), interval, next_at: AtomicU64::new(0), held_back: AtomicU64::new(0) }
    }

    /// The number of lines held back since the last one that passed, when this one may pass.
    pub fn pass(&self, now: Instant) -> Option<u64> {
        let now = now.saturating_duration_since(self.start).as_millis() as u64;
        let next_at = self.next_at.load(Ordering::Relaxed);
        let later = now + self.interval.as_millis() as u64;
        // Of two threads that get here at once only one passes.
        let passes = now >= next_at
            && self.next_at.compare_exchange(next_at, later, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if passes {
            return Some(self.held_back.swap(0, Ordering::Relaxed));
        }
        self.held_back.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests;
