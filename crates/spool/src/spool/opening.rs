//! Opening the folders of a spool.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use parking_lot::Mutex;
use rustix::fs::{FlockOperation, flock};
use tokio::sync::watch;
use weir_ledger::Ledger;
use weir_model::Signal;

use crate::bell::Bell;
use crate::log::{Log, LogState};
use crate::queue::Queue;
use crate::quota::Quota;
use crate::recent::Recent;
use crate::recovery::{create_folder, failed, recover};
use crate::shared::Shared;
use crate::storage::Storage;
use crate::{Position, SpoolError, SpoolSettings};

/// Locks the spool's folder and opens the logs in it. The lock lasts as long as the returned file.
pub(crate) fn open(
    storage: Arc<dyn Storage>,
    settings: SpoolSettings,
    ledger: Ledger,
) -> Result<(Shared, File), SpoolError> {
    create_folder(&*storage, &settings.path)?;
    let lock = lock_folder(&settings.path)?;
    let quota = Quota::new(settings.bytes_max);
    let open = |signal| open_log(&*storage, &settings, signal, &ledger, &quota).map(Arc::new);
    let [metrics, logs, traces] = Signal::ALL;
    let logs = [open(metrics)?, open(logs)?, open(traces)?];
    let shared = Shared {
        queues: Signal::ALL.map(|_| Queue::new(settings.in_flight_bytes_max)),
        settings,
        storage,
        logs,
        quota,
        keeper: Bell::default(),
        syncer: Bell::default(),
        disk_full: AtomicBool::new(false),
        sync_failures: AtomicU64::new(0),
        failure_logged: Mutex::new(None),
    };
    Ok((shared, lock))
}

fn lock_folder(folder: &Path) -> Result<File, SpoolError> {
    let path = folder.join("lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(|source| failed("open", &path, source))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(SpoolError::Locked { path }),
        Err(error) => Err(failed("lock", &path, error.into())),
    }
}

fn open_log(
    storage: &dyn Storage,
    settings: &SpoolSettings,
    signal: Signal,
    ledger: &Ledger,
    quota: &Quota,
) -> Result<Log, SpoolError> {
    let folder = settings.path.join(signal.as_str());
    let cursor_folder = settings.path.join("cursors").join(signal.as_str());
    let recovered = recover(storage, signal, &folder, &cursor_folder)?;
    if !recovered.subscribers.is_empty() {
        quota.open(signal);
    }
    quota.force(signal, recovered.segments.iter().map(|segment| segment.bytes()).sum());
    let oldest = recovered.segments.front().map_or(recovered.end, |segment| segment.start);
    Ok(Log {
        signal,
        folder,
        cursor_folder,
        ledger: ledger.clone(),
        synced: watch::Sender::new(Position(oldest.position)),
        state: Mutex::new(LogState {
            end: recovered.end,
            segments: recovered.segments,
            writing: false,
            folder_dirty: true,
            recent: Recent::new(settings.memory_bytes_max),
            subscribers: recovered.subscribers,
            damage: recovered.damage,
            torn_bytes: recovered.torn_bytes,
        }),
    })
}
