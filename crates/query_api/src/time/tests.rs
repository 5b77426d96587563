//! Times and durations.

use std::time::Duration;

use super::{duration, time};

const NOW: i64 = 1_795_527_000_123;

#[test]
fn a_time_is_a_number_rfc_3339_or_relative_to_now() {
    for (text, wanted) in [
        ("1795527000123.5", NOW),
        ("0", 0),
        ("2026-11-24T13:30:00.123Z", NOW),
        ("2026-11-24T14:30:00.123+01:00", NOW),
        ("2026-11-24 13:30:00.1239z", NOW),
        ("2000-02-29T00:00:00Z", 951_782_400_000),
        ("1970-01-01T00:00:00Z", 0),
        ("now", NOW),
        ("now-15m", NOW - 900_000),
        ("now-1.5s", NOW - 1_500),
        ("now+1d", NOW + 86_400_000),
    ] {
        assert_eq!(time(text, NOW), Some(wanted), "{text}");
    }
}

#[test]
fn what_is_no_time_is_refused() {
    for text in [
        "",
        "yesterday",
        "now-",
        "now-5",
        "now-5y",
        "now5m",
        "-1",
        "NaN",
        "1e300",
        "2026-11-24",
        "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-11-24T25:00:00Z",
        "2026-11-24T13:30:00",
        "now-99999999d",
        "\u{e9}",
    ] {
        assert_eq!(time(text, NOW), None, "{text}");
    }
}

#[test]
fn a_duration_has_a_unit_or_is_in_milliseconds() {
    for (text, wanted) in
        [("250ms", 250), ("1.5s", 1_500), ("2m", 120_000), ("1h", 3_600_000), ("7d", 604_800_000), ("42", 42)]
    {
        assert_eq!(duration(text), Some(Duration::from_millis(wanted)), "{text}");
    }
    for text in ["", "s", "5 s", "-1s", "1w", "inf", "1e99"] {
        assert_eq!(duration(text), None, "{text}");
    }
}
