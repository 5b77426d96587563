//! When a target is scraped: spread over its interval, and on a grid of wall-clock time.

use std::time::Duration;

/// How far a scrape may be from its place on the grid and still carry the grid's timestamp. Even timestamps compress
/// better; Prometheus does the same.
const TOLERANCE: Duration = Duration::from_millis(2);

/// How long to wait before the first scrape. A target's place in its interval depends on its key and on `seed` alone,
/// so it survives a restart; two agents have different seeds, so they do not scrape one target together.
pub(super) fn first_delay(key: u64, seed: u64, interval: Duration, now_unix_nanos: u64) -> Duration {
    let interval = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX).max(1);
    let place = (key ^ seed) % interval;
    let now = now_unix_nanos % interval;
    Duration::from_nanos((place + interval - now) % interval)
}

/// Gives scrapes their timestamps.
#[derive(Debug)]
pub(super) struct Grid {
    interval_ms: i64,
    tolerance_ms: i64,
    /// The last place on the grid; `None` before the first scrape.
    last_ms: Option<i64>,
}

impl Grid {
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            interval_ms: (interval.as_millis() as i64).max(1),
            tolerance_ms: TOLERANCE.min(interval / 100).as_millis() as i64,
            last_ms: None,
        }
    }

    /// The timestamp of a scrape at `now_ms`: its place on the grid if that is near enough. When the clock was set,
    /// the grid starts anew.
    pub(super) fn timestamp(&mut self, now_ms: i64) -> i64 {
        let last_ms = *self.last_ms.get_or_insert(now_ms - self.interval_ms);
        let intervals = (now_ms - last_ms + self.interval_ms / 2).div_euclid(self.interval_ms);
        let place_ms = last_ms + intervals * self.interval_ms;
        if intervals > 0 && (now_ms - place_ms).abs() <= self.tolerance_ms {
            self.last_ms = Some(place_ms);
            return place_ms;
        }
        if intervals < 1 {
            self.last_ms = Some(now_ms);
        } else {
            self.last_ms = Some(place_ms);
        }
        now_ms
    }
}

#[cfg(test)]
mod tests;
