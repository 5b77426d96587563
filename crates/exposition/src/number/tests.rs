//! What Go's `ParseFloat` reads, and how OpenMetrics writes.

use proptest::prelude::{any, prop_assert_eq, proptest};

use super::{canonical, parse_plain, parse_value};

#[test]
fn decimal_numbers_in_all_their_forms_are_read() {
    for (text, number) in [
        ("0", 0.0),
        ("-0", -0.0),
        ("00012", 12.0),
        ("+2", 2.0),
        ("2.5", 2.5),
        (".5", 0.5),
        ("+.5", 0.5),
        ("5.", 5.0),
        ("1.e5", 1e5),
        ("1E+5", 1e5),
        ("4.9351e-05", 4.9351e-5),
        ("7.424100000000001e-05", 7.424100000000001e-5),
        ("1e-400", 0.0),
        ("1.7976931348623157e308", f64::MAX),
        ("9007199254740993", 9_007_199_254_740_992.0),
        ("123456789012345678901234567890", 1.234_567_890_123_456_8e29),
        ("inf", f64::INFINITY),
        ("+Inf", f64::INFINITY),
        ("-INFINITY", f64::NEG_INFINITY),
    ] {
        assert_eq!(parse_value(text.as_bytes()).unwrap().to_bits(), number.to_bits(), "{text}");
    }
}

#[test]
fn every_nan_is_prometheus_normal_nan_and_never_a_staleness_marker() {
    for text in ["NaN", "nan", "NAN"] {
        assert_eq!(parse_value(text.as_bytes()).unwrap().to_bits(), 0x7ff8_0000_0000_0001);
    }
}

#[test]
fn what_go_or_prometheus_refuses_is_refused() {
    for text in [
        "",
        ".",
        "-",
        "+",
        "e5",
        "1e",
        "1e+",
        "1..2",
        "--1",
        "+-1",
        "1 ",
        " 1",
        "1a",
        "true",
        "infin",
        "infinityx",
        "-nan",
        "+NaN",
        "1e400",
        "-1e400",
        "0x1",
        "0x1p-3",
        "0X1P-3",
        "1_000",
        "1p3",
        "1,5",
        "\u{0661}",
    ] {
        assert!(parse_value(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn bounds_are_written_as_openmetrics_writes_them() {
    for (number, text) in [
        (1.0, "1.0"),
        (0.0, "0.0"),
        (-0.0, "0.0"),
        (-1.0, "-1.0"),
        (0.25, "0.25"),
        (10.0, "10.0"),
        (123_456.0, "123456.0"),
        (1e6, "1e+06"),
        (1_234_567.5, "1.2345675e+06"),
        (1e21, "1e+21"),
        (1e100, "1e+100"),
        (0.0001, "0.0001"),
        (0.000_01, "1e-05"),
        (f64::INFINITY, "+Inf"),
        (f64::NEG_INFINITY, "-Inf"),
        (f64::NAN, "NaN"),
    ] {
        assert_eq!(canonical(number), text);
    }
}

#[test]
fn a_plain_number_needs_an_end_that_can_follow_it() {
    assert_eq!(parse_plain(b"12.5\n"), Some((12.5, 4)));
    assert_eq!(parse_plain(b"-3 17"), Some((-3.0, 2)));
    for other in
        ["12", "12e5\n", "12{", ".5\n", "+1\n", "-\n", "\n", "12345678901234567890\n", "9007199254740993\n"]
    {
        assert_eq!(parse_plain(other.as_bytes()), None, "{other}");
    }
}

proptest! {
    #[test]
    fn every_number_that_is_written_reads_back(number in any::<f64>()) {
        for text in [format!("{number}"), format!("{number:e}"), canonical(number)] {
            let read = parse_value(text.as_bytes()).unwrap();
            prop_assert_eq!(read == number || read.is_nan() && number.is_nan(), true, "{}", text);
        }
    }

    #[test]
    fn a_plain_number_is_read_like_any_other(text in "-?[0-9]{1,20}(\\.[0-9]{0,20})?") {
        if let Some((number, len)) = parse_plain(format!("{text}\n").as_bytes()) {
            prop_assert_eq!(len, text.len());
            prop_assert_eq!(number.to_bits(), parse_value(text.as_bytes()).unwrap().to_bits());
        }
    }
}
