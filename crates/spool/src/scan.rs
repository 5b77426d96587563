//! Reading frames from a segment's file, and finding the next one after damage.

use std::io;

use bytes::Bytes;
use memchr::memmem;
use weir_model::Signal;

use crate::frame::{FrameHeader, HEADER_BYTES, MAGIC};
use crate::mark::Mark;
use crate::segment::Segment;
use crate::storage::SegmentFile;

/// Reads one segment's file in chunks; frames are slices of them.
#[derive(Debug)]
pub(crate) struct SegmentReader {
    file: Box<dyn SegmentFile>,
    signal: Signal,
    /// The position of the segment's first frame.
    start: u64,
    /// How much is read at once.
    chunk_bytes: usize,
    /// Position of the chunk's first byte.
    chunk_start: u64,
    chunk: Bytes,
}

impl SegmentReader {
    pub(crate) fn new(file: Box<dyn SegmentFile>, signal: Signal, start: u64, chunk_bytes: usize) -> Self {
        Self { file, signal, start, chunk_bytes, chunk_start: start, chunk: Bytes::new() }
    }

    /// The position of the segment's first frame.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// The intact header at `position`, of a frame that ends at or before `end`.
    pub(crate) fn header_at(&mut self, position: u64, end: u64) -> io::Result<Option<FrameHeader>> {
        let bytes = self.bytes_up_to(position, HEADER_BYTES, end)?;
        let header = FrameHeader::decode(&bytes, self.signal, position);
        Ok(header.filter(|header| header.end().position <= end))
    }

    /// The intact frame at `position` that ends at or before `end`.
    pub(crate) fn frame_at(&mut self, position: u64, end: u64) -> io::Result<Option<(FrameHeader, Bytes)>> {
        let Some(header) = self.header_at(position, end)? else { return Ok(None) };
        let frame = self.bytes_up_to(position, header.frame_bytes() as usize, end)?;
        let payload = frame.slice(HEADER_BYTES.min(frame.len())..);
        Ok(header.matches(&payload).then_some((header, payload)))
    }

    /// The first intact frame after damage at `position`, before `end`.
    pub(crate) fn resync(&mut self, position: u64, end: u64) -> io::Result<Option<FrameHeader>> {
        if let Some(header) = self.header_at(position, end)? {
            let next = header.end().position;
            if let Some((header, _)) = self.frame_at(next, end)? {
                return Ok(Some(header));
            }
        }
        self.search(position + 1, end)
    }

    /// Checks every frame from `start` to `end`.
    pub(crate) fn walk(&mut self, start: Mark, end: u64) -> io::Result<Walk> {
        let mut walk = Walk { first: None, end: start, damage: Vec::new() };
        loop {
            let at = walk.end.position;
            let header = match self.frame_at(at, end)? {
                Some((header, _)) => header,
                None => match self.resync(at, end)? {
                    Some(header) => {
                        walk.damage.push(at);
                        header
                    }
                    None => return Ok(walk),
                },
            };
            walk.first = walk.first.or(Some(header));
            walk.end = header.end();
        }
    }

    fn search(&mut self, from: u64, end: u64) -> io::Result<Option<FrameHeader>> {
        let mut at = from;
        while at < end {
            let window = self.bytes_up_to(at, self.chunk_bytes, end)?;
            for found in memmem::find_iter(&window, &MAGIC) {
                if let Some((header, _)) = self.frame_at(at + found as u64, end)? {
                    return Ok(Some(header));
                }
            }
            // The magic may lie across two windows.
            match window.len().checked_sub(MAGIC.len() - 1) {
                None | Some(0) => break,
                Some(step) => at += step as u64,
            }
        }
        Ok(None)
    }

    /// The bytes from `position`: `length` of them, or fewer where `end` or the end of the file comes first.
    fn bytes_up_to(&mut self, position: u64, length: usize, end: u64) -> io::Result<Bytes> {
        let length = length.min(usize::try_from(end.saturating_sub(position)).unwrap_or(usize::MAX));
        let within = position.checked_sub(self.chunk_start).map(|skip| skip as usize);
        if let Some(skip) = within
            && skip + length <= self.chunk.len()
        {
            return Ok(self.chunk.slice(skip..skip + length));
        }
        self.load(position, length.max(self.chunk_bytes), end)?;
        Ok(self.chunk.slice(..length.min(self.chunk.len())))
    }

    fn load(&mut self, position: u64, length: usize, end: u64) -> io::Result<()> {
        let length = length.min(usize::try_from(end - position).unwrap_or(usize::MAX));
        let offset = Segment::file_offset(self.start, position);
        let mut chunk = vec![0; length];
        let mut filled = 0;
        while filled < length {
            match self.file.read_at(&mut chunk[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(bytes) => filled += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        chunk.truncate(filled);
        self.file.forget_pages(Segment::file_offset(self.start, self.chunk_start), offset);
        self.chunk = Bytes::from(chunk);
        self.chunk_start = position;
        Ok(())
    }
}

/// What a walk through a segment found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Walk {
    /// The first intact frame; `None` when there is none.
    pub(crate) first: Option<FrameHeader>,
    /// After the last intact frame; the start when there is none.
    pub(crate) end: Mark,
    /// Where a frame should have been that is not intact, and an intact one came later.
    pub(crate) damage: Vec<u64>,
}

#[cfg(test)]
mod tests;
