//! Where reading may begin again.

use std::collections::VecDeque;

use weir_spool::Position;

use crate::tail::digest::Digest;

/// Appended reads whose sync is awaited, per file. Past it the newest takes the place of the one before.
const WAITING_MAX: usize = 64;

/// A place in a file's content from which reading gives the same records again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Bytes from the content's start.
    pub(crate) offset: u64,
    /// The bytes right before `offset`.
    pub(crate) window: Digest,
    /// True inside a line that was cut: the rest of it is skipped.
    pub(crate) skipping: bool,
}

/// A file's way to its checkpoint.
///
/// Invariant: positions and offsets in `waiting` ascend, and all offsets are at least that of `safe`.
#[derive(Debug)]
pub(crate) struct Progress {
    safe: Mark,
    last: Position,
    waiting: VecDeque<(Position, Mark)>,
}

impl Progress {
    pub(crate) fn new(safe: Mark) -> Self {
        Self { safe, last: Position(0), waiting: VecDeque::new() }
    }

    /// What ends at `mark` was appended before `position`; without a position there was nothing to append.
    pub(crate) fn push(&mut self, position: Option<Position>, mark: Mark) {
        self.last = position.unwrap_or(self.last).max(self.last);
        let full = self.waiting.len() >= WAITING_MAX;
        match self.waiting.back_mut() {
            Some(back) if full || back.0 == self.last => *back = (self.last, mark),
            _ => self.waiting.push_back((self.last, mark)),
        }
    }

    /// Moves the checkpoint over what is synced. True when it moved.
    pub(crate) fn advance(&mut self, synced: Position) -> bool {
        let before = self.safe;
        while let Some(&(position, mark)) = self.waiting.front()
            && position <= synced
        {
            self.safe = mark;
            self.waiting.pop_front();
        }
        self.safe != before
    }

    /// The content began anew: nothing of the old one can be read again.
    pub(crate) fn restart(&mut self) {
        self.waiting.clear();
        self.safe = Mark::default();
    }

    pub(crate) fn safe(&self) -> Mark {
        self.safe
    }

    /// True when appended reads wait for their sync.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests;
