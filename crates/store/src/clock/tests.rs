use super::{ms, rfc3339};

#[test]
fn a_time_is_written_in_utc_with_nanoseconds() {
    assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000000000Z");
    assert_eq!(rfc3339(951_782_400_000_000_001), "2000-02-29T00:00:00.000000001Z");
    assert_eq!(rfc3339(1_795_527_000_123_456_789), "2026-11-24T13:30:00.123456789Z");
    assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
    assert_eq!(rfc3339(i64::MAX), "2262-04-11T23:47:16.854775807Z");
}

#[test]
fn milliseconds_are_exact_to_a_microsecond() {
    let nanos = 1_795_527_000_123_456_000;
    assert_eq!((ms(nanos) * 1000.0).round() as i64, nanos / 1000);
    assert_eq!(ms(1), 0.000_001);
}
