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
mod tests {
    use std::time::Duration;

    use crate::Backoff;

    const BACKOFF: Backoff = Backoff { min: Duration::from_millis(30), max: Duration::from_secs(5) };

    #[test]
    fn the_bound_doubles_up_to_its_maximum() {
        let bounds: Vec<u128> = (1..=9).map(|failures| BACKOFF.bound(failures).as_millis()).collect();
        assert_eq!(bounds, [30, 60, 120, 240, 480, 960, 1920, 3840, 5000]);
        assert_eq!(BACKOFF.bound(u32::MAX), BACKOFF.max);
    }

    #[test]
    fn waits_are_spread_over_the_whole_range() {
        let waits: Vec<u128> = (0..1000).map(|_| BACKOFF.wait(9).as_millis()).collect();
        assert!(waits.iter().all(|&wait| wait <= 5000));
        assert!(waits.iter().any(|&wait| wait < 500) && waits.iter().any(|&wait| wait > 4500));
    }

    #[test]
    fn a_wish_is_followed_within_reason() {
        assert_eq!(BACKOFF.asked_for(Duration::from_secs(7)), Duration::from_secs(7));
        assert_eq!(BACKOFF.asked_for(Duration::ZERO), BACKOFF.min);
        assert_eq!(BACKOFF.asked_for(Duration::MAX), Duration::from_secs(3600));
    }
}
