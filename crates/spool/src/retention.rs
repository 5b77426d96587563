//! What is dropped and removed, and when.

use std::path::PathBuf;

use tracing::warn;
use weir_model::{Reason, UnixNanos};

use crate::log::{Log, LogState};
use crate::mark::Mark;
use crate::saving;
use crate::scan::SegmentReader;
use crate::shared::Shared;

/// Frames that one pass expires one by one, per exporter.
const EXPIRED_FRAMES_MAX: usize = 4096;
/// What is read at once where only headers are wanted.
const HEADER_CHUNK_BYTES: usize = 4096;

/// Settles what was received before `cutoff`, for every exporter that still has to take it.
pub(crate) fn expire(shared: &Shared, log: &Log, cutoff: UnixNanos) {
    expire_segments(log, cutoff);
    let exporters: Vec<Box<str>> = log.state.lock().subscribers.keys().cloned().collect();
    let mut headers = HeaderSource::new(shared, log);
    for exporter in &exporters {
        for _ in 0..EXPIRED_FRAMES_MAX {
            if !expire_frame(log, exporter, cutoff, &mut headers) {
                break;
            }
        }
    }
}

/// Expires whole segments: what was appended before a segment was created was received before, too.
fn expire_segments(log: &Log, cutoff: UnixNanos) {
    let mut state = log.state.lock();
    for index in 1..state.segments.len() {
        if state.segments[index].created >= cutoff {
            break;
        }
        let (start, end) = (state.segments[index - 1].start, state.segments[index].start);
        log.drop_for_all(&mut state, start, end, Reason::Expired);
    }
}

/// Expires the first frame that `exporter` still has to take. False when it is young enough.
fn expire_frame(log: &Log, exporter: &str, cutoff: UnixNanos, headers: &mut HeaderSource<'_>) -> bool {
    let first_gap = {
        let mut state = log.state.lock();
        let end = state.end;
        state.subscribers.get_mut(exporter).and_then(|subscriber| subscriber.cursor.first_gap(end))
    };
    let Some((start, gap_end)) = first_gap else { return false };
    let Some((received, end)) = headers.read(start, gap_end) else { return false };
    if received >= cutoff {
        return false;
    }
    let mut state = log.state.lock();
    let Some(subscriber) = state.subscribers.get_mut(exporter) else { return false };
    let records = subscriber.cursor.settle_gaps(start, end);
    subscriber.note_change();
    log.count_dropped(exporter, Reason::Expired, records);
    true
}

/// Removes the segments that every exporter has settled, as far as the synced cursors know; with no exporter, those
/// created before `cutoff`.
pub(crate) fn remove_settled(shared: &Shared, log: &Log, cutoff: UnixNanos) {
    let mut state = log.state.lock();
    let mut index = 0;
    let mut removed = Vec::new();
    while index < state.segments.len() {
        if state.is_written(index) || !is_settled(&state, index, cutoff) {
            index += 1;
        } else if let Some(segment) = state.segments.remove(index) {
            removed.push((segment.path.clone(), segment.bytes()));
        }
    }
    state.folder_dirty |= !removed.is_empty();
    log.publish_synced(&state);
    drop(state);
    for (path, bytes) in removed {
        remove_file(shared, log, path, bytes);
    }
}

fn is_settled(state: &LogState, index: usize, cutoff: UnixNanos) -> bool {
    let start = state.segments[index].start.position;
    let end = state.segments[index].data_end;
    if state.subscribers.is_empty() {
        let is_followed = state.segments.get(index + 1).is_some_and(|next| next.created < cutoff);
        return index == 0 && is_followed;
    }
    state.subscribers.values().all(|subscriber| subscriber.synced.covers(start, end))
}

/// Drops the oldest segments until no more is used than there may be. False when there is none to drop.
pub(crate) fn make_room(shared: &Shared) -> bool {
    while shared.quota.is_over() {
        let oldest = shared
            .logs
            .iter()
            .filter(|log| shared.quota.exceeds_guarantee(log.signal))
            .filter_map(|log| Some((oldest_segment(&log.state.lock())?, log)))
            .min_by_key(|&((created, _), _)| created);
        let Some(((_, start), log)) = oldest else { return false };
        drop_segment(shared, log, start);
    }
    true
}

/// When the first segment was created, and its start, unless it is still written.
fn oldest_segment(state: &LogState) -> Option<(UnixNanos, Mark)> {
    let segment = state.segments.front().filter(|_| !state.is_written(0))?;
    Some((segment.created, segment.start))
}

fn drop_segment(shared: &Shared, log: &Log, start: Mark) {
    let mut state = log.state.lock();
    if state.segments.front().is_none_or(|segment| segment.start != start) {
        return;
    }
    let end = state.end_of_segment(0);
    log.drop_for_all(&mut state, start, end, Reason::SpoolFull);
    let Some(segment) = state.segments.pop_front() else { return };
    state.folder_dirty = true;
    log.publish_synced(&state);
    drop(state);
    warn!(signal = %log.signal, segment = %segment.path.display(), "spool full, dropped the oldest segment");
    // First the cursors: after a crash in between the records count as dropped and not as damaged.
    saving::write_cursors(shared, log);
    let bytes = segment.bytes();
    remove_file(shared, log, segment.path, bytes);
}

fn remove_file(shared: &Shared, log: &Log, path: PathBuf, bytes: u64) {
    if let Err(error) = shared.storage.remove(&path) {
        // The next start finds it and removes it.
        shared.note_failure("remove", path, &error);
    }
    shared.quota.release(log.signal, bytes);
}

/// Finds out again when the oldest unsettled record of each exporter was received.
pub(crate) fn refresh_ages(shared: &Shared, log: &Log) {
    let exporters: Vec<Box<str>> = log.state.lock().subscribers.keys().cloned().collect();
    let mut headers = HeaderSource::new(shared, log);
    for exporter in &exporters {
        let (low, end) = {
            let mut state = log.state.lock();
            let LogState { end, recent, subscribers, .. } = &mut *state;
            let Some(subscriber) = subscribers.get_mut(exporter) else { continue };
            let low = subscriber.cursor.low();
            if low.position >= end.position {
                subscriber.oldest = None;
                continue;
            }
            if subscriber.oldest.is_some_and(|(position, _)| position == low.position) {
                continue;
            }
            if let Some(received) = recent.received_at(low.position) {
                subscriber.oldest = Some((low.position, received));
                continue;
            }
            (low, *end)
        };
        let received = headers.read(low, end).map(|(received, _)| received);
        let mut state = log.state.lock();
        let created = state.segment_of(low.position).map(|segment| segment.created);
        if let Some(subscriber) = state.subscribers.get_mut(exporter) {
            subscriber.oldest = received.or(created).map(|received| (low.position, received));
        }
    }
}

/// Reads when a frame was received, and its end.
struct HeaderSource<'a> {
    shared: &'a Shared,
    log: &'a Log,
    reader: Option<SegmentReader>,
}

impl<'a> HeaderSource<'a> {
    fn new(shared: &'a Shared, log: &'a Log) -> Self {
        Self { shared, log, reader: None }
    }

    /// `None` where the frame at `start` is damaged or gone; the reader will find out.
    fn read(&mut self, start: Mark, end: Mark) -> Option<(UnixNanos, Mark)> {
        let range = self.log.state.lock().disk_range(start, end);
        let (segment_start, path, data_end) = range.segment?;
        if self.reader.as_ref().is_none_or(|reader| reader.start() != segment_start) {
            let file = self.shared.storage.open(&path).ok()?;
            self.reader = Some(SegmentReader::new(file, self.log.signal, segment_start, HEADER_CHUNK_BYTES));
        }
        let end = data_end.min(range.end.position);
        let header = self.reader.as_mut()?.header_at(start.position, end).ok()??;
        (header.start == start).then(|| (header.received, header.end()))
    }
}
