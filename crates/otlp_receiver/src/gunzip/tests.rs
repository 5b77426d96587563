use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use prometheus::IntGauge;
use proptest::prelude::{any, prop};
use proptest::{prop_assert_eq, proptest};

use super::{GunzipError, gunzip, told_len};
use crate::budget::Budget;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("a Vec takes everything");
    encoder.finish().expect("a Vec takes everything")
}

fn budget(bytes_max: usize) -> Budget {
    Budget::new(bytes_max, IntGauge::new("used", "bytes").expect("the name is valid"))
}

fn unpack(packed: &[u8], limit: usize) -> Result<Vec<u8>, GunzipError> {
    let mut share = budget(1 << 20).try_take(0).expect("nothing always fits");
    gunzip(packed, limit, &mut share)
}

proptest! {
    #[test]
    fn unpacks_what_was_packed_and_accounts_for_it(
        bytes in prop::collection::vec(any::<u8>(), 0..20_000),
        lie in any::<Option<u32>>(),
    ) {
        let mut packed = gzip(&bytes);
        // A second, empty member whose trailer says 0 makes the hint wrong without making the stream invalid.
        if lie.is_some() {
            packed.extend(gzip(&[]));
        }
        let budget = budget(1 << 20);
        let mut share = budget.try_take(0).expect("nothing always fits");
        let unpacked = gunzip(&packed, 20_000, &mut share).expect("the stream is valid");
        prop_assert_eq!(&unpacked, &bytes);
        prop_assert_eq!(budget.used(), bytes.len());
    }

    #[test]
    fn never_panics_on_arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = unpack(&bytes, 1000);
    }
}

#[test]
fn takes_exactly_the_limit_and_not_a_byte_more() {
    assert_eq!(unpack(&gzip(&[7; 5000]), 5000).expect("it fits").len(), 5000);
    assert!(matches!(unpack(&gzip(&[7; 5001]), 5000), Err(GunzipError::TooLarge)));
}

#[test]
fn a_bomb_whose_trailer_lies_stops_at_the_limit() {
    let mut packed = gzip(&vec![0; 10 << 20]);
    packed.extend(gzip(&[]));
    assert_eq!(told_len(&packed), 0);
    let budget = budget(1 << 20);
    let mut share = budget.try_take(0).expect("nothing always fits");
    assert!(matches!(gunzip(&packed, 100_000, &mut share), Err(GunzipError::TooLarge)));
    assert!(budget.used() <= 100_000);
}

#[test]
fn a_bomb_within_the_limit_stops_at_the_budget() {
    let mut share = budget(1000).try_take(0).expect("nothing always fits");
    assert!(matches!(gunzip(&gzip(&[0; 5000]), 100_000, &mut share), Err(GunzipError::Full)));
}

#[test]
fn a_cut_off_stream_is_malformed() {
    let packed = gzip(b"some spans");
    assert!(matches!(unpack(&packed[..packed.len() - 3], 1000), Err(GunzipError::Malformed(_))));
    assert!(matches!(unpack(b"no gzip at all", 1000), Err(GunzipError::Malformed(_))));
}
