use proptest::prelude::{any, prop, proptest};

use super::{decode, encode};

fn bits(points: &[(i64, f64)]) -> Vec<(i64, u64)> {
    points.iter().map(|&(time, value)| (time, value.to_bits())).collect()
}

proptest! {
    #[test]
    fn what_is_packed_unpacks(points in prop::collection::vec((any::<i64>(), any::<u64>()), 0..200)) {
        let points: Vec<(i64, f64)> = points.into_iter().map(|(time, bits)| (time, f64::from_bits(bits))).collect();
        let mut unpacked = Vec::new();
        assert!(decode(&encode(&points), &mut unpacked).is_some());
        assert_eq!(bits(&unpacked), bits(&points));
    }

    #[test]
    fn damage_is_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let mut points = Vec::new();
        let _ = decode(&[&[1], &bytes[..]].concat(), &mut points);
    }
}

#[test]
fn a_counter_scraped_on_time_takes_few_bytes() {
    let points: Vec<(i64, f64)> =
        (0..120).map(|n| (1_795_527_000_000 + n * 15_000 + n % 3, 1000.0 + (n * 7) as f64)).collect();
    let bytes = encode(&points).len();
    assert!(bytes < 120 * 5, "{bytes} bytes for 120 samples");
    let constant: Vec<(i64, f64)> = (0..120).map(|n| (n * 15_000, 1.5)).collect();
    assert!(encode(&constant).len() < 120 * 2 + 25);
}

#[test]
fn a_cut_chunk_gives_what_is_readable() {
    let points = [(1, 1.0), (2, 2.0), (3, 3.0)];
    let encoded = encode(&points);
    let mut unpacked = Vec::new();
    assert!(decode(&encoded[..encoded.len() - 1], &mut unpacked).is_none());
    assert_eq!(unpacked, points[..2]);
}
