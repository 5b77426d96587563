//! The frame around a batch, as `docs/formats/spool.md` describes it.

use bytes::Bytes;
use weir_model::{Batch, OrderKey, Signal, UnixNanos};

use crate::mark::Mark;

/// The first bytes of a frame.
pub(crate) const MAGIC: [u8; 4] = [0xF7, b'W', b'F', b'R'];
/// Bytes of a frame's header.
pub(crate) const HEADER_BYTES: usize = 56;
/// Bytes that a payload may have at most.
pub(crate) const PAYLOAD_BYTES_MAX: u64 = 64 << 20;

const VERSION: u8 = 1;
const CHECKED_BYTES: usize = 52;

/// A frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) signal: Signal,
    pub(crate) start: Mark,
    pub(crate) records: u32,
    pub(crate) payload_bytes: u32,
    pub(crate) key: OrderKey,
    pub(crate) received: UnixNanos,
    pub(crate) payload_crc: u32,
}

impl FrameHeader {
    /// The header for `batch` at `start`. The payload has at most [`PAYLOAD_BYTES_MAX`].
    pub(crate) fn of(batch: &Batch, start: Mark) -> Self {
        Self {
            signal: batch.signal,
            start,
            records: batch.records,
            payload_bytes: u32::try_from(batch.payload.len()).expect("the spool limits payloads to 64 MiB"),
            key: batch.key,
            received: batch.received,
            payload_crc: crc32c::crc32c(&batch.payload),
        }
    }

    /// Bytes of header and payload.
    pub(crate) fn frame_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + u64::from(self.payload_bytes)
    }

    /// Where the next frame starts.
    pub(crate) fn end(&self) -> Mark {
        self.start.after(self.frame_bytes(), self.records)
    }

    /// The batch, given its payload.
    pub(crate) fn batch(&self, payload: Bytes) -> Batch {
        Batch { signal: self.signal, records: self.records, key: self.key, received: self.received, payload }
    }

    /// Whether `payload` is what the header was made for.
    pub(crate) fn matches(&self, payload: &[u8]) -> bool {
        payload.len() == self.payload_bytes as usize && crc32c::crc32c(payload) == self.payload_crc
    }

    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        out[0..4].copy_from_slice(&MAGIC);
        out[4] = VERSION;
        out[5] = self.signal.index() as u8;
        out[6..8].copy_from_slice(&(HEADER_BYTES as u16).to_le_bytes());
        out[8..16].copy_from_slice(&self.start.position.to_le_bytes());
        out[16..24].copy_from_slice(&self.start.record.to_le_bytes());
        out[24..28].copy_from_slice(&self.records.to_le_bytes());
        out[28..32].copy_from_slice(&self.payload_bytes.to_le_bytes());
        out[32..40].copy_from_slice(&self.key.0.to_le_bytes());
        out[40..48].copy_from_slice(&self.received.0.to_le_bytes());
        out[48..52].copy_from_slice(&self.payload_crc.to_le_bytes());
        let checksum = crc32c::crc32c(&out[..CHECKED_BYTES]);
        out[CHECKED_BYTES..].copy_from_slice(&checksum.to_le_bytes());
        out
    }

    /// The header in `bytes`, if an intact one of `signal` at `position` is there.
    pub(crate) fn decode(bytes: &[u8], signal: Signal, position: u64) -> Option<Self> {
        let bytes: &[u8; HEADER_BYTES] = bytes.first_chunk()?;
        let is_frame = bytes[0..4] == MAGIC
            && bytes[4] == VERSION
            && usize::from(bytes[5]) == signal.index()
            && usize::from(u16::from_le_bytes([bytes[6], bytes[7]])) == HEADER_BYTES
            && u64_at(bytes, 8) == position
            && crc32c::crc32c(&bytes[..CHECKED_BYTES]) == u32_at(bytes, CHECKED_BYTES);
        let header = Self {
            signal,
            start: Mark { position, record: u64_at(bytes, 16) },
            records: u32_at(bytes, 24),
            payload_bytes: u32_at(bytes, 28),
            key: OrderKey(u64_at(bytes, 32)),
            received: UnixNanos(u64_at(bytes, 40)),
            payload_crc: u32_at(bytes, 48),
        };
        (is_frame && u64::from(header.payload_bytes) <= PAYLOAD_BYTES_MAX).then_some(header)
    }
}

/// The `u32` at `at`, which must lie within `bytes`.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut value = [0; 4];
    value.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(value)
}

/// The `u64` at `at`, which must lie within `bytes`.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut value = [0; 8];
    value.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(value)
}

#[cfg(test)]
mod tests;
