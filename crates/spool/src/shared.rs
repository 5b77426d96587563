//! What the handles and threads of a spool share.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tracing::{error, info, warn};
use weir_model::Signal;

use crate::SpoolSettings;
use crate::bell::Bell;
use crate::frame::{HEADER_BYTES, PAYLOAD_BYTES_MAX};
use crate::log::Log;
use crate::queue::Queue;
use crate::quota::Quota;
use crate::storage::Storage;

/// At most one line about failures in this time.
const FAILURE_LOG_INTERVAL: Duration = Duration::from_secs(10);

/// What the handles and threads of a spool share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: SpoolSettings,
    pub(crate) storage: Arc<dyn Storage>,
    /// One per signal.
    pub(crate) logs: [Arc<Log>; 3],
    /// The ways to the writers, one per signal.
    pub(crate) queues: [Queue; 3],
    pub(crate) quota: Quota,
    /// Rung when a cursor is to be written.
    pub(crate) keeper: Bell,
    /// Rung when room is wanted.
    pub(crate) syncer: Bell,
    pub(crate) disk_full: AtomicBool,
    pub(crate) sync_failures: AtomicU64,
    pub(crate) failure_logged: Mutex<Option<Instant>>,
}

impl Shared {
    pub(crate) fn log(&self, signal: Signal) -> &Arc<Log> {
        &self.logs[signal.index()]
    }

    pub(crate) fn queue(&self, signal: Signal) -> &Queue {
        &self.queues[signal.index()]
    }

    /// Bytes after which a segment is full.
    pub(crate) fn segment_bytes_max(&self) -> u64 {
        self.settings.segment_bytes_max.min(self.settings.bytes_max / 32)
    }

    /// Bytes that a payload may have at most.
    pub(crate) fn payload_bytes_max(&self) -> u64 {
        PAYLOAD_BYTES_MAX.min((self.settings.bytes_max / 8).saturating_sub(HEADER_BYTES as u64))
    }

    /// Notes whether the file system has room. Logs the change.
    pub(crate) fn set_disk_full(&self, is_full: bool) {
        if self.disk_full.load(Ordering::Relaxed) == is_full {
            return;
        }
        if !self.disk_full.swap(is_full, Ordering::Relaxed) && is_full {
            error!(path = %self.settings.path.display(), "disk full, nothing is accepted until there is room");
        } else {
            info!(path = %self.settings.path.display(), "the disk has room again");
        }
    }

    /// Counts a failure to sync, save or remove a file, which is tried again, and logs it unless one was logged just
    /// now.
    pub(crate) fn note_failure(&self, step: &'static str, path: PathBuf, error: &(dyn Error + 'static)) {
        let failures = self.sync_failures.fetch_add(1, Ordering::Relaxed) + 1;
        let mut logged = self.failure_logged.lock();
        if logged.is_none_or(|at| at.elapsed() >= FAILURE_LOG_INTERVAL) {
            *logged = Some(Instant::now());
            warn!(step, path = %path.display(), error, failures, "spool maintenance failed, trying again");
        }
    }
}

/// The same error once more, for another caller.
pub(crate) fn same_error(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}
