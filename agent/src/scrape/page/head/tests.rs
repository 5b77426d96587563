//! Against the encoder of weir-proto.

use proptest::prelude::{any, prop, prop_assert_eq, proptest};
use weir_proto::remote_write_v2::{Metadata, SeriesHead};

use super::put_head;

proptest! {
    #[test]
    fn a_head_has_the_bytes_of_a_series_head(
        refs in prop::collection::vec(any::<u32>(), 2..40),
        kind in 0..8,
        help_ref in any::<u32>(),
        unit_ref in 0..2_u32,
    ) {
        let metadata = Metadata { kind, help_ref, unit_ref };
        let mut head = vec![1, 2, 3];
        put_head(&mut head, &refs, metadata);
        let expected = SeriesHead::new(&refs, metadata);
        prop_assert_eq!(head.as_slice(), expected.as_bytes());
    }
}
