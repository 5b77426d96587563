//! Decisions, and the memory of them.

use std::collections::{HashMap, VecDeque};

use weir_sampling::Threshold;
use weir_spool::Position;

use super::trace::TraceId;

/// What became of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    /// Of tail sampling alone; a kept span leaves with the stricter of this and its own.
    pub(super) threshold: Threshold,
    pub(super) kept: bool,
    /// Spans in entries up to here are dealt with.
    pub(super) through: Position,
}

/// The last decisions. Invariant: `order` has each id of `by_id` once.
#[derive(Debug)]
pub(super) struct Decisions {
    by_id: HashMap<TraceId, Decision>,
    order: VecDeque<TraceId>,
    max: usize,
}

impl Decisions {
    pub(super) fn new(max: u64) -> Self {
        Self {
            by_id: HashMap::new(),
            order: VecDeque::new(),
            max: usize::try_from(max).unwrap_or(usize::MAX),
        }
    }

    pub(super) fn set_max(&mut self, max: u64) {
        self.max = usize::try_from(max).unwrap_or(usize::MAX);
    }

    pub(super) fn get(&self, id: &TraceId) -> Option<&Decision> {
        self.by_id.get(id)
    }

    /// Remembers a decision, in place of an earlier one over the same trace.
    pub(super) fn put(&mut self, id: TraceId, decision: Decision) {
        if self.by_id.insert(id, decision).is_none() {
            self.order.push_back(id);
        }
    }

    /// Forgets the oldest decisions that are too many. One stays, whatever the limit, while an entry in which its spans
    /// came may be read again: such an entry begins at `unsettled` or after it.
    pub(super) fn trim(&mut self, unsettled: Position) {
        while self.order.len() > self.max {
            let Some(id) = self.order.front() else { return };
            if self.by_id.get(id).is_some_and(|decision| decision.through >= unsettled) {
                return;
            }
            self.by_id.remove(id);
            self.order.pop_front();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }
}
