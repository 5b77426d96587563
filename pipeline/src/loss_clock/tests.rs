//! The clock under steady rates.

use std::time::{Duration, Instant};

use weir_model::UnixNanos;

use super::LossClock;

const HOUR: Duration = Duration::from_secs(3600);

fn at(seconds: u64) -> UnixNanos {
    UnixNanos(seconds * 1_000_000_000)
}

#[test]
fn nothing_held_is_never_lost() {
    assert_eq!(LossClock::default().seconds(None, HOUR, 0, at(0)), f64::INFINITY);
}

#[test]
fn a_spool_that_does_not_grow_loses_by_age() {
    let clock = LossClock::default();
    assert_eq!(clock.seconds(Some(at(1000)), HOUR, 1, at(1600)), 3000.0);
    assert_eq!(clock.seconds(Some(at(1000)), HOUR, 1, at(9000)), 0.0);
}

#[test]
fn a_spool_that_fills_at_a_steady_rate_tells_when_it_is_full() {
    let mut clock = LossClock::default();
    let start = Instant::now();
    for second in 0..300 {
        clock.observe(start + Duration::from_secs(second), second * 1000);
    }
    let seconds = clock.seconds(Some(at(0)), HOUR, 100_000, at(1));
    assert!((99.0..102.0).contains(&seconds), "{seconds}");
}
