//! Reading what a reader has missed from disk.

use std::io;

use bytes::Bytes;
use tracing::warn;
use weir_model::{Batch, Signal};

use crate::TakeLimits;
use crate::frame::FrameHeader;
use crate::log::DiskRange;
use crate::mark::Mark;
use crate::scan::SegmentReader;
use crate::storage::Storage;

/// What is read ahead.
const CHUNK_BYTES: usize = 512 << 10;
/// Times that reading a segment is tried before the rest of it counts as damaged.
pub(crate) const ATTEMPTS_MAX: u32 = 5;

/// An open segment and the chunk read last, kept between two reads.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    reader: Option<SegmentReader>,
    /// Failed attempts in a row.
    attempts: u32,
}

/// What was found at the next place of a range.
#[derive(Debug)]
pub(crate) enum Step {
    /// An intact frame.
    Frame(FrameHeader, Batch),
    /// No intact frame until `end`.
    Lost { start: Mark, end: Mark },
}

impl Backlog {
    /// Reads from the start of `range` as much as `limits` allow, at least one step. After several failures in a row
    /// the whole range is lost.
    pub(crate) fn read(
        &mut self,
        storage: &dyn Storage,
        signal: Signal,
        range: &DiskRange,
        limits: &TakeLimits,
    ) -> io::Result<Vec<Step>> {
        match self.try_read(storage, signal, range, limits) {
            Ok(steps) => {
                self.attempts = 0;
                Ok(steps)
            }
            Err(error) => {
                self.reader = None;
                self.attempts += 1;
                warn!(%signal, %error, attempts = self.attempts, "cannot read the backlog");
                if self.attempts < ATTEMPTS_MAX {
                    return Err(error);
                }
                self.attempts = 0;
                Ok(vec![Step::Lost { start: range.start, end: range.end }])
            }
        }
    }

    /// Closes the file and frees the chunk.
    pub(crate) fn close(&mut self) {
        self.reader = None;
    }

    fn try_read(
        &mut self,
        storage: &dyn Storage,
        signal: Signal,
        range: &DiskRange,
        limits: &TakeLimits,
    ) -> io::Result<Vec<Step>> {
        let Some((segment_start, path, data_end)) = &range.segment else {
            return Ok(vec![Step::Lost { start: range.start, end: range.end }]);
        };
        let reader = match self.reader.take().filter(|reader| reader.start() == *segment_start) {
            Some(reader) => reader,
            None => SegmentReader::new(storage.open(path)?, signal, *segment_start, CHUNK_BYTES),
        };
        let reader = self.reader.insert(reader);
        let end = range.end.position.min(*data_end);
        let mut steps = Vec::new();
        let mut at = range.start;
        let mut taken = Taken::new(limits);
        while at.position < range.end.position {
            let (step, next) = match intact_frame(reader, at, end)? {
                Some((header, payload)) => {
                    if !taken.admits(header.payload_bytes as usize, header.records) {
                        break;
                    }
                    (Step::Frame(header, header.batch(payload)), header.end())
                }
                None => {
                    let next = reader.resync(at.position, end)?.map_or(range.end, |header| header.start);
                    (Step::Lost { start: at, end: next }, next)
                }
            };
            steps.push(step);
            at = next;
        }
        Ok(steps)
    }
}

/// The frame at `at`, whose ledger id must be the expected one.
fn intact_frame(reader: &mut SegmentReader, at: Mark, end: u64) -> io::Result<Option<(FrameHeader, Bytes)>> {
    let frame = reader.frame_at(at.position, end)?;
    Ok(frame.filter(|(header, _)| header.start == at))
}

/// What one take has taken so far.
#[derive(Debug)]
pub(crate) struct Taken<'a> {
    limits: &'a TakeLimits,
    bytes: usize,
    records: u64,
    entries: usize,
}

impl<'a> Taken<'a> {
    pub(crate) fn new(limits: &'a TakeLimits) -> Self {
        Self { limits, bytes: 0, records: 0, entries: 0 }
    }

    /// Counts an entry and tells whether it still fits. The first one always does.
    pub(crate) fn admits(&mut self, bytes: usize, records: u32) -> bool {
        let is_first = self.entries == 0;
        self.bytes = self.bytes.saturating_add(bytes);
        self.records = self.records.saturating_add(u64::from(records));
        self.entries += 1;
        is_first
            || self.bytes <= self.limits.bytes_max
                && self.records <= self.limits.records_max
                && self.entries <= self.limits.entries_max
    }
}
