use std::io::Read;

use flate2::read::GzDecoder;
use proptest::prelude::{any, prop};
use proptest::{prop_assert_eq, proptest};

use super::Packer;

proptest! {
    #[test]
    fn what_is_packed_unpacks_to_the_parts_joined(
        parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3000), 0..5),
        level in any::<u8>(),
    ) {
        let packer = Packer::new(level);
        for _ in 0..2 {
            let packed = packer.pack(parts.iter().map(Vec::as_slice));
            let mut unpacked = Vec::new();
            GzDecoder::new(&packed[..]).read_to_end(&mut unpacked).expect("it is gzip");
            prop_assert_eq!(&unpacked, &parts.concat());
        }
    }
}
