//! Segment files: their names, their headers, and the list of them that a log keeps.

use std::path::PathBuf;
use std::sync::Arc;

use weir_model::{Signal, UnixNanos};

use crate::frame::{u32_at, u64_at};
use crate::mark::Mark;
use crate::storage::SegmentFile;

/// Bytes of a segment's header.
pub(crate) const HEADER_BYTES: usize = 48;
/// The newest segment format that this program reads, and the one that it writes.
pub(crate) const VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"WEIRSEGM";
const CHECKED_BYTES: usize = 44;
const SUFFIX: &str = ".seg";

/// What a segment's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) signal: Signal,
    pub(crate) start: Mark,
    pub(crate) created: UnixNanos,
}

/// What the first bytes of a segment's file are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum HeaderFound {
    Intact(SegmentHeader),
    NewerVersion(u32),
    Damaged,
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        out[0..8].copy_from_slice(&MAGIC);
        out[8..12].copy_from_slice(&VERSION.to_le_bytes());
        out[12] = self.signal.index() as u8;
        out[16..24].copy_from_slice(&self.start.position.to_le_bytes());
        out[24..32].copy_from_slice(&self.start.record.to_le_bytes());
        out[32..40].copy_from_slice(&self.created.0.to_le_bytes());
        let checksum = crc32c::crc32c(&out[..CHECKED_BYTES]);
        out[CHECKED_BYTES..].copy_from_slice(&checksum.to_le_bytes());
        out
    }

    /// The header of the segment of `signal` whose name says `position`.
    pub(crate) fn decode(bytes: &[u8], signal: Signal, position: u64) -> HeaderFound {
        let Some(bytes) = bytes.first_chunk::<HEADER_BYTES>() else { return HeaderFound::Damaged };
        if bytes[0..8] != MAGIC || crc32c::crc32c(&bytes[..CHECKED_BYTES]) != u32_at(bytes, CHECKED_BYTES) {
            return HeaderFound::Damaged;
        }
        let version = u32_at(bytes, 8);
        if version > VERSION {
            return HeaderFound::NewerVersion(version);
        }
        if usize::from(bytes[12]) != signal.index() || u64_at(bytes, 16) != position {
            return HeaderFound::Damaged;
        }
        HeaderFound::Intact(Self {
            signal,
            start: Mark { position, record: u64_at(bytes, 24) },
            created: UnixNanos(u64_at(bytes, 32)),
        })
    }
}

/// The name of the segment that starts at `position`.
pub(crate) fn file_name(position: u64) -> String {
    format!("{position:020}{SUFFIX}")
}

/// The position that a segment's name says; `None` for a file that is no segment.
pub(crate) fn position_of(file_name: &str) -> Option<u64> {
    let digits = file_name.strip_suffix(SUFFIX)?;
    (digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// A segment of a log. Invariant: `start.position <= synced_to <= data_end`.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) start: Mark,
    pub(crate) created: UnixNanos,
    pub(crate) path: PathBuf,
    /// The position after the last frame that was appended to it.
    pub(crate) data_end: u64,
    /// Frames before this position survive the loss of power.
    pub(crate) synced_to: u64,
    /// The handle of the segment that is written; kept until all of it is synced.
    pub(crate) file: Option<Arc<dyn SegmentFile>>,
}

impl Segment {
    /// Bytes that the segment counts for, whether or not its file has room to spare.
    pub(crate) fn bytes(&self) -> u64 {
        HEADER_BYTES as u64 + (self.data_end - self.start.position)
    }

    /// Where in the file the frame at `position` is.
    pub(crate) fn file_offset(start: u64, position: u64) -> u64 {
        HEADER_BYTES as u64 + (position - start)
    }
}

#[cfg(test)]
mod tests;
