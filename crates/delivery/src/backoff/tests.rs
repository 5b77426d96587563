//! Bounds, jitter, wishes.

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
