//! How long an outage may go on before records are given up or refused.

use std::time::{Duration, Instant};

use weir_model::UnixNanos;

/// Weight of the newest second in the average rate: half of it is from the last 20 seconds.
const NEWEST_WEIGHT: f64 = 0.034;

/// Watches how fast the spool fills.
#[derive(Debug, Default)]
pub(super) struct LossClock {
    last: Option<(Instant, u64)>,
    bytes_per_second: f64,
}

impl LossClock {
    /// Takes note of the spool's size; about once a second.
    pub(super) fn observe(&mut self, now: Instant, bytes: u64) {
        if let Some((then, before)) = self.last.replace((now, bytes)) {
            let seconds = now.duration_since(then).as_secs_f64();
            if seconds > 0.0 {
                let rate = (bytes as f64 - before as f64).max(0.0) / seconds;
                self.bytes_per_second += NEWEST_WEIGHT * (rate - self.bytes_per_second);
            }
        }
    }

    /// Seconds until the oldest record held is dropped for its age or the spool is full, whichever comes first;
    /// infinite while nothing is held.
    pub(super) fn seconds(
        &self,
        oldest: Option<UnixNanos>,
        age_max: Duration,
        bytes_free: u64,
        now: UnixNanos,
    ) -> f64 {
        let Some(oldest) = oldest else { return f64::INFINITY };
        let until_expiry = (age_max.as_secs_f64() - now.seconds_since(oldest)).max(0.0);
        let until_full = if self.bytes_per_second > 0.0 {
            bytes_free as f64 / self.bytes_per_second
        } else {
            f64::INFINITY
        };
        until_expiry.min(until_full)
    }
}

#[cfg(test)]
mod tests;
