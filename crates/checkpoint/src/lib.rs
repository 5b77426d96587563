//! Replaces a small file so that a crash leaves the old or the new content, never a mixture.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// What a file claims to be: its first eight bytes and the newest version that this program understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// The file's first bytes.
    pub magic: [u8; 8],
    /// Written into new files; files of a higher version are refused.
    pub version: u32,
}

/// What the content must survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The death of the process: temporary file and rename, no sync.
    ProcessCrash,
    /// The loss of power: the file and its directory are synced.
    PowerLoss,
}

/// What was found where a checkpoint should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// No file.
    Missing,
    /// The content, with the version that wrote it.
    Content {
        /// At most [`Format::version`].
        version: u32,
        /// The bytes given to [`replace`].
        body: Vec<u8>,
    },
    /// The file breaks the format's rules. The caller starts over and counts it.
    Damaged(Damage),
}

/// How a file breaks the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Damage {
    /// Shorter than its header, or than the length that its header tells.
    #[error("the file is shorter than it says")]
    Short,
    /// Another kind of file.
    #[error("the file starts with other bytes")]
    Magic,
    /// The checksum does not match.
    #[error("the checksum does not match")]
    Checksum,
}

/// Why a file could not be replaced. The old content is still there.
#[derive(Debug, Error)]
pub enum ReplaceError {
    /// Writing the temporary file failed.
    #[error("write {path}")]
    Write {
        /// The temporary file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

/// Why a file could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// Reading failed.
    #[error("read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A newer program wrote the file.
    #[error(
        "{path} has version {found}, this program reads up to {supported}: run the newer program, or move the file away"
    )]
    NewerVersion {
        /// The file.
        path: PathBuf,
        /// The file's version.
        found: u32,
        /// The newest known version.
        supported: u32,
    },
}

/// Replaces the file at `path`, whose directory must exist, by one that holds `body`.
pub fn replace(path: &Path, format: Format, body: &[u8], durability: Durability) -> Result<(), ReplaceError> {
    let _ = (path, format, body, durability);
    panic!("not built yet")
}

/// Reads what the last [`replace`] left at `path`.
pub fn read(path: &Path, format: Format) -> Result<Loaded, ReadError> {
    let _ = (path, format);
    panic!("not built yet")
}
