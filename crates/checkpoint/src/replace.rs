//! Replacing and reading one file.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::envelope::{Opened, open, seal};
use crate::{Damage, Format};

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
        /// The bytes that were saved.
        body: Vec<u8>,
    },
    /// The file breaks the format's rules. The caller starts over and counts it.
    Damaged(Damage),
}

/// Why a file could not be saved: the step that failed. The old content is still there.
#[derive(Debug, Error)]
pub enum ReplaceError {
    /// Writing the temporary file, or overwriting the recent one.
    #[error("write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Syncing the temporary file.
    #[error("sync {path}")]
    Sync {
        /// The temporary file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Renaming the temporary file.
    #[error("rename to {path}")]
    Rename {
        /// The file to be replaced.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Syncing the directory. The new content is in place, but may not survive the loss of power.
    #[error("sync directory {path}")]
    SyncDirectory {
        /// The directory.
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
        "{path} has format version {found}, this program reads up to {supported}: \
         run the newer program, or move the file away"
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
///
/// The temporary file is `path` with `.tmp` appended; two calls for one path must not overlap.
pub fn replace(path: &Path, format: Format, body: &[u8], durability: Durability) -> Result<(), ReplaceError> {
    let mut sealed = Vec::new();
    seal(format, 0, body, &mut sealed);
    replace_sealed(path, &sealed, durability)
}

/// Reads what the last [`replace`] left at `path`.
pub fn read(path: &Path, format: Format) -> Result<Loaded, ReadError> {
    match read_opened(path, format)? {
        None => Ok(Loaded::Missing),
        Some(Opened::Intact(envelope)) => {
            Ok(Loaded::Content { version: envelope.version, body: envelope.body })
        }
        Some(Opened::Damaged(damage)) => Ok(Loaded::Damaged(damage)),
        Some(Opened::NewerVersion(found)) => {
            Err(ReadError::NewerVersion { path: path.to_owned(), found, supported: format.version })
        }
    }
}

pub(crate) fn read_opened(path: &Path, format: Format) -> Result<Option<Opened>, ReadError> {
    match fs::read(path) {
        Ok(file) => Ok(Some(open(format, &file))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ReadError::Read { path: path.to_owned(), source }),
    }
}

pub(crate) fn replace_sealed(path: &Path, sealed: &[u8], durability: Durability) -> Result<(), ReplaceError> {
    let temporary = with_suffix(path, ".tmp");
    let failed_write = |source| ReplaceError::Write { path: temporary.clone(), source };
    let mut file = File::create(&temporary).map_err(failed_write)?;
    file.write_all(sealed).map_err(failed_write)?;
    if durability == Durability::PowerLoss {
        file.sync_all().map_err(|source| ReplaceError::Sync { path: temporary.clone(), source })?;
    }
    fs::rename(&temporary, path).map_err(|source| ReplaceError::Rename { path: path.to_owned(), source })?;
    match durability {
        Durability::ProcessCrash => Ok(()),
        Durability::PowerLoss => sync_directory_of(path),
    }
}

pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn sync_directory_of(path: &Path) -> Result<(), ReplaceError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(|source| ReplaceError::SyncDirectory { path: directory.to_owned(), source })
}
