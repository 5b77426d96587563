//! What a trace waited for.
//!
//! From the root's end backwards: the child that ended last before that moment was waited for, from its end back to
//! its start; before that, the one that ended last before its start; in between, the span itself. The same holds within
//! each child. Children are cut to their parents' times, so that the pieces add up to the root's duration.

use super::waterfall::{Interval, Waterfall};

/// A piece of time spent in a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) index: usize,
    pub(crate) time: Interval,
}

/// A span that is being gone through backwards.
struct Frame {
    index: usize,
    /// The part of it that its ancestors leave.
    time: Interval,
    /// What lies after this is done.
    until: i64,
    /// Children that may still have been waited for, the one that ended last at the end.
    children: Vec<(Interval, usize)>,
}

impl Frame {
    fn new(waterfall: &Waterfall, index: usize, time: Interval) -> Self {
        let child = |&child: &usize| Some((waterfall.interval(child).within(time)?, child));
        let mut children: Vec<(Interval, usize)> =
            waterfall.children(index).iter().filter_map(child).collect();
        children.sort_by_key(|(time, _)| (time.end, std::cmp::Reverse(time.start)));
        Self { index, time, until: time.end, children }
    }

    /// The child that ended last before what is done.
    fn next_child(&mut self) -> Option<(Interval, usize)> {
        while let Some((time, child)) = self.children.pop() {
            if time.end <= self.until {
                return Some((time, child));
            }
        }
        None
    }
}

/// The pieces of the first root, in order of time.
pub(crate) fn critical_path(waterfall: &Waterfall) -> Vec<Piece> {
    let Some(root) = waterfall.lines().first() else { return Vec::new() };
    let mut pieces = Vec::new();
    let mut frames = vec![Frame::new(waterfall, root.index, waterfall.interval(root.index))];
    while let Some(frame) = frames.last_mut() {
        let child = frame.next_child();
        let from = child.map_or(frame.time.start, |(time, _)| time.end);
        if from < frame.until {
            pieces.push(Piece { index: frame.index, time: Interval { start: from, end: frame.until } });
        }
        match child {
            Some((time, child)) => {
                frame.until = time.start;
                frames.push(Frame::new(waterfall, child, time));
            }
            None => drop(frames.pop()),
        }
    }
    pieces.reverse();
    pieces
}
