//! A bulk body and its items.

use std::sync::Arc;

use bytes::Bytes;

use crate::codec::{Codec, Packed, Scratch, UnpackError};
use crate::document::Lines;

/// Documents that are sent in one HTTP request.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) packed: Packed,
    /// Where each item, an action line and a document line, ends in the plain body.
    ends: Arc<[u32]>,
}

/// A part whose items can be looked at.
pub(crate) struct OpenPart {
    plain: Bytes,
    ends: Arc<[u32]>,
}

/// One item of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Item<'a> {
    /// The action line with its newline.
    pub(crate) action: &'a [u8],
    /// The document without its newline.
    pub(crate) document: &'a [u8],
}

impl Part {
    /// Number of documents.
    pub(crate) fn documents(&self) -> u64 {
        self.ends.len() as u64
    }

    /// Unpacks the body: some milliseconds for a full one, so not on a runtime thread.
    pub(crate) fn open(&self) -> Result<OpenPart, UnpackError> {
        Ok(OpenPart { plain: self.packed.unpack()?, ends: self.ends.clone() })
    }
}

impl OpenPart {
    /// The item at `position`.
    pub(crate) fn item(&self, position: usize) -> Option<Item<'_>> {
        let end = *self.ends.get(position)? as usize;
        let start = position.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        let lines = self.plain.get(start..end)?;
        let (action, document) = lines.split_at(memchr::memchr(b'\n', lines)? + 1);
        Some(Item { action, document: document.strip_suffix(b"\n").unwrap_or(document) })
    }

    /// A part with the items at `positions`.
    pub(crate) fn pick(&self, positions: impl IntoIterator<Item = usize>, codec: &Codec) -> Part {
        codec.with(|scratch| {
            let mut ends = Vec::new();
            for item in positions.into_iter().filter_map(|position| self.item(position)) {
                scratch.plain.extend_from_slice(item.action);
                scratch.plain.extend_from_slice(item.document);
                scratch.plain.push(b'\n');
                ends.push(scratch.plain.len() as u32);
            }
            Part { packed: codec.pack(scratch), ends: ends.into() }
        })
    }

    /// Two parts with half of the items each.
    pub(crate) fn halves(&self, codec: &Codec) -> [Part; 2] {
        let middle = self.ends.len() / 2;
        [self.pick(0..middle, codec), self.pick(middle..self.ends.len(), codec)]
    }
}

/// Cuts lines into parts of about `bytes_max` before compression: a part ends with the document that passes it.
pub(crate) struct PartWriter<'a> {
    scratch: &'a mut Scratch,
    codec: &'a Codec,
    bytes_max: usize,
    ends: Vec<u32>,
    parts: Vec<Part>,
}

impl<'a> PartWriter<'a> {
    pub(crate) fn new(codec: &'a Codec, scratch: &'a mut Scratch, bytes_max: u64) -> Self {
        // Ends are kept in 32 bits.
        let bytes_max = bytes_max.min(u64::from(u32::MAX) / 2) as usize;
        Self { scratch, codec, bytes_max, ends: Vec::new(), parts: Vec::new() }
    }

    fn end_part(&mut self) {
        if !self.ends.is_empty() {
            let packed = self.codec.pack(self.scratch);
            self.parts.push(Part { packed, ends: self.ends.as_slice().into() });
            self.ends.clear();
        }
    }

    /// The parts.
    pub(crate) fn finish(mut self) -> Vec<Part> {
        self.end_part();
        self.parts
    }
}

impl Lines for PartWriter<'_> {
    fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.scratch.plain
    }

    fn end_document(&mut self) {
        self.ends.push(self.scratch.plain.len() as u32);
        if self.scratch.plain.len() >= self.bytes_max {
            self.end_part();
        }
    }
}

#[cfg(test)]
mod tests;
