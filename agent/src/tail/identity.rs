//! Which file is which.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{SystemTime, UNIX_EPOCH};

use xxhash_rust::xxh3::xxh3_128;

/// A device and an inode number: what a file is while it exists. The number is used again afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Inode {
    pub(crate) dev: u64,
    pub(crate) ino: u64,
}

/// What the system says about a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stat {
    pub(crate) inode: Inode,
    /// Nanoseconds since 1970, where the file system keeps it.
    pub(crate) birth: Option<u64>,
    pub(crate) modified_seconds: u32,
    pub(crate) size: u64,
    pub(crate) links: u64,
}

impl From<&Metadata> for Stat {
    fn from(metadata: &Metadata) -> Self {
        Self {
            inode: Inode { dev: metadata.dev(), ino: metadata.ino() },
            birth: metadata.created().ok().and_then(nanos),
            modified_seconds: u32::try_from(metadata.mtime()).unwrap_or(0),
            size: metadata.size(),
            links: metadata.nlink(),
        }
    }
}

fn nanos(time: SystemTime) -> Option<u64> {
    u64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok()
}

/// What a file was when it was seen first, and how often its content began anew since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) inode: Inode,
    pub(crate) birth: Option<u64>,
    /// Seconds of the birth, or of the last change before the file was seen first.
    pub(crate) seconds: u32,
    /// 0 at first; one more each time the content was cut off or replaced.
    pub(crate) generation: u32,
}

impl Origin {
    pub(crate) fn new(stat: &Stat) -> Self {
        let seconds = stat.birth.map(|nanos| u32::try_from(nanos / 1_000_000_000).unwrap_or(u32::MAX));
        Self {
            inode: stat.inode,
            birth: stat.birth,
            seconds: seconds.unwrap_or(stat.modified_seconds),
            generation: 0,
        }
    }

    /// The content begins anew.
    pub(crate) fn next_generation(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }

    /// False when `stat` shows that the inode number was given to another file.
    pub(crate) fn may_be(&self, stat: &Stat) -> bool {
        match (self.birth, stat.birth) {
            (Some(before), Some(now)) => before == now,
            _ => true,
        }
    }
}

/// Names a generation of a file for ever: the same bytes of the same file get the same id again after a crash, without
/// anything having been saved.
///
/// 4 bytes of birth time, so that ids are ordered by it, and 12 bytes of a hash over device, inode, birth, generation
/// and first line. The first line is there for a file that was truncated more often than the saved generation tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FileId(pub(crate) [u8; 16]);

impl FileId {
    /// `head` is the content's first line, or as much of it as [`head_of`] takes.
    pub(crate) fn new(origin: &Origin, head: &[u8]) -> Self {
        let mut hashed = Vec::with_capacity(32 + head.len());
        hashed.extend_from_slice(&origin.inode.dev.to_le_bytes());
        hashed.extend_from_slice(&origin.inode.ino.to_le_bytes());
        hashed.extend_from_slice(&origin.birth.unwrap_or(0).to_le_bytes());
        hashed.extend_from_slice(&origin.generation.to_le_bytes());
        hashed.extend_from_slice(head);
        let mut id = [0; 16];
        id[..4].copy_from_slice(&origin.seconds.to_be_bytes());
        id[4..].copy_from_slice(&xxh3_128(&hashed).to_be_bytes()[4..]);
        Self(id)
    }

    /// 32 hexadecimal digits.
    pub(crate) fn hex(self) -> String {
        self.0.iter().fold(String::with_capacity(32), |mut text, byte| {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
            text
        })
    }
}

/// The first line within `start`, the file's first bytes, or all of them.
pub(crate) fn head_of(start: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'\n', start).unwrap_or(start.len());
    &start[..end]
}

#[cfg(test)]
mod tests;
