//! The content of a cursor's checkpoint.

use weir_checkpoint::Format;

use crate::cursor::Settled;
use crate::frame::{u32_at, u64_at};
use crate::mark::Mark;

/// What a cursor's files claim to be.
pub(crate) const FORMAT: Format = Format { magic: *b"WEIRCURS", version: 1 };

const HEAD_BYTES: usize = 20;
const RANGE_BYTES: usize = 32;

/// Encodes `settled` into `out`, replacing what it held.
pub(crate) fn encode(settled: &Settled, out: &mut Vec<u8>) {
    out.clear();
    out.reserve(HEAD_BYTES + RANGE_BYTES * settled.ranges.len());
    put(settled.low, out);
    let count = u32::try_from(settled.ranges.len()).expect("ranges are far fewer than 4 billion");
    out.extend_from_slice(&count.to_le_bytes());
    for &(start, end) in &settled.ranges {
        put(start, out);
        put(end, out);
    }
}

/// Decodes what [`encode`] made; `None` when the marks do not ascend or bytes are missing or left over.
pub(crate) fn decode(body: &[u8]) -> Option<Settled> {
    let (head, ranges) = body.split_at_checked(HEAD_BYTES)?;
    if ranges.len() != u32_at(head, 16) as usize * RANGE_BYTES {
        return None;
    }
    let low = mark_at(head, 0);
    let ranges: Vec<_> =
        ranges.chunks_exact(RANGE_BYTES).map(|range| (mark_at(range, 0), mark_at(range, 16))).collect();
    let mut last = low;
    for &(start, end) in &ranges {
        let ascends = last.position < start.position
            && start.position < end.position
            && last.record <= start.record
            && start.record <= end.record;
        if !ascends {
            return None;
        }
        last = end;
    }
    Some(Settled { low, ranges })
}

fn put(mark: Mark, out: &mut Vec<u8>) {
    out.extend_from_slice(&mark.position.to_le_bytes());
    out.extend_from_slice(&mark.record.to_le_bytes());
}

fn mark_at(bytes: &[u8], at: usize) -> Mark {
    Mark { position: u64_at(bytes, at), record: u64_at(bytes, at + 8) }
}
