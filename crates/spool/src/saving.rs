//! Syncing segments and saving cursors.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use weir_model::UnixNanos;

use crate::SpoolError;
use crate::log::Log;
use crate::retention;
use crate::segment::Segment;
use crate::shared::Shared;
use crate::storage::SegmentFile;
use crate::subscriber::{CursorFile, Subscriber};

/// One round of everything that is done each second. Failures are counted, logged and tried again by the next one;
/// the first is returned.
pub(crate) fn maintain(shared: &Shared, now: UnixNanos) -> Result<(), SpoolError> {
    let age_max = u64::try_from(shared.settings.age_max.as_nanos()).unwrap_or(u64::MAX);
    let cutoff = UnixNanos(now.0.saturating_sub(age_max));
    let mut first_failure = Ok(());
    for log in &shared.logs {
        let synced = sync_segments(shared, log);
        retention::expire(shared, log, cutoff);
        let saved = sync_cursors(shared, log);
        retention::remove_settled(shared, log, cutoff);
        retention::refresh_ages(shared, log);
        first_failure = first_failure.and(synced).and(saved);
    }
    first_failure
}

/// A segment with frames that were not synced.
struct Unsynced {
    start: u64,
    from: u64,
    to: u64,
    file: Option<Arc<dyn SegmentFile>>,
    path: PathBuf,
}

/// Makes everything appended so far survive the loss of power.
pub(crate) fn sync_segments(shared: &Shared, log: &Log) -> Result<(), SpoolError> {
    let (unsynced, folder_dirty) = {
        let mut state = log.state.lock();
        let unsynced: Vec<Unsynced> = state
            .segments
            .iter()
            .filter(|segment| segment.synced_to < segment.data_end)
            .map(|segment| Unsynced {
                start: segment.start.position,
                from: segment.synced_to,
                to: segment.data_end,
                file: segment.file.clone(),
                path: segment.path.clone(),
            })
            .collect();
        (unsynced, std::mem::take(&mut state.folder_dirty))
    };
    if folder_dirty && let Err(source) = shared.storage.sync_folder(&log.folder) {
        log.state.lock().folder_dirty = true;
        return Err(failed(shared, "sync", &log.folder, source));
    }
    let result = unsynced.iter().try_for_each(|segment| sync_segment(shared, log, segment));
    let mut state = log.state.lock();
    state.close_synced_segments();
    log.publish_synced(&state);
    result
}

fn sync_segment(shared: &Shared, log: &Log, unsynced: &Unsynced) -> Result<(), SpoolError> {
    let synced = match &unsynced.file {
        Some(file) => file.sync().map(|()| forget_pages(&**file, unsynced)),
        None => shared.storage.open(&unsynced.path).and_then(|file| {
            file.sync()?;
            forget_pages(&*file, unsynced);
            Ok(())
        }),
    };
    let mut state = log.state.lock();
    let segment = state.segments.iter_mut().find(|segment| segment.start.position == unsynced.start);
    match (synced, segment) {
        // Removed in the meantime: nobody needs it any more.
        (_, None) => Ok(()),
        (Ok(()), Some(segment)) => {
            segment.synced_to = segment.synced_to.max(unsynced.to);
            Ok(())
        }
        (Err(source), Some(_)) => {
            drop(state);
            Err(failed(shared, "sync", &unsynced.path, source))
        }
    }
}

fn forget_pages(file: &dyn SegmentFile, unsynced: &Unsynced) {
    let offset = |position| Segment::file_offset(unsynced.start, position);
    file.forget_pages(offset(unsynced.from), offset(unsynced.to));
}

fn failed(shared: &Shared, step: &'static str, path: &Path, source: io::Error) -> SpoolError {
    shared.note_failure(step, path.to_owned(), &source);
    SpoolError::Io { step, path: path.to_owned(), source }
}

/// Writes the cursors that changed, against the death of the process.
pub(crate) fn write_cursors(shared: &Shared, log: &Log) {
    for exporter in exporters(log, |subscriber| subscriber.unwritten) {
        write_cursor(shared, log, &exporter);
    }
}

/// Writes one cursor against the death of the process.
pub(crate) fn write_cursor(shared: &Shared, log: &Log, exporter: &str) {
    let Some(file) = cursor_file(log, exporter) else { return };
    let mut file = file.lock();
    let settled = {
        let mut state = log.state.lock();
        let Some(subscriber) = state.subscribers.get_mut(exporter) else { return };
        subscriber.unwritten = false;
        subscriber.cursor.settled()
    };
    if let Err(error) = file.write(&settled) {
        shared.note_failure("save", log.cursor_folder.join(exporter), &error);
        if let Some(subscriber) = log.state.lock().subscribers.get_mut(exporter) {
            subscriber.unwritten = true;
        }
    }
}

/// Saves the cursors that changed, against the loss of power.
pub(crate) fn sync_cursors(shared: &Shared, log: &Log) -> Result<(), SpoolError> {
    let mut result = Ok(());
    for exporter in exporters(log, |subscriber| subscriber.unsynced) {
        result = result.and(sync_cursor(shared, log, &exporter));
    }
    result
}

/// Saves one cursor against the loss of power.
pub(crate) fn sync_cursor(shared: &Shared, log: &Log, exporter: &str) -> Result<(), SpoolError> {
    let Some(file) = cursor_file(log, exporter) else { return Ok(()) };
    let mut file = file.lock();
    let settled = {
        let mut state = log.state.lock();
        let Some(subscriber) = state.subscribers.get_mut(exporter) else { return Ok(()) };
        subscriber.unwritten = false;
        subscriber.unsynced = false;
        subscriber.cursor.settled()
    };
    let saved = file.sync(&settled);
    let mut state = log.state.lock();
    let Some(subscriber) = state.subscribers.get_mut(exporter) else { return Ok(()) };
    match saved {
        Ok(()) => {
            subscriber.synced = settled;
            Ok(())
        }
        Err(error) => {
            subscriber.unwritten = true;
            subscriber.unsynced = true;
            drop(state);
            let path = log.cursor_folder.join(exporter);
            shared.note_failure("save", path.clone(), &error);
            Err(SpoolError::SaveCursor { path, source: error })
        }
    }
}

fn exporters(log: &Log, is_wanted: impl Fn(&Subscriber) -> bool) -> Vec<Box<str>> {
    let state = log.state.lock();
    let wanted = state.subscribers.iter().filter(|(_, subscriber)| is_wanted(subscriber));
    wanted.map(|(exporter, _)| exporter.clone()).collect()
}

fn cursor_file(log: &Log, exporter: &str) -> Option<Arc<Mutex<CursorFile>>> {
    log.state.lock().subscribers.get(exporter).map(|subscriber| Arc::clone(&subscriber.file))
}
