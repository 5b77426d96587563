//! Finding out what comes next in a file.

use std::io;

use super::{Job, READ_BYTES, Reader};

/// An unfinished line of this length is not read again from its start each time the file grows.
const RESCAN_BYTES: u64 = 64 * 1024;

/// What is to be done next.
pub(super) enum Next {
    /// Complete lines are in the buffer's first bytes.
    Lines(usize),
    /// The line at `offset` is too long and its end is not known; its start is in the buffer's first bytes.
    TooLong(usize),
    /// NULs up to this offset come before a line.
    Nuls(u64),
    /// Bytes of a cut line up to this offset, without its end.
    Skipped(u64),
    /// What is left of a complete file is in the buffer's first bytes.
    Rest(usize),
    Nothing,
}

impl Reader {
    /// Looks for something to take; `scanned` moves on, nothing else changes.
    pub(super) fn next(&mut self, job: &Job, buffer: &mut Vec<u8>) -> io::Result<Next> {
        let mut wanted = READ_BYTES;
        if self.content.size() == self.scanned {
            return self.unfinished(job, buffer);
        }
        if self.scanned - self.offset >= RESCAN_BYTES {
            match self.find_newline(job, buffer)? {
                Some(len) => wanted = wanted.max(len),
                None => return self.unfinished(job, buffer),
            }
        }
        let read = self.content.read(buffer, self.offset, wanted)?;
        if buffer[..read].first() == Some(&0) && !self.skipping {
            return self.nuls(job, buffer, read);
        }
        let Some(at) = memchr::memrchr(b'\n', &buffer[..read]) else {
            if self.skipping && read > 0 {
                return Ok(Next::Skipped(self.offset + read as u64));
            }
            let seen = self.settled(buffer, self.offset, read, wanted)?;
            self.scanned = self.offset + seen as u64;
            return if seen == wanted { self.next(job, buffer) } else { self.unfinished(job, buffer) };
        };
        // What follows a full buffer is read at once, and NULs need a look of their own. Any other rest of a file is
        // not looked at again until it grows.
        let end = at + 1;
        let is_known = read < wanted && buffer[end..read].first() != Some(&0);
        let seen = if is_known { end.max(written(&buffer[..read])) } else { end };
        self.scanned = self.offset + seen as u64;
        Ok(Next::Lines(at + 1))
    }

    /// Goes over an unfinished line from where it was left: to its newline, the file's end or the limit of its length.
    /// Returns the length of the line, newline included.
    fn find_newline(&mut self, job: &Job, buffer: &mut Vec<u8>) -> io::Result<Option<usize>> {
        while !self.is_too_long(job) {
            let read = self.content.read(buffer, self.scanned, READ_BYTES)?;
            if let Some(at) = memchr::memchr(b'\n', &buffer[..read]) {
                return Ok(Some((self.scanned - self.offset) as usize + at + 1));
            }
            let seen = self.settled(buffer, self.scanned, read, READ_BYTES)?;
            self.scanned += seen as u64;
            if seen < READ_BYTES {
                break;
            }
        }
        Ok(None)
    }

    /// How much of what was read at `offset` will not change. NULs at the end may be space that a program has
    /// reserved, unless something follows them.
    fn settled(&self, buffer: &mut Vec<u8>, offset: u64, read: usize, wanted: usize) -> io::Result<usize> {
        let written = written(&buffer[..read]);
        let is_hole = written < read
            && read == wanted
            && self.content.data_after(buffer, offset + read as u64)?.is_some();
        Ok(if is_hole { read } else { written })
    }

    /// The line at `offset` has no newline up to `scanned`.
    fn unfinished(&mut self, job: &Job, buffer: &mut Vec<u8>) -> io::Result<Next> {
        if !self.is_too_long(job) {
            return self.rest(job, buffer);
        }
        let bytes_max = job.entry.line_bytes_max();
        Ok(Next::TooLong(self.content.read(buffer, self.offset, bytes_max + 1)?))
    }

    fn rest(&mut self, job: &Job, buffer: &mut Vec<u8>) -> io::Result<Next> {
        if !job.is_last {
            return Ok(Next::Nothing);
        }
        let wanted =
            (self.content.size().saturating_sub(self.offset) as usize).min(job.entry.line_bytes_max());
        Ok(Next::Rest(self.content.read(buffer, self.offset, wanted)?))
    }

    /// NULs are skipped only once something follows them: a program may have reserved the space it writes to.
    fn nuls(&mut self, job: &Job, buffer: &mut Vec<u8>, read: usize) -> io::Result<Next> {
        self.scanned = self.offset;
        let found = match buffer[..read].iter().position(|&byte| byte != 0) {
            Some(at) => Some(self.offset + at as u64),
            None => self.content.data_after(buffer, self.offset + read as u64)?,
        };
        match found {
            Some(end) => Ok(Next::Nuls(end)),
            None => self.rest(job, buffer),
        }
    }

    /// True when the line at `offset` is too long already, however it goes on.
    pub(super) fn is_too_long(&self, job: &Job) -> bool {
        self.scanned - self.offset > job.entry.line_bytes_max() as u64
    }
}

/// The length without NULs at the end.
fn written(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1)
}
