//! The batches that were appended last, for readers that have caught up.

use std::collections::VecDeque;

use weir_model::{Batch, UnixNanos};

use crate::mark::Mark;

/// A window on the end of a log, bounded in bytes.
#[derive(Debug)]
pub(crate) struct Recent {
    /// In the order of the log, without gaps.
    frames: VecDeque<RecentFrame>,
    bytes: u64,
    bytes_max: u64,
}

/// A frame that is still in memory.
#[derive(Debug)]
pub(crate) struct RecentFrame {
    pub(crate) start: Mark,
    pub(crate) end: Mark,
    pub(crate) batch: Batch,
}

impl RecentFrame {
    fn bytes(&self) -> u64 {
        (self.batch.payload.len() + size_of::<Self>()) as u64
    }
}

impl Recent {
    pub(crate) fn new(bytes_max: u64) -> Self {
        Self { frames: VecDeque::new(), bytes: 0, bytes_max }
    }

    /// Adds the frame that was appended last.
    pub(crate) fn push(&mut self, frame: RecentFrame) {
        self.bytes += frame.bytes();
        self.frames.push_back(frame);
    }

    /// Forgets the older half when the window is too large, and tells from where on it holds frames then.
    ///
    /// Half at once, so that a reader that is a little slower than the appends falls behind in few long ranges and
    /// not in one per frame.
    pub(crate) fn shrink(&mut self) -> Option<Mark> {
        if self.bytes <= self.bytes_max {
            return None;
        }
        let mut from = None;
        while self.bytes > self.bytes_max / 2 {
            let frame = self.pop()?;
            from = Some(frame.end);
        }
        from
    }

    /// Forgets the frames before `position`.
    pub(crate) fn forget_before(&mut self, position: u64) {
        while self.frames.front().is_some_and(|frame| frame.start.position < position) {
            self.pop();
        }
        if self.frames.is_empty() {
            // A burst should not keep its memory for ever.
            self.frames.shrink_to(64);
        }
    }

    /// The frames that start at or after `position`.
    pub(crate) fn from(&self, position: u64) -> impl Iterator<Item = &RecentFrame> {
        let first = self.frames.partition_point(|frame| frame.start.position < position);
        self.frames.range(first..)
    }

    /// When the batch at `position` was received, if it is in memory.
    pub(crate) fn received_at(&self, position: u64) -> Option<UnixNanos> {
        let frame = self.from(position).next()?;
        (frame.start.position == position).then_some(frame.batch.received)
    }

    fn pop(&mut self) -> Option<RecentFrame> {
        let frame = self.frames.pop_front()?;
        self.bytes -= frame.bytes();
        Some(frame)
    }
}
