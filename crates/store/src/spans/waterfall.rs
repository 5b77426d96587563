//! Spans as a tree.

use std::collections::HashMap;

/// A piece of time: nanoseconds since 1970, or since the trace's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

impl Interval {
    /// The part within `other`; none when that is empty.
    pub(crate) fn within(self, other: Self) -> Option<Self> {
        let clipped = Self { start: self.start.max(other.start), end: self.end.min(other.end) };
        (clipped.start < clipped.end).then_some(clipped)
    }
}

/// What places a span in the tree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) parent: Option<&'a [u8]>,
    pub(crate) time: Interval,
}

/// A tree of spans, which go by their index. Every span is in it once: one whose parent is missing, or is a descendant
/// of its own, is a root.
#[derive(Debug)]
pub(crate) struct Waterfall {
    intervals: Vec<Interval>,
    /// Of each span, by start.
    children: Vec<Vec<usize>>,
    lines: Vec<Line>,
}

/// A line of the waterfall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) index: usize,
    pub(crate) depth: usize,
    pub(crate) parent: Option<usize>,
}

impl Waterfall {
    /// Builds the tree of spans, which come by start.
    pub(crate) fn new(spans: &[Node<'_>]) -> Self {
        let mut by_id: HashMap<&[u8], usize> = HashMap::with_capacity(spans.len());
        for (index, span) in spans.iter().enumerate() {
            by_id.entry(span.id).or_insert(index);
        }
        let mut children = vec![Vec::new(); spans.len()];
        let mut roots = Vec::new();
        for (index, span) in spans.iter().enumerate() {
            match span.parent.and_then(|parent| by_id.get(parent)) {
                Some(&parent) if parent != index => children[parent].push(index),
                _ => roots.push(index),
            }
        }
        let intervals = spans.iter().map(|span| span.time).collect();
        let mut waterfall = Self { intervals, children, lines: Vec::new() };
        waterfall.walk(roots);
        waterfall
    }

    /// Puts the spans in order, depth first. What no root leads to is a circle, which is cut at its first span.
    fn walk(&mut self, roots: Vec<usize>) {
        let count = self.intervals.len();
        let mut is_seen = vec![false; count];
        let starts = roots.into_iter().chain(0..count);
        for root in starts {
            let mut waiting = vec![Line { index: root, depth: 0, parent: None }];
            while let Some(line) = waiting.pop() {
                if std::mem::replace(&mut is_seen[line.index], true) {
                    continue;
                }
                self.lines.push(line);
                let children = self.children[line.index].iter().rev();
                waiting.extend(children.map(|&index| Line {
                    index,
                    depth: line.depth + 1,
                    parent: Some(line.index),
                }));
            }
        }
        // A circle that was cut: its first span is nobody's child.
        let mut is_root = vec![false; count];
        self.lines.iter().filter(|line| line.parent.is_none()).for_each(|line| is_root[line.index] = true);
        self.children.iter_mut().for_each(|children| children.retain(|&child| !is_root[child]));
    }

    /// The lines, from the top.
    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub(crate) fn interval(&self, index: usize) -> Interval {
        self.intervals[index]
    }

    pub(crate) fn children(&self, index: usize) -> &[usize] {
        &self.children[index]
    }

    /// How long a span ran without any of its children.
    pub(crate) fn self_time(&self, index: usize) -> i64 {
        let own = self.intervals[index];
        let mut covered_to = own.start;
        let mut uncovered = 0;
        // By start.
        for &child in &self.children[index] {
            let Some(child) = self.intervals[child].within(own) else { continue };
            uncovered += (child.start - covered_to).max(0);
            covered_to = covered_to.max(child.end);
        }
        uncovered + (own.end - covered_to).max(0)
    }
}
