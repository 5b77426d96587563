//! Numbered files in a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system refuses.
    #[error("{step} {path}: {source}")]
    Io {
        /// What was to be done.
        step: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A newer weir has written it.
    #[error(
        "{path} has version {version}, which this weir does not know; run the newer one, or move the file away"
    )]
    NewerVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
}

impl FileError {
    pub(crate) fn new(step: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { step, path: path.to_owned(), source }
    }

    pub(crate) fn newer(path: &Path, version: u32) -> Self {
        Self::NewerVersion { path: path.to_owned(), version }
    }
}

/// The files whose names are `prefix` and a number, in the order of their numbers.
pub(crate) fn numbered(folder: &Path, prefix: &str) -> Result<Vec<(u64, PathBuf)>, FileError> {
    let failed = |source| FileError::new("list", folder, source);
    let mut files = Vec::new();
    for file in fs::read_dir(folder).map_err(failed)? {
        let path = file.map_err(failed)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(number) = name.strip_prefix(prefix).and_then(|number| number.parse().ok()) {
            files.push((number, path));
        }
    }
    files.sort_unstable();
    Ok(files)
}
