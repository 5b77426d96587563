//! Vectors of the specification and of the collector's `pkg/sampling`, and the algebra of thresholds.

use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

use super::{RANGE, Threshold};
use crate::Randomness;

fn th(ratio: f64, precision: u32) -> String {
    Threshold::with_precision(ratio, precision).unwrap().to_string()
}

#[test]
fn ratios_have_the_thresholds_of_the_specification_s_table() {
    // tracestate-probability-sampling, "Converting floating-point probability to threshold value"
    for (ratio, expected) in [
        (1.0, ["0", "0", "0"]),
        (1.0 / 2.0, ["8", "8", "8"]),
        (1.0 / 3.0, ["aab", "aaab", "aaaab"]),
        (1.0 / 4.0, ["c", "c", "c"]),
        (1.0 / 5.0, ["ccd", "cccd", "ccccd"]),
        (1.0 / 8.0, ["e", "e", "e"]),
        (1.0 / 10.0, ["e66", "e666", "e6666"]),
        (1.0 / 16.0, ["f", "f", "f"]),
        (1.0 / 100.0, ["fd71", "fd70a", "fd70a4"]),
        (1.0 / 1_000.0, ["ffbe7", "ffbe77", "ffbe76d"]),
        (1.0 / 10_000.0, ["fff972", "fff9724", "fff97247"]),
        (1.0 / 100_000.0, ["ffff584", "ffff583a", "ffff583a5"]),
        (1.0 / 1_000_000.0, ["ffffef4", "ffffef39", "ffffef391"]),
    ] {
        assert_eq!([3, 4, 5].map(|precision| th(ratio, precision)), expected, "{ratio}");
    }
}

#[test]
fn thresholds_have_the_adjusted_counts_of_the_specification_s_table() {
    for (th, probability, count) in [
        ("0", 1.0, 1.0),
        ("8", 0.5, 2.0),
        ("aab", 0.333_251_953_125, 3.000_732_600_732_600_7),
        ("cccd", 0.199_996_948_242_187_5, 5.000_076_295_109_483_5),
        ("fd70a", 0.010_000_228_881_835_938, 99.997_711_234_026_33),
        ("ffffef391", 9.999_930_625_781_417e-7, 1.000_006_937_469_988_5e6),
    ] {
        let threshold = Threshold::parse(th.as_bytes()).unwrap();
        assert!((threshold.probability() / probability - 1.0).abs() < 1e-14, "{th}");
        assert!((threshold.adjusted_count() / count - 1.0).abs() < 1e-14, "{th}");
    }
}

#[test]
fn full_precision_gives_the_collector_s_thresholds() {
    let power = |exponent: i32| 2_f64.powi(exponent);
    for (ratio, expected) in [
        (power(-56), "ffffffffffffff"),
        (power(-48), "ffffffffffff"),
        (1.0 / 3.0, "aaaaaaaaaaaaac"),
        (2.0 / 3.0, "55555555555558"),
        (1.0 - f64::from(0x54) * power(-8), "54"),
        (1.0 - power(-8), "01"),
        (1.0 - power(-52), "0000000000001"),
    ] {
        assert_eq!(th(ratio, 14), expected);
    }
}

#[test]
fn precision_does_not_count_leading_zeros() {
    let power = |exponent: i32| 2_f64.powi(exponent);
    let ratio = 1.0 - f64::from(0x0456_789a) * power(-40);
    let rounded = [6, 5, 4, 3, 2, 1].map(|precision| th(ratio, precision));
    assert_eq!(rounded, ["00045678a", "00045679", "0004568", "000456", "00045", "0004"]);
}

#[test]
fn the_least_ratio_keeps_one_value_of_randomness() {
    assert_eq!(Threshold::from_ratio(f64::MIN_POSITIVE).unwrap().to_string(), "ffffffffffffff");
}

#[test]
fn a_ratio_of_zero_keeps_nothing() {
    let threshold = Threshold::from_ratio(0.0).unwrap();
    assert_eq!(threshold, Threshold::NEVER);
    assert!(!threshold.keeps(Randomness::from_trace_id(&[0xff; 16])));
}

#[test]
fn a_ratio_outside_0_to_1_is_refused() {
    for ratio in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(Threshold::from_ratio(ratio).is_err(), "{ratio}");
    }
}

#[test]
fn th_values_are_1_to_14_hexadecimal_digits() {
    let parse = |th: &str| Threshold::parse(th.as_bytes());
    assert_eq!(parse("1").map(Threshold::probability), Some(15.0 / 16.0));
    assert_eq!(parse("FD70A4"), parse("fd70a4"));
    assert_eq!(parse("4"), parse("40000000000000"));
    assert!(parse("4") > parse("234") && parse("4") > parse("04"));
    for th in ["", "g", "-1", "+1", "0x1", "123456789012345"] {
        assert_eq!(parse(th), None, "{th}");
    }
}

#[test]
fn half_of_the_trace_ids_pass_the_threshold_of_one_half() {
    let half = Threshold::from_ratio(0.5).unwrap();
    // The first 9 bytes have no meaning here.
    let trace_id = |randomness: u64| (u128::MAX << 56 | u128::from(randomness)).to_be_bytes();
    for (randomness, kept) in [(0, false), (RANGE / 2 - 1, false), (RANGE / 2, true), (RANGE - 1, true)] {
        assert_eq!(half.keeps(Randomness::from_trace_id(&trace_id(randomness))), kept, "{randomness:x}");
    }
}

#[test]
fn an_explicit_randomness_is_14_lower_case_digits() {
    // The value of tracestate-handling's example.
    assert_eq!(Randomness::parse(b"6e6d1a75832a2f").map(Randomness::value), Some(0x6e_6d1a_7583_2a2f));
    for rv in ["", "123412341234120", "1234123412341", "abcdefgabcdefg", "6E6D1A75832A2F"] {
        assert_eq!(Randomness::parse(rv.as_bytes()), None, "{rv}");
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(value in 0..RANGE) {
        let threshold = Threshold(value);
        let written = threshold.to_string();
        prop_assert_eq!(Threshold::parse(written.as_bytes()), Some(threshold));
        prop_assert!(written == "0" || !written.ends_with('0'));
    }

    #[test]
    fn four_digits_are_within_an_eightthousandth_of_the_ratio(exponent in 0.0..40.0_f64) {
        let ratio = (-exponent).exp2();
        let kept = Threshold::from_ratio(ratio).unwrap().probability();
        prop_assert!((kept / ratio - 1.0).abs() <= 1.0 / 8192.0);
    }

    #[test]
    fn rounding_never_reaches_the_threshold_that_keeps_nothing(exponent in 0.0..60.0_f64, precision in 0..20_u32) {
        let threshold = Threshold::with_precision((-exponent).exp2(), precision).unwrap();
        prop_assert!(threshold < Threshold::NEVER);
    }

    #[test]
    fn the_stricter_keeps_only_what_the_other_keeps(a in 0.0..=1.0, b in 0.0..=1.0, id in any::<[u8; 16]>()) {
        let (strict, loose) = (Threshold::from_ratio(f64::min(a, b)), Threshold::from_ratio(f64::max(a, b)));
        let randomness = Randomness::from_trace_id(&id);
        prop_assert!(!strict.unwrap().keeps(randomness) || loose.unwrap().keeps(randomness));
    }
}
