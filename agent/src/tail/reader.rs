//! Reading one file, a buffer at a time.
//!
//! Nothing of the file is kept between reads but the parts of unfinished joins: a line whose newline is not there yet
//! is read again when it is.

mod content;
mod lines;
mod next;
mod open;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use weir_config::LineFormat;

use content::Content;
use lines::Lines;
use next::Next;
pub(crate) use open::Opening;

use crate::tail::cri::Joins;
use crate::tail::digest::Digest;
use crate::tail::encode::{Encoded, Encoder, Style};
use crate::tail::entry::Entry;
use crate::tail::identity::{FileId, Origin, head_of};
use crate::tail::mark::Mark;
use crate::tail::saved::SavedFile;

/// Bytes of one read, unless a line is longer.
pub(crate) const READ_BYTES: usize = 256 * 1024;
/// A file being read.
///
/// Invariant: `clean.offset <= offset <= scanned`; there is no newline in `offset..scanned`.
#[derive(Debug)]
pub(crate) struct Reader {
    content: Content,
    origin: Origin,
    id: Option<FileId>,
    /// Where the next line begins.
    offset: u64,
    scanned: u64,
    /// Within a line that was cut.
    skipping: bool,
    /// The bytes before `offset`.
    window: Digest,
    /// Where a restart would begin.
    clean: Mark,
    joins: Joins,
    lines_read: u64,
    bytes_read: u64,
}

/// How and for whom a file is read; may change from read to read.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) entry: Arc<Entry>,
    pub(crate) style: Arc<Style>,
    /// Under which the file was found.
    pub(crate) path: Arc<PathBuf>,
    pub(crate) format: LineFormat,
    /// The file is complete: its last line needs no newline, and joins end.
    pub(crate) is_last: bool,
}

/// What one read came to.
#[derive(Debug)]
pub(crate) enum Step {
    /// There was something to read.
    Read(Read),
    /// There is nothing more at the moment.
    CaughtUp,
    /// The content began anew; `unread` bytes of the old one are lost, as far as known.
    Renewed { unread: u64 },
    /// The content is compressed and will not be read.
    Compressed,
}

/// One read's result.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) encoded: Encoded,
    /// Where a restart may begin once the records are safe.
    pub(crate) mark: Mark,
    /// Bytes that were dealt with.
    pub(crate) bytes: u64,
    pub(crate) lines_cut: u64,
    pub(crate) lines_invalid_utf8: u64,
    pub(crate) partials_joined: u64,
    pub(crate) nul_bytes: u64,
}

impl Reader {
    /// Reads on. `buffer` is used as it is and may grow.
    pub(crate) fn step(&mut self, job: &Job, buffer: &mut Vec<u8>) -> io::Result<Step> {
        let size_before = self.content.size();
        if self.content.look()? < self.scanned {
            return Ok(self.renew(size_before));
        }
        let next = self.next(job, buffer)?;
        // Looked at after reading: what was read before a truncation is then known to be the old content.
        if !self.content.is_same(self.offset, self.window)? {
            return Ok(self.renew(size_before));
        }
        if self.offset == 0 && self.content.is_compressed()? {
            return Ok(Step::Compressed);
        }
        self.act(next, job, buffer)
    }

    fn act(&mut self, next: Next, job: &Job, buffer: &[u8]) -> io::Result<Step> {
        let before = self.offset;
        let mut read = Read::default();
        // Taken from the very bytes that are made into records: a checkpoint with this prefix means this content.
        if let (0, Next::Lines(len) | Next::TooLong(len) | Next::Rest(len)) = (before, &next) {
            self.content.begin(&buffer[..*len]);
        }
        match next {
            Next::Lines(len) => self.take_lines(job, &buffer[..len], &mut read)?,
            Next::TooLong(len) => self.take_start(job, &buffer[..len], &mut read)?,
            Next::Nuls(end) => {
                read.nul_bytes = end - self.offset;
                self.move_to(end)?;
            }
            Next::Skipped(end) => self.move_to(end)?,
            Next::Rest(len) => self.take_rest(job, &buffer[..len], &mut read)?,
            Next::Nothing => return Ok(Step::CaughtUp),
        }
        read.bytes = self.offset - before;
        if read.bytes == 0 && read.encoded == Encoded::default() {
            return Ok(Step::CaughtUp);
        }
        read.mark = self.clean;
        self.lines_read += u64::from(read.encoded.records) + read.encoded.sampled;
        self.bytes_read += read.bytes;
        Ok(Step::Read(read))
    }

    fn take_lines(&mut self, job: &Job, region: &[u8], read: &mut Read) -> io::Result<()> {
        let mut lines = self.lines(job, region)?;
        lines.take(region, read);
        let (encoded, clean) = lines.finish();
        read.encoded = encoded;
        let end = self.offset + region.len() as u64;
        let window = self.content.window(end, region)?;
        if let Some(offset) = clean {
            let before = &region[..(offset - self.offset) as usize];
            let window = if offset == end { window } else { self.content.window(offset, before)? };
            self.clean = Mark { offset, window, skipping: false };
        }
        (self.offset, self.window, self.skipping) = (end, window, false);
        self.scanned = self.scanned.max(end);
        Ok(())
    }

    /// Takes the first bytes of a line that is too long and skips the rest.
    fn take_start(&mut self, job: &Job, start: &[u8], read: &mut Read) -> io::Result<()> {
        self.take_one(job, start, read)?;
        self.skipping = true;
        self.move_to(self.scanned)
    }

    /// Takes a last line without newline, and the joins as they are.
    fn take_rest(&mut self, job: &Job, rest: &[u8], read: &mut Read) -> io::Result<()> {
        let is_line = !self.skipping && rest.iter().any(|&byte| byte != 0);
        if !is_line && self.joins.is_empty() {
            return Ok(());
        }
        let rest = if is_line { rest } else { &[] };
        self.take_one(job, rest, read)?;
        self.move_to(self.offset + rest.len() as u64)
    }

    /// Takes `text`, a line without its newline if there is one, and ends the joins if the file is complete.
    fn take_one(&mut self, job: &Job, text: &[u8], read: &mut Read) -> io::Result<()> {
        let mut lines = self.lines(job, text)?;
        if !text.is_empty() {
            lines.take_line(text, 0..text.len(), read);
        }
        if job.is_last {
            lines.end_joins(read);
        }
        (read.encoded, _) = lines.finish();
        Ok(())
    }

    fn lines<'a>(&'a mut self, job: &'a Job, region: &[u8]) -> io::Result<Lines<'a>> {
        let header = job.style.header(&job.entry, &job.path, self.file_id()?);
        let guess = region.len() / (self.line_bytes_mean().max(16) as usize);
        let encoder = Encoder::new(&job.style, &header, job.format, region.len(), guess);
        let place = (self.offset, self.clean.offset);
        let bytes_max = job.entry.line_bytes_max();
        Ok(Lines::new(encoder, &mut self.joins, place, self.skipping, job.format, bytes_max))
    }

    /// Moves on over bytes that make no records of their own.
    fn move_to(&mut self, offset: u64) -> io::Result<()> {
        self.offset = offset;
        self.scanned = self.scanned.max(offset);
        self.window = self.content.window(offset, &[])?;
        if self.joins.is_empty() {
            self.clean = Mark { offset, window: self.window, skipping: self.skipping };
        }
        Ok(())
    }

    fn renew(&mut self, size_before: u64) -> Step {
        let unread = size_before.saturating_sub(self.clean.offset);
        self.origin.next_generation();
        self.id = None;
        self.content.forget();
        (self.offset, self.scanned, self.skipping) = (0, 0, false);
        (self.window, self.clean) = (Digest::default(), Mark::default());
        self.joins = Joins::default();
        Step::Renewed { unread }
    }

    /// The first line is complete when the first record is made, so the id is the same after a restart.
    fn file_id(&mut self) -> io::Result<FileId> {
        if let Some(id) = self.id {
            return Ok(id);
        }
        let id = FileId::new(&self.origin, head_of(&self.content.start()?));
        self.id = Some(id);
        Ok(id)
    }

    /// Bytes that were not read yet when the file was looked at last.
    pub(crate) fn bytes_unread(&self) -> u64 {
        self.content.size().saturating_sub(self.offset)
    }

    pub(crate) fn links(&self) -> u64 {
        self.content.links()
    }

    pub(crate) fn size(&self) -> u64 {
        self.content.size()
    }

    pub(crate) fn file(&self) -> &File {
        self.content.file()
    }

    /// True when everything that was there at the last look has been read.
    pub(crate) fn is_at_end(&self, job: &Job) -> bool {
        self.content.size() == self.scanned && !self.is_too_long(job)
    }

    /// Asks for size and links again, without reading.
    pub(crate) fn look(&mut self) -> io::Result<()> {
        self.content.look().map(drop)
    }

    /// True when the file has grown or was replaced since it was looked at.
    pub(crate) fn has_changed(&mut self) -> io::Result<bool> {
        let before = self.content.size();
        Ok(self.content.look()? != before || !self.content.is_same(self.offset, self.window)?)
    }

    fn line_bytes_mean(&self) -> u32 {
        u32::try_from(self.bytes_read / self.lines_read.max(1)).unwrap_or(u32::MAX)
    }

    /// What the checkpoint keeps of the file, with the mark that a restart would begin at.
    pub(crate) fn saved(&self, path: &Path, entry: &Entry) -> SavedFile {
        SavedFile {
            path: path.to_owned(),
            entry: entry.config.name.clone(),
            origin: self.origin,
            id: self.id,
            prefix: self.content.prefix(),
            mark: self.clean,
            size: self.content.size(),
            line_bytes_mean: self.line_bytes_mean(),
            open: true,
        }
    }
}

#[cfg(test)]
mod tests;
