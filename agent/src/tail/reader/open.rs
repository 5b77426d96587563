//! Opening a file: new, known, or known under what is another file or content now.

use std::fs::File;
use std::io;

use weir_config::StartAt;

use super::content::Content;
use super::{READ_BYTES, Reader};
use crate::tail::cri::Joins;
use crate::tail::digest::Digest;
use crate::tail::identity::{FileId, Origin, Stat};
use crate::tail::mark::Mark;
use crate::tail::saved::SavedFile;

/// How far before a file's end its last newline is looked for.
const LAST_NEWLINE_BYTES: u64 = 1 << 20;

/// How an opened file relates to what was known of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Never seen.
    New,
    /// Reading goes on.
    Resumed,
    /// The same file, but its content began anew.
    Renewed {
        /// Bytes of the old content that were not read, as far as known.
        unread: u64,
    },
    /// Another file has the inode number now.
    Replaced {
        /// What is gone.
        gone: SavedFile,
    },
}

impl Opening {
    /// For the log.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Resumed => "resumed",
            Self::Renewed { .. } => "truncated",
            Self::Replaced { .. } => "replaced",
        }
    }
}

impl Reader {
    /// Opens `file`; `saved` is what is known under its inode number.
    pub(crate) fn open(
        file: File,
        stat: &Stat,
        saved: Option<SavedFile>,
        start_at: StartAt,
    ) -> io::Result<(Self, Opening)> {
        let Some(saved) = saved else {
            return Self::open_new(file, stat, start_at).map(|reader| (reader, Opening::New));
        };
        if !saved.origin.may_be(stat) {
            let reader = Self::open_new(file, stat, StartAt::Beginning)?;
            return Ok((reader, Opening::Replaced { gone: saved }));
        }
        let content = Content::new(file, stat, saved.prefix);
        if holds(&content, &saved)? {
            // Without a prefix nothing proves that the content is the one that the id was made for.
            let id = saved.id.filter(|_| saved.prefix.len() > 0);
            return Ok((Self::at(content, saved.origin, id, saved.mark), Opening::Resumed));
        }
        let mut origin = saved.origin;
        origin.next_generation();
        let mut content = content;
        content.forget();
        let opening = Opening::Renewed { unread: saved.bytes_unread() };
        Ok((Self::at(content, origin, None, Mark::default()), opening))
    }

    fn open_new(file: File, stat: &Stat, start_at: StartAt) -> io::Result<Self> {
        let content = Content::new(file, stat, Digest::default());
        let mark = match start_at {
            StartAt::Beginning => Mark::default(),
            StartAt::End => end_of(&content)?,
        };
        Ok(Self::at(content, Origin::new(stat), None, mark))
    }

    fn at(content: Content, origin: Origin, id: Option<FileId>, mark: Mark) -> Self {
        Self {
            content,
            origin,
            id,
            offset: mark.offset,
            scanned: mark.offset,
            skipping: mark.skipping,
            window: mark.window,
            clean: mark,
            joins: Joins::default(),
            lines_read: 0,
            bytes_read: 0,
        }
    }
}

/// True when the content up to the mark is the one that was read.
fn holds(content: &Content, saved: &SavedFile) -> io::Result<bool> {
    Ok(content.size() >= saved.mark.offset
        && saved.prefix.starts(&content.start()?)
        && content.window(saved.mark.offset, &[])? == saved.mark.window)
}

/// After the last complete line. A line whose beginning is further away is skipped as a whole.
fn end_of(content: &Content) -> io::Result<Mark> {
    let size = content.size();
    let mut buffer = Vec::new();
    let mut end = size;
    while end > size.saturating_sub(LAST_NEWLINE_BYTES) {
        let start = end.saturating_sub(READ_BYTES as u64);
        let read = content.read(&mut buffer, start, (end - start) as usize)?;
        if let Some(at) = memchr::memrchr(b'\n', &buffer[..read]) {
            let offset = start + at as u64 + 1;
            return Ok(Mark { offset, window: content.window(offset, &[])?, skipping: false });
        }
        end = start;
    }
    let offset = if end == 0 { 0 } else { size };
    Ok(Mark { offset, window: content.window(offset, &[])?, skipping: offset > 0 })
}
