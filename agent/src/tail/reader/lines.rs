//! Lines of one read: cut out of the buffer, joined, encoded.

use std::borrow::Cow;
use std::ops::Range;

use weir_config::LineFormat;

use super::Read;
use crate::tail::cri::{CriLine, Join, Joins, Stream};
use crate::tail::encode::{Encoded, Encoder, Line};

/// Bytes that may pass before open joins are ended as they are, so that a restart need not begin further back.
/// Counted from a place without open joins, so that a restart ends them at the same place.
const JOIN_SPAN_BYTES: u64 = 4 << 20;

/// Goes over the lines of one read.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    encoder: Encoder<'a>,
    joins: &'a mut Joins,
    /// Offset of the region's first byte in the file.
    base: u64,
    /// The last place without open joins, if it lies before the region.
    clean_before: u64,
    clean: Option<u64>,
    skipping: bool,
    format: LineFormat,
    bytes_max: usize,
}

/// A region of lines, and the same as text where all of it is UTF-8.
#[derive(Clone, Copy)]
struct Region<'r> {
    bytes: &'r [u8],
    text: Option<&'r str>,
}

impl<'r> Region<'r> {
    fn new(bytes: &'r [u8]) -> Self {
        Self { bytes, text: simdutf8::basic::from_utf8(bytes).ok() }
    }

    fn text(&self, range: Range<usize>, read: &mut Read) -> Cow<'r, str> {
        match self.text.and_then(|text| text.get(range.clone())) {
            Some(text) => Cow::Borrowed(text),
            None => lossy(&self.bytes[range], read),
        }
    }
}

fn lossy<'b>(bytes: &'b [u8], read: &mut Read) -> Cow<'b, str> {
    let text = String::from_utf8_lossy(bytes);
    read.lines_invalid_utf8 += u64::from(matches!(text, Cow::Owned(_)));
    text
}

impl<'a> Lines<'a> {
    /// `place`: the offsets of the region's first byte and of the last place without open joins.
    pub(crate) fn new(
        encoder: Encoder<'a>,
        joins: &'a mut Joins,
        place: (u64, u64),
        skipping: bool,
        format: LineFormat,
        bytes_max: usize,
    ) -> Self {
        let (base, clean_before) = place;
        Self { encoder, joins, base, clean_before, clean: None, skipping, format, bytes_max }
    }

    /// Takes all lines of `region`, which ends with a newline.
    pub(crate) fn take(&mut self, region: &[u8], read: &mut Read) {
        let mut start = 0;
        if self.skipping {
            start = memchr::memchr(b'\n', region).map_or(region.len(), |at| at + 1);
            self.mark_clean(start);
        }
        let first = start;
        let lines = Region::new(region);
        for newline in memchr::memchr_iter(b'\n', &region[first..]) {
            let newline = first + newline;
            self.line(lines, start..newline, read);
            start = newline + 1;
            self.mark_clean(start);
        }
    }

    /// Takes one line, which is at `range` of `region`.
    pub(crate) fn take_line(&mut self, region: &[u8], range: Range<usize>, read: &mut Read) {
        self.line(Region::new(region), range, read);
    }

    fn mark_clean(&mut self, end: usize) {
        if self.joins.is_empty() {
            self.clean = Some(self.base + end as u64);
        }
    }

    fn line(&mut self, region: Region<'_>, range: Range<usize>, read: &mut Read) {
        let range = self.trim(region.bytes, range, read);
        let offset = self.base + range.start as u64;
        if self.format == LineFormat::Cri {
            return self.cri_line(region, range, offset, read);
        }
        self.encoder.append(&Line { offset, text: region.text(range, read), source: None });
    }

    /// Takes a carriage return off the end, NULs off the beginning, and what is too long.
    fn trim(&self, bytes: &[u8], range: Range<usize>, read: &mut Read) -> Range<usize> {
        let Range { mut start, mut end } = range;
        if end > start && bytes[end - 1] == b'\r' {
            end -= 1;
        }
        if bytes[start..end].first() == Some(&0) {
            let nuls = bytes[start..end].iter().take_while(|&&byte| byte == 0).count();
            read.nul_bytes += nuls as u64;
            start += nuls;
        }
        if end - start > self.bytes_max {
            read.lines_cut += 1;
            end = start + floor_char_boundary(&bytes[start..end], self.bytes_max);
        }
        start..end
    }

    fn cri_line(&mut self, region: Region<'_>, range: Range<usize>, offset: u64, read: &mut Read) {
        let Some(line) = CriLine::parse(&region.bytes[range.clone()]) else {
            self.encoder.count_not_in_format();
            return self.encoder.append(&Line { offset, text: region.text(range, read), source: None });
        };
        let clean = self.clean.unwrap_or(self.clean_before);
        if offset.saturating_sub(clean) > JOIN_SPAN_BYTES {
            self.end_joins(read);
        }
        let open = self.joins.of(line.stream);
        match (open.take(), line.partial) {
            (None, false) => {
                let text = region.text(range.end - line.message.len()..range.end, read);
                self.encoder.append(&Line { offset, text, source: Some((line.time, line.stream)) });
            }
            (None, true) => *open = Some(Join::begin(offset, &line, self.bytes_max)),
            (Some(mut join), partial) => {
                join.add(line.message, self.bytes_max);
                read.partials_joined += 1;
                if partial {
                    *open = Some(join);
                } else {
                    self.join_ended(join, read);
                }
            }
        }
    }

    /// Ends all joins as they are.
    pub(crate) fn end_joins(&mut self, read: &mut Read) {
        for join in self.joins.take() {
            self.join_ended(join, read);
        }
    }

    fn join_ended(&mut self, join: Join, read: &mut Read) {
        read.lines_cut += u64::from(join.cut);
        let end = if join.cut { whole_chars(&join.message) } else { join.message.len() };
        let text = lossy(&join.message[..end], read);
        let source: Option<(u64, Stream)> = Some((join.time, join.stream));
        self.encoder.append(&Line { offset: join.offset, text, source });
    }

    /// The request, and the last place in the region from which a restart gives the same records.
    pub(crate) fn finish(self) -> (Encoded, Option<u64>) {
        (self.encoder.finish(), self.clean)
    }
}

/// The length without a character that the cut left incomplete.
fn whole_chars(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}

/// The largest length up to `len` that does not end within a character, for bytes that are UTF-8.
fn floor_char_boundary(bytes: &[u8], len: usize) -> usize {
    let is_boundary = |at: &usize| bytes.get(*at).is_none_or(|&byte| byte & 0xc0 != 0x80);
    (len.saturating_sub(3)..=len).rev().find(is_boundary).unwrap_or(len)
}
