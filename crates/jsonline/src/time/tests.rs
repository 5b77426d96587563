//! RFC 3339 and what loggers make of it.

use proptest::prelude::{any, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::{Just, Strategy};

use super::parse_rfc3339;

fn parse(text: &str) -> Option<u64> {
    parse_rfc3339(text.as_bytes())
}

#[test]
fn the_examples_of_section_5_8_read_as_they_should() {
    assert_eq!(parse("1985-04-12T23:20:50.52Z"), Some(482_196_050_520_000_000));
    assert_eq!(parse("1996-12-19T16:39:57-08:00"), Some(851_042_397_000_000_000));
    assert_eq!(parse("1990-12-31T23:59:60Z"), parse("1991-01-01T00:00:00Z"));
    assert_eq!(parse("1990-12-31T15:59:60-08:00"), parse("1991-01-01T00:00:00Z"));
}

#[test]
fn nanoseconds_are_exact_and_further_digits_are_cut() {
    assert_eq!(parse("2023-11-14T22:13:20.123456789Z"), Some(1_700_000_000_123_456_789));
    assert_eq!(parse("2023-11-14T22:13:20.1234567899999Z"), Some(1_700_000_000_123_456_789));
    assert_eq!(parse("2023-11-14T22:13:20Z"), Some(1_700_000_000_000_000_000));
}

#[test]
fn the_forms_of_common_loggers_are_read() {
    let expected = Some(1_700_000_000_123_000_000);
    for text in [
        "2023-11-14 22:13:20.123Z",
        "2023-11-14t22:13:20.123z",
        "2023-11-14T22:13:20,123Z",
        "2023-11-14T23:13:20.123+0100",
        "2023-11-14T22:13:20.123-00:00",
        "2023-11-15T03:58:20.123+05:45",
    ] {
        assert_eq!(parse(text), expected, "{text}");
    }
}

#[test]
fn the_range_of_64_bits_of_nanoseconds_is_the_limit() {
    assert_eq!(parse("1970-01-01T00:00:00Z"), Some(0));
    assert_eq!(parse("1970-01-01T00:30:00+01:00"), None);
    assert_eq!(parse("1969-12-31T23:59:59Z"), None);
    assert_eq!(parse("2554-07-21T23:34:33.709551615Z"), Some(u64::MAX));
    assert_eq!(parse("2554-07-21T23:34:33.709551616Z"), None);
    assert_eq!(parse("9999-12-31T23:59:59Z"), None);
    assert_eq!(parse("0000-01-01T00:00:00Z"), None);
}

#[test]
fn what_is_no_time_is_none() {
    for text in [
        "",
        "2023-11-14",
        "2023-11-14T22:13:20",
        "2023-11-14T22:13:20.Z",
        "2023-11-14T22:13:20.5",
        "2023-11-14T22:13:20ZZ",
        "2023-11-14T22:13:20+1:00",
        "2023-11-14T22:13:20+24:00",
        "2023-11-14T22:13:20+01:60",
        "2023-11-14T22:13:20*01:00",
        "2023-11-14T22:13:20+01-00",
        "2023-00-14T22:13:20Z",
        "2023-13-14T22:13:20Z",
        "2023-11-00T22:13:20Z",
        "2023-11-31T22:13:20Z",
        "2023-02-29T22:13:20Z",
        "2100-02-29T22:13:20Z",
        "2023-11-14T24:13:20Z",
        "2023-11-14T22:60:20Z",
        "2023-11-14T22:13:61Z",
        "2023/11/14T22:13:20Z",
        "2023-11-14T22.13.20Z",
        "2023-11-14X22:13:20Z",
        "20x3-11-14T22:13:20Z",
        "2023-11-14T22:13:20\u{e9}Z",
    ] {
        assert_eq!(parse(text), None, "{text}");
    }
}

/// Counts days one by one, so that it cannot share a mistake with the formula.
fn calendar(days: u64) -> (u64, u64, u64) {
    let is_leap =
        |year: u64| (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let (mut year, mut month, mut day) = (1970, 1, 1);
    for _ in 0..days {
        let length = match month {
            2 => 28 + u64::from(is_leap(year)),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        (year, month, day) = match (month, day == length) {
            (_, false) => (year, month, day + 1),
            (12, true) => (year + 1, 1, 1),
            (_, true) => (year, month + 1, 1),
        };
    }
    (year, month, day)
}

fn offset() -> impl Strategy<Value = (String, i64)> {
    prop_oneof![
        Just(("Z".to_owned(), 0)),
        (any::<bool>(), 0..24_i64, 0..60_i64).prop_map(|(west, hours, minutes)| {
            let (sign, factor) = if west { ('-', -60) } else { ('+', 60) };
            (format!("{sign}{hours:02}:{minutes:02}"), factor * (hours * 60 + minutes))
        }),
    ]
}

proptest! {
    #[test]
    fn every_second_of_every_day_is_read(days in 2..200_000_u64, second in 0..86_400_u64, nanos in 0..1_000_000_000_u64, (offset, shift) in offset()) {
        let (year, month, day) = calendar(days);
        let (hour, minute, rest) = (second / 3_600, second / 60 % 60, second % 60);
        let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{rest:02}.{nanos:09}{offset}");
        let seconds = (days * 86_400 + second).checked_add_signed(-shift).unwrap();
        prop_assert_eq!(parse(&text), Some(seconds * 1_000_000_000 + nanos));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        let _ = parse_rfc3339(&bytes);
    }
}
