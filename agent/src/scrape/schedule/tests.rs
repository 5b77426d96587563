//! The spread and the grid.

use std::time::Duration;

use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

use super::{Grid, first_delay};

const INTERVAL: Duration = Duration::from_secs(15);

#[test]
fn timestamps_near_the_grid_are_on_it() {
    let mut grid = Grid::new(INTERVAL);
    assert_eq!(grid.timestamp(1_000_000), 1_000_000);
    assert_eq!(grid.timestamp(1_015_002), 1_015_000);
    assert_eq!(grid.timestamp(1_029_998), 1_030_000);
    assert_eq!(grid.timestamp(1_045_100), 1_045_100, "too far off");
    assert_eq!(grid.timestamp(1_060_001), 1_060_000);
    assert_eq!(grid.timestamp(1_105_001), 1_105_000, "two scrapes were skipped");
}

#[test]
fn the_grid_starts_anew_when_the_clock_goes_back() {
    let mut grid = Grid::new(INTERVAL);
    grid.timestamp(1_000_000);
    assert_eq!(grid.timestamp(500_123), 500_123);
    assert_eq!(grid.timestamp(515_124), 515_123);
}

#[test]
fn short_intervals_have_a_small_tolerance() {
    let mut grid = Grid::new(Duration::from_millis(100));
    grid.timestamp(1_000_000);
    assert_eq!(grid.timestamp(1_000_102), 1_000_102);
    assert_eq!(grid.timestamp(1_000_201), 1_000_200);
}

proptest! {
    #[test]
    fn a_target_keeps_its_place_in_the_interval(
        key in any::<u64>(),
        seed in any::<u64>(),
        first in 0..1_u64 << 60,
        second in 0..1_u64 << 60,
    ) {
        let place = |now: u64| {
            let delay = first_delay(key, seed, INTERVAL, now);
            (now + delay.as_nanos() as u64) % INTERVAL.as_nanos() as u64
        };
        prop_assert!(first_delay(key, seed, INTERVAL, first) < INTERVAL);
        prop_assert_eq!(place(first), place(second));
    }
}
