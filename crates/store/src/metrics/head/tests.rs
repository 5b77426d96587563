use proptest::prelude::{any, prop, proptest};

use super::{Entries, Entry, encode};

proptest! {
    #[test]
    fn what_is_packed_unpacks_sorted(raw in prop::collection::vec((any::<u32>(), any::<i64>(), -1e9..1e9), 0..100)) {
        let entry = |&(series, time, value): &(u32, i64, f64)| Entry { series, point: (time, value) };
        let mut entries: Vec<Entry> = raw.iter().map(entry).collect();
        let packed = encode(&mut entries);
        assert!(entries.is_sorted_by_key(|entry| (entry.series, entry.point.0)));
        assert_eq!(Entries::new(&packed).collect::<Vec<_>>(), entries);
    }

    #[test]
    fn damage_is_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = Entries::new(&[&[1], &bytes[..]].concat()).count();
    }
}
