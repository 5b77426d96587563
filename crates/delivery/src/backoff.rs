//! The wait between two attempts.

use std::time::Duration;

use crate::Backoff;

/// The longest wait that a destination may ask for.
const AFTER_MAX: Duration = Duration::from_secs(60 * 60);

impl Backoff {
    /// The wait after `failures` attempts in a row went wrong: exponential with full jitter.
    pub(crate) fn wait(&self, failures: u32) -> Duration {
        self.bound(failures).mul_f64(fastrand::f64())
    }

    /// The wait that a destination asked for, but never so short that the attempts become a busy loop.
    pub(crate) fn asked_for(&self, after: Duration) -> Duration {
        after.clamp(self.min.min(AFTER_MAX), AFTER_MAX)
    }

    /// The longest wait after `failures` attempts.
    fn bound(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.min.saturating_mul(1 << doublings).min(self.max)
    }
}

#[cfg(test)]
mod tests;
