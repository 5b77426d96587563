//! Forms that Prometheus takes and refuses.

use std::time::Duration;

use proptest::prelude::*;

use super::{UNITS, duration, size};

#[test]
fn durations_that_prometheus_takes_are_taken() {
    let cases = [
        ("0", 0),
        ("0s", 0),
        ("15s", 15_000),
        ("1m30s", 90_000),
        ("1h0m5s", 3_605_000),
        ("500ms", 500),
        ("1y2w3d4h5m6s7ms", ((((365 + 14 + 3) * 24 + 4) * 60 + 5) * 60 + 6) * 1000 + 7),
    ];
    for (text, milliseconds) in cases {
        assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
    }
}

#[test]
fn durations_that_prometheus_refuses_are_refused() {
    for text in
        ["", "1", "s", "-5s", "1.5h", "30s1m", "1m1m", "5 s", "5sec", "1h ", "293y", "99999999999999999999s"]
    {
        assert!(duration(text).is_err(), "{text}");
    }
}

#[test]
fn sizes_are_powers_of_1024_under_both_spellings() {
    let cases = [
        ("0", 0),
        ("10B", 10),
        ("1KB", 1024),
        ("1KiB", 1024),
        ("10MB", 10 << 20),
        ("2GiB", 2 << 30),
        ("1.5KiB", 1536),
        ("1MiB512KiB", 1536 << 10),
    ];
    for (text, bytes) in cases {
        assert_eq!(size(text), Ok(bytes), "{text}");
    }
}

#[test]
fn sizes_that_prometheus_refuses_are_refused() {
    for text in ["", "10", "kB", "1kB", "1 MB", "-1MB", "1Mi", "1M", ".MB", "16EiB", "1.2.3MB"] {
        assert!(size(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn a_duration_written_unit_by_unit_reads_as_their_sum(numbers in prop::array::uniform7(0_u64..30), present in prop::array::uniform7(any::<bool>())) {
        let parts = numbers.iter().zip(present).zip(UNITS).filter(|((_, present), _)| *present);
        let (mut text, mut nanoseconds) = (String::new(), 0);
        for ((number, _), (unit, scale)) in parts {
            text.push_str(&format!("{number}{unit}"));
            nanoseconds += number * scale;
        }
        prop_assume!(!text.is_empty());
        prop_assert_eq!(duration(&text), Ok(Duration::from_nanos(nanoseconds)));
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in "\\PC{0,12}") {
        let _ = (duration(&text), size(&text));
    }
}
