//! Which unit a number has.

use super::epoch_nanos;

const NANOS: u64 = 1_700_000_000_123_456_789;

#[test]
fn the_unit_follows_from_the_size() {
    assert_eq!(epoch_nanos(b"1700000000"), Some(1_700_000_000_000_000_000));
    assert_eq!(epoch_nanos(b"1700000000123"), Some(1_700_000_000_123_000_000));
    assert_eq!(epoch_nanos(b"1700000000123456"), Some(1_700_000_000_123_456_000));
    assert_eq!(epoch_nanos(b"1700000000123456789"), Some(NANOS));
}

#[test]
fn a_fraction_is_exact() {
    assert_eq!(epoch_nanos(b"1700000000.123456789"), Some(NANOS));
    assert_eq!(epoch_nanos(b"1700000000.1234567899"), Some(NANOS));
    assert_eq!(epoch_nanos(b"1700000000123.456789"), Some(NANOS));
    assert_eq!(epoch_nanos(b"1700000000123456789.9"), Some(NANOS));
    assert_eq!(epoch_nanos(b"1700000000.5"), Some(1_700_000_000_500_000_000));
}

#[test]
fn each_unit_ends_where_the_next_begins() {
    assert_eq!(epoch_nanos(b"100000000"), Some(100_000_000_000_000_000));
    assert_eq!(epoch_nanos(b"18446744073"), Some(18_446_744_073_000_000_000));
    assert_eq!(epoch_nanos(b"100000000000"), Some(100_000_000_000_000_000));
    assert_eq!(epoch_nanos(b"100000000000000"), Some(100_000_000_000_000_000));
    assert_eq!(epoch_nanos(b"100000000000000000"), Some(100_000_000_000_000_000));
}

#[test]
fn what_is_no_time_is_none() {
    for text in [
        "",
        "0",
        "99999999",
        "12.5",
        "-1700000000",
        "1.7e9",
        "1700000000.1e3",
        "99999999999",
        "1700000000.x",
        "17x0000000",
    ] {
        assert_eq!(epoch_nanos(text.as_bytes()), None, "{text}");
    }
    assert_eq!(epoch_nanos(b"10000000000000000000000"), None);
}
