//! What can go wrong.

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use weir_checkpoint::ReplaceError;
use weir_model::Signal;

/// Why the spool could not be opened or a cursor not be kept. Damaged data is never among it: it is skipped and
/// counted.
#[derive(Debug, Error)]
pub enum SpoolError {
    /// A folder or file could not be created, listed, read, written, synced or removed.
    #[error("{step} {path}")]
    Io {
        /// What was attempted, as a verb.
        step: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A cursor could not be saved.
    #[error("save the cursor {path}")]
    SaveCursor {
        /// The cursor.
        path: PathBuf,
        /// The step that failed.
        source: ReplaceError,
    },
    /// A thread could not be started.
    #[error("start a thread")]
    Thread(#[source] io::Error),
    /// Another process has the folder open.
    #[error("{path} is in use by another process")]
    Locked {
        /// The lock file.
        path: PathBuf,
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
    /// The exporter already reads this signal.
    #[error("exporter {exporter} already reads {signal}")]
    AlreadySubscribed {
        /// What is read.
        signal: Signal,
        /// By whom.
        exporter: String,
    },
}

/// Why a batch was not appended. Its records stay pending; the caller decides.
#[derive(Debug, Error)]
pub enum AppendError {
    /// `bytes_max` is reached.
    #[error("the spool is full")]
    Full,
    /// The file system has no room.
    #[error("the disk is full")]
    DiskFull(#[source] io::Error),
    /// Writing failed otherwise.
    #[error("{step} {path}")]
    Io {
        /// What was attempted, as a verb.
        step: &'static str,
        /// The segment.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The batch can never fit.
    #[error("a batch of {bytes} bytes is larger than the {bytes_max} that a frame may hold")]
    TooLarge {
        /// Bytes of the payload.
        bytes: u64,
        /// The limit.
        bytes_max: u64,
    },
    /// The spool is closing.
    #[error("the spool is closed")]
    Closed,
}
