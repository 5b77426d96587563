//! Prometheus' examples.

use std::time::Duration;

use proptest::prelude::{prop_assert_eq, proptest};

use super::{format, parse};

#[test]
fn durations_read_as_in_prometheus() {
    for (text, millis) in [
        ("0", 0),
        ("0s", 0),
        ("324ms", 324),
        ("3s", 3000),
        ("5m", 300_000),
        ("1h", 3_600_000),
        ("4d", 345_600_000),
        ("4d1h", 349_200_000),
        ("3w2d1h", 1_990_800_000),
        ("10y", 315_360_000_000),
        ("1m30s500ms", 90_500),
    ] {
        assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
    }
}

#[test]
fn what_prometheus_refuses_is_refused() {
    for text in
        ["", "1", "1y1m1d", "-1w", "1.5d", "d", "294y", "200y10400w", "1s1s", "1ms1s", " 1s", "1 s", "1S"]
    {
        assert_eq!(parse(text), None, "{text}");
    }
}

#[test]
fn durations_are_written_as_in_prometheus() {
    for (millis, text) in [
        (0, "0s"),
        (15_000, "15s"),
        (90_000, "1m30s"),
        (86_400_000, "1d"),
        (90_000_000, "25h"),
        (604_800_000, "1w"),
        (250, "250ms"),
        (1_500, "1s500ms"),
    ] {
        assert_eq!(format(Duration::from_millis(millis)), text);
    }
}

proptest! {
    #[test]
    fn a_duration_that_is_written_reads_back(millis in 0..10_000_000_000_u64) {
        let duration = Duration::from_millis(millis);
        prop_assert_eq!(parse(&format(duration)), Some(duration));
    }
}
