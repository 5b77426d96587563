use std::io::IoSlice;

use bytes::{Buf, Bytes};
use proptest::prelude::{any, prop};
use proptest::{prop_assert, prop_assert_eq, proptest};

use super::Chunks;

proptest! {
    #[test]
    fn read_like_one_buffer(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..9),
        steps in prop::collection::vec(0..12_usize, 0..20),
    ) {
        let whole = pieces.concat();
        let mut chunks: Chunks = pieces.into_iter().map(Bytes::from).collect();
        let mut at = 0;
        for step in steps {
            prop_assert_eq!(chunks.remaining(), whole.len() - at);
            prop_assert!(whole[at..].starts_with(chunks.chunk()));
            prop_assert_eq!(chunks.chunk().is_empty(), at == whole.len());
            let mut slices = [IoSlice::new(&[]); 3];
            let count = chunks.chunks_vectored(&mut slices);
            let seen: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
            prop_assert!(whole[at..].starts_with(&seen));
            let step = step.min(chunks.remaining());
            chunks.advance(step);
            at += step;
        }
        let rest = chunks.copy_to_bytes(chunks.remaining());
        prop_assert_eq!(&rest[..], &whole[at..]);
    }
}
