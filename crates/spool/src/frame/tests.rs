//! Frames as they are on disk.

use bytes::Bytes;
use proptest::prelude::{any, proptest};
use weir_model::{Batch, OrderKey, Signal, UnixNanos};

use super::{FrameHeader, HEADER_BYTES};
use crate::mark::Mark;

fn batch(payload: &[u8]) -> Batch {
    Batch {
        signal: Signal::Logs,
        records: 7,
        key: OrderKey(9),
        received: UnixNanos(11),
        payload: Bytes::copy_from_slice(payload),
    }
}

proptest! {
    #[test]
    fn a_header_decodes_to_what_was_encoded(
        position in any::<u64>(), record in any::<u64>(), records in any::<u32>(), key in any::<u64>(),
        received in any::<u64>(), payload in any::<Vec<u8>>(),
    ) {
        let batch = Batch {
            signal: Signal::Traces, records, key: OrderKey(key), received: UnixNanos(received),
            payload: Bytes::from(payload.clone()),
        };
        let header = FrameHeader::of(&batch, Mark { position, record });
        let decoded = FrameHeader::decode(&header.encode(), Signal::Traces, position).unwrap();
        assert_eq!(decoded, header);
        assert!(decoded.matches(&payload));
        assert_eq!(decoded.batch(Bytes::from(payload)), batch);
    }
}

#[test]
fn the_layout_is_the_documented_one() {
    let header = FrameHeader::of(&batch(b"123456789"), Mark { position: 1, record: 2 }).encode();
    assert_eq!(header[..8], [0xF7, b'W', b'F', b'R', 1, 1, 56, 0]);
    assert_eq!(header[8..32], [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0]);
    // The check value of CRC-32C.
    assert_eq!(header[48..52], 0xE306_9283_u32.to_le_bytes());
}

#[test]
fn a_header_with_a_flipped_bit_or_in_another_place_is_none() {
    let start = Mark { position: 640, record: 2 };
    let intact = FrameHeader::of(&batch(b"payload"), start).encode();
    for bit in 0..HEADER_BYTES * 8 {
        let mut flipped = intact;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(FrameHeader::decode(&flipped, Signal::Logs, 640), None, "bit {bit}");
    }
    assert_eq!(FrameHeader::decode(&intact, Signal::Logs, 641), None);
    assert_eq!(FrameHeader::decode(&intact, Signal::Metrics, 640), None);
    assert_eq!(FrameHeader::decode(&intact[..HEADER_BYTES - 1], Signal::Logs, 640), None);
}
