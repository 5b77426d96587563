//! Segment headers and names.

use weir_model::{Signal, UnixNanos};

use super::{HeaderFound, SegmentHeader, file_name, position_of};
use crate::mark::Mark;

const HEADER: SegmentHeader = SegmentHeader {
    signal: Signal::Traces,
    start: Mark { position: 4096, record: 17 },
    created: UnixNanos(5),
};

#[test]
fn a_header_decodes_to_what_was_encoded_and_every_flipped_bit_is_damage() {
    let intact = HEADER.encode();
    assert_eq!(SegmentHeader::decode(&intact, Signal::Traces, 4096), HeaderFound::Intact(HEADER));
    for bit in 0..intact.len() * 8 {
        let mut flipped = intact;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(SegmentHeader::decode(&flipped, Signal::Traces, 4096), HeaderFound::Damaged, "bit {bit}");
    }
}

#[test]
fn a_header_under_another_name_or_signal_is_damage() {
    let intact = HEADER.encode();
    assert_eq!(SegmentHeader::decode(&intact, Signal::Traces, 4097), HeaderFound::Damaged);
    assert_eq!(SegmentHeader::decode(&intact, Signal::Logs, 4096), HeaderFound::Damaged);
}

#[test]
fn names_sort_by_position_and_other_files_are_no_segments() {
    assert!(file_name(9) < file_name(10) && file_name(99_999_999) < file_name(u64::MAX));
    assert_eq!(position_of(&file_name(u64::MAX)), Some(u64::MAX));
    for other in ["lock", "12.seg", "0000000000000000000x.seg", "99999999999999999999.seg", ".seg"] {
        assert_eq!(position_of(other), None, "{other}");
    }
}
