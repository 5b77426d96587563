//! What is kept of a file between its openings.

use std::path::PathBuf;

use crate::tail::digest::Digest;
use crate::tail::identity::{FileId, Inode, Origin, Stat};
use crate::tail::mark::Mark;

/// A file as the checkpoint knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SavedFile {
    /// Under which it was found.
    pub(crate) path: PathBuf,
    /// The entry that it was read for.
    pub(crate) entry: String,
    pub(crate) origin: Origin,
    /// Unset as long as no record was made.
    pub(crate) id: Option<FileId>,
    /// The content's first bytes.
    pub(crate) prefix: Digest,
    /// Where reading begins again.
    pub(crate) mark: Mark,
    /// The file's size when it was looked at last.
    pub(crate) size: u64,
    /// Mean bytes of a line so far; 0 when unknown.
    pub(crate) line_bytes_mean: u32,
    /// False when it was read to its end and closed.
    pub(crate) open: bool,
}

impl SavedFile {
    pub(crate) fn inode(&self) -> Inode {
        self.origin.inode
    }

    /// True when `stat` may be this file under another device number, as after a reboot.
    pub(crate) fn moved_device(&self, stat: &Stat) -> bool {
        self.origin.inode.ino == stat.inode.ino
            && self.origin.birth.is_some()
            && self.origin.birth == stat.birth
    }

    pub(crate) fn bytes_unread(&self) -> u64 {
        self.size.saturating_sub(self.mark.offset)
    }

    /// How many lines `bytes` of this file are, at least one.
    pub(crate) fn lines_in(&self, bytes: u64) -> u64 {
        if bytes == 0 {
            0
        } else {
            (bytes / u64::from(self.line_bytes_mean.max(1))).clamp(1, bytes.div_ceil(64))
        }
    }
}
