//! Dates against a count of days made by hand.

use super::{TimestampWriter, civil_date};

fn text(unix_nanos: u64) -> String {
    let mut out = Vec::new();
    TimestampWriter::new().put(&mut out, unix_nanos);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_time_has_as_many_decimals_as_it_needs() {
    assert_eq!(text(0), "1970-01-01T00:00:00.000Z");
    assert_eq!(text(784_111_777_000_000_000), "1994-11-06T08:49:37.000Z");
    assert_eq!(text(1_709_251_199_120_000_000), "2024-02-29T23:59:59.120Z");
    assert_eq!(text(1_709_251_200_000_001_000), "2024-03-01T00:00:00.000001Z");
    assert_eq!(text(1_709_251_200_000_000_001), "2024-03-01T00:00:00.000000001Z");
    assert_eq!(text(u64::MAX), "2554-07-21T23:34:33.709551615Z");
}

#[test]
fn every_day_follows_the_one_before() {
    let is_leap =
        |year: u32| (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let (mut year, mut month, mut day) = (1970, 1, 1);
    for days in 0..214_000 {
        assert_eq!(civil_date(days), (year, month, day));
        let month_len = match month {
            2 => 28 + u32::from(is_leap(year)),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        day += 1;
        if day > month_len {
            (month, day) = (month + 1, 1);
        }
        if month > 12 {
            (year, month) = (year + 1, 1);
        }
    }
}

#[test]
fn a_writer_that_goes_from_second_to_second_and_back_stays_right() {
    let mut writer = TimestampWriter::new();
    let mut out = Vec::new();
    for second in [5, 5, 6, 5] {
        writer.put(&mut out, second * 1_000_000_000);
    }
    let lines = String::from_utf8(out).unwrap();
    let expected = ["05", "05", "06", "05"].map(|second| format!("1970-01-01T00:00:{second}.000Z")).concat();
    assert_eq!(lines, expected);
}
