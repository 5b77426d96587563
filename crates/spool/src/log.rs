//! One signal's log: its segments, the window of recent batches, and what each exporter has settled.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;

use parking_lot::Mutex;
use tokio::sync::watch;
use weir_ledger::{Ledger, Settlement};
use weir_model::{Batch, Reason, Signal};

use crate::frame::FrameHeader;
use crate::mark::Mark;
use crate::recent::{Recent, RecentFrame};
use crate::segment::Segment;
use crate::subscriber::Subscriber;
use crate::{CursorStats, Position};

/// One signal's log. Locks are taken in the order: a cursor's file, `state`, the ledger.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) signal: Signal,
    /// Where the segments are.
    pub(crate) folder: PathBuf,
    /// Where the cursors are.
    pub(crate) cursor_folder: PathBuf,
    pub(crate) ledger: Ledger,
    pub(crate) state: Mutex<LogState>,
    /// Everything before it survives the loss of power.
    pub(crate) synced: watch::Sender<Position>,
}

/// What the log's lock guards. Nothing here touches the disk.
///
/// Invariants: segments ascend and do not overlap; only the last one is written; the ledger's `appended` and `end`
/// move in the same critical section.
#[derive(Debug)]
pub(crate) struct LogState {
    /// After the last frame.
    pub(crate) end: Mark,
    pub(crate) segments: VecDeque<Segment>,
    /// Whether the last segment is still written.
    pub(crate) writing: bool,
    /// Whether names were created or removed since the folder was synced.
    pub(crate) folder_dirty: bool,
    pub(crate) recent: Recent,
    /// By exporter.
    pub(crate) subscribers: BTreeMap<Box<str>, Subscriber>,
    /// Positions of damage that was found.
    pub(crate) damage: BTreeSet<u64>,
    /// Bytes cut off the end when the log was opened.
    pub(crate) torn_bytes: u64,
}

/// A part of the log, within one segment, that a reader may read from disk.
#[derive(Clone, Debug)]
pub(crate) struct DiskRange {
    pub(crate) start: Mark,
    /// Where the gap ends, or the next segment starts.
    pub(crate) end: Mark,
    /// The segment's start, file and end of data; `None` where the files have a hole.
    pub(crate) segment: Option<(u64, PathBuf, u64)>,
}

impl Log {
    /// Adds frames that were written to the last segment, in order, and wakes the readers. `is_synced` when they
    /// already survive the loss of power.
    pub(crate) fn commit(&self, frames: impl Iterator<Item = (FrameHeader, Batch)>, is_synced: bool) {
        let mut state = self.state.lock();
        let keep = state.subscribers.values().any(|subscriber| subscriber.reading);
        let mut records = 0;
        for (header, batch) in frames {
            records += u64::from(header.records);
            state.end = header.end();
            if keep {
                state.recent.push(RecentFrame { start: header.start, end: header.end(), batch });
            }
        }
        let end = state.end.position;
        if let Some(segment) = state.segments.back_mut() {
            segment.data_end = end;
            if is_synced {
                segment.synced_to = end;
            }
        }
        state.shrink_recent();
        self.ledger.append(self.signal, records);
        for subscriber in state.subscribers.values().filter(|subscriber| subscriber.reading) {
            subscriber.wake.notify_one();
        }
        if is_synced {
            self.publish_synced(&state);
        }
    }

    /// Tells the file checkpoints how far they may move.
    pub(crate) fn publish_synced(&self, state: &LogState) {
        let unsynced = state.segments.iter().find(|segment| segment.synced_to < segment.data_end);
        let position = Position(unsynced.map_or(state.end.position, |segment| segment.synced_to));
        self.synced.send_if_modified(|synced| std::mem::replace(synced, position) != position);
    }

    /// Settles the gaps in `start..end` for every exporter, under `reason`.
    pub(crate) fn drop_for_all(&self, state: &mut LogState, start: Mark, end: Mark, reason: Reason) {
        for (exporter, subscriber) in &mut state.subscribers {
            let records = subscriber.cursor.settle_gaps(start, end);
            subscriber.note_change();
            self.count_dropped(exporter, reason, records);
        }
    }

    /// Enters records in the ledger that the spool gave up for `exporter`.
    pub(crate) fn count_dropped(&self, exporter: &str, reason: Reason, records: u64) {
        if records > 0 {
            let settlement = Settlement { dropped: vec![(reason, records)], ..Settlement::default() };
            self.ledger.settle(self.signal, exporter, records, &settlement);
        }
    }
}

impl LogState {
    /// The segment that holds `position`.
    pub(crate) fn segment_of(&self, position: u64) -> Option<&Segment> {
        let after = self.segments.partition_point(|segment| segment.start.position <= position);
        let segment = self.segments.get(after.checked_sub(1)?)?;
        (position < segment.data_end).then_some(segment)
    }

    /// The part of the gap `start..end` that lies in one segment.
    pub(crate) fn disk_range(&self, start: Mark, end: Mark) -> DiskRange {
        let after = self.segments.partition_point(|segment| segment.start.position <= start.position);
        let next = self.segments.get(after).map(|segment| segment.start);
        let end = next.filter(|next| next.position < end.position).unwrap_or(end);
        let segment = self
            .segment_of(start.position)
            .map(|segment| (segment.start.position, segment.path.clone(), segment.data_end));
        DiskRange { start, end, segment }
    }

    /// Where the segment after the one at `index` starts, or the log ends.
    pub(crate) fn end_of_segment(&self, index: usize) -> Mark {
        self.segments.get(index + 1).map_or(self.end, |segment| segment.start)
    }

    /// Whether the segment at `index` is still written.
    pub(crate) fn is_written(&self, index: usize) -> bool {
        self.writing && index + 1 == self.segments.len()
    }

    /// The state of each cursor.
    pub(crate) fn cursor_stats(&self) -> Vec<CursorStats> {
        let cursors = self.subscribers.iter().map(|(exporter, subscriber)| CursorStats {
            exporter: exporter.to_string(),
            held_records: subscriber.cursor.held(self.end),
            oldest_received: subscriber.oldest.map(|(_, received)| received),
        });
        cursors.collect()
    }

    /// Closes the handles of segments that are neither written nor to be synced.
    pub(crate) fn close_synced_segments(&mut self) {
        for index in 0..self.segments.len() {
            let is_written = self.is_written(index);
            let segment = &mut self.segments[index];
            if !is_written && segment.synced_to == segment.data_end {
                segment.file = None;
            }
        }
    }

    /// Forgets the batches in memory that every reader has passed.
    pub(crate) fn trim_recent(&mut self) {
        let readers = self.subscribers.values().filter(|subscriber| subscriber.reading);
        let passed = readers.map(|subscriber| subscriber.fresh.position).min();
        self.recent.forget_before(passed.unwrap_or(u64::MAX));
    }

    fn shrink_recent(&mut self) {
        let Some(from) = self.recent.shrink() else { return };
        for subscriber in self.subscribers.values_mut() {
            subscriber.fresh = subscriber.fresh.max(from);
        }
    }
}
