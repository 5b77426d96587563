//! What one exporter has settled and has in flight.

use std::collections::BTreeMap;

use crate::mark::Mark;

mod encoding;

pub(crate) use encoding::{FORMAT, decode, encode};

/// An exporter's way through a log: everything before `low` is settled, above it lie spans that are settled or in
/// flight, and *gaps*, which still have to be taken.
///
/// Invariants: spans do not overlap and start at or after `low`; no settled span starts at `low`; no two settled
/// spans touch; there is no gap in `low..hint`; `settled_above` is the sum of the settled spans' records.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cursor {
    low: Mark,
    /// By start position.
    spans: BTreeMap<u64, Span>,
    settled_above: u64,
    /// Where to look for the first gap.
    hint: Mark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start_record: u64,
    end: Mark,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    InFlight,
    Settled,
}

impl Span {
    fn records(&self) -> u64 {
        self.end.record - self.start_record
    }
}

/// What a saved cursor says: nothing in flight, only what is settled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) low: Mark,
    /// Above `low`, in order, apart from each other.
    pub(crate) ranges: Vec<(Mark, Mark)>,
}

impl Settled {
    /// Whether all of `start..end` is settled.
    pub(crate) fn covers(&self, start: u64, end: u64) -> bool {
        if end <= self.low.position {
            return true;
        }
        let after = self.ranges.partition_point(|(from, _)| from.position <= start);
        after > 0 && end <= self.ranges[after - 1].1.position
    }

    /// The highest mark that it knows.
    pub(crate) fn highest(&self) -> Mark {
        self.ranges.last().map_or(self.low, |&(_, end)| end)
    }
}

impl Cursor {
    /// A cursor that continues where a saved one was.
    pub(crate) fn from_settled(settled: &Settled) -> Self {
        let mut cursor = Self { low: settled.low, hint: settled.low, ..Self::default() };
        for &(start, end) in &settled.ranges {
            cursor.insert_settled(start, end);
        }
        cursor
    }

    /// What is to be saved.
    pub(crate) fn settled(&self) -> Settled {
        let ranges = self
            .spans
            .iter()
            .filter(|(_, span)| span.state == State::Settled)
            .map(|(&position, span)| (Mark { position, record: span.start_record }, span.end))
            .collect();
        Settled { low: self.low, ranges }
    }

    /// Everything before it is settled.
    pub(crate) fn low(&self) -> Mark {
        self.low
    }

    /// Records before `end` that are not settled.
    pub(crate) fn held(&self, end: Mark) -> u64 {
        end.record.saturating_sub(self.low.record).saturating_sub(self.settled_above)
    }

    /// The first gap before `until`, cut there.
    pub(crate) fn first_gap(&mut self, until: Mark) -> Option<(Mark, Mark)> {
        let gap = self.gap_from(self.hint, until);
        match gap {
            Some((start, _)) => self.hint = start,
            None => self.hint = self.skip_spans(self.hint),
        }
        gap
    }

    /// The first gap at or after `from` and before `until`, cut there.
    pub(crate) fn gap_from(&self, from: Mark, until: Mark) -> Option<(Mark, Mark)> {
        let start = self.skip_spans(if from.position < self.low.position { self.low } else { from });
        if start.position >= until.position {
            return None;
        }
        let next = self.spans.range(start.position..).next();
        let end = next.map(|(&position, span)| Mark { position, record: span.start_record });
        Some((start, end.filter(|end| end.position < until.position).unwrap_or(until)))
    }

    /// Takes `start..end`, if all of it is a gap.
    pub(crate) fn claim(&mut self, start: Mark, end: Mark) -> bool {
        let is_gap = self.gap_from(start, end) == Some((start, end));
        if is_gap {
            let span = Span { start_record: start.record, end, state: State::InFlight };
            self.spans.insert(start.position, span);
        }
        is_gap
    }

    /// Settles what is in flight from `position`. False when nothing is.
    pub(crate) fn settle(&mut self, position: u64) -> bool {
        let Some(span) = self.take_in_flight(position) else { return false };
        self.insert_settled(Mark { position, record: span.start_record }, span.end);
        true
    }

    /// Makes a gap again of what is in flight from `position`, and returns it.
    pub(crate) fn release(&mut self, position: u64) -> Option<(Mark, Mark)> {
        let span = self.take_in_flight(position)?;
        let start = Mark { position, record: span.start_record };
        if position < self.hint.position {
            self.hint = start;
        }
        Some((start, span.end))
    }

    /// The starts of all that is in flight.
    pub(crate) fn in_flight(&self) -> Vec<u64> {
        let spans = self.spans.iter().filter(|(_, span)| span.state == State::InFlight);
        spans.map(|(&position, _)| position).collect()
    }

    /// Settles all gaps in `start..end` and returns the records in them.
    pub(crate) fn settle_gaps(&mut self, start: Mark, end: Mark) -> u64 {
        let mut records = 0;
        while let Some((from, to)) = self.gap_from(start, end) {
            records += to.record.saturating_sub(from.record);
            self.insert_settled(from, to);
        }
        records
    }

    /// The end of the spans that follow each other from `mark`.
    fn skip_spans(&self, mark: Mark) -> Mark {
        let mut at = mark;
        while let Some((_, span)) = self.spans.range(..=at.position).next_back() {
            if span.end.position <= at.position {
                break;
            }
            at = span.end;
        }
        at
    }

    fn take_in_flight(&mut self, position: u64) -> Option<Span> {
        let span = *self.spans.get(&position)?;
        if span.state != State::InFlight {
            return None;
        }
        self.spans.remove(&position)
    }

    /// Adds a settled span where there was a gap or a span in flight, and joins it with its neighbours.
    fn insert_settled(&mut self, start: Mark, end: Mark) {
        let mut joined = Span { start_record: start.record, end, state: State::Settled };
        let mut position = start.position;
        let before = self.spans.range(..position).next_back().map(|(&at, &span)| (at, span));
        if let Some((at, span)) = before
            && span.state == State::Settled
            && span.end.position == position
        {
            self.remove_settled(at, &span);
            position = at;
            joined.start_record = span.start_record;
        }
        if let Some(&span) = self.spans.get(&end.position)
            && span.state == State::Settled
        {
            self.remove_settled(end.position, &span);
            joined.end = span.end;
        }
        if position == self.low.position {
            self.low = joined.end;
        } else {
            self.settled_above += joined.records();
            self.spans.insert(position, joined);
        }
        if self.hint.position < self.low.position {
            self.hint = self.low;
        }
    }

    fn remove_settled(&mut self, position: u64, span: &Span) {
        self.spans.remove(&position);
        self.settled_above -= span.records();
    }
}

#[cfg(test)]
mod tests;
