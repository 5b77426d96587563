//! A trace that is waited for.

use std::sync::Arc;

use bytes::Bytes;
use weir_model::UnixNanos;
use weir_proto::otlp::traces::SpanView;
use weir_proto::wire::WireError;
use weir_sampling::{Randomness, TraceState};
use weir_spool::EntryId;

use super::decision::Decision;
use crate::spans::STATUS_ERROR;

/// A trace id. Spans without one are taken as a trace per entry, under an id that no random one is.
pub(super) type TraceId = [u8; 16];

/// What a trace takes of memory besides its spans, about.
const TRACE_BYTES: u64 = 400;
/// What a span takes besides the batch in which it came.
const SPAN_BYTES: u64 = size_of::<HeldSpan>() as u64;

/// The messages around spans: resource and scope, without the spans.
#[derive(Debug)]
pub(super) struct Around {
    /// Fields of `ResourceSpans`, without `scope_spans`.
    pub(super) resource: Arc<[u8]>,
    /// Fields of `ScopeSpans`, without `spans`.
    pub(super) scope: Vec<u8>,
}

/// A span and what is around it.
#[derive(Clone, Debug)]
pub(super) struct HeldSpan {
    pub(super) around: Arc<Around>,
    /// The encoded span, a slice of its batch.
    pub(super) span: Bytes,
}

/// What policies ask about.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) has_error: bool,
    /// First start and last end of a span, in nanoseconds.
    pub(super) start: u64,
    pub(super) end: u64,
    /// One bit for each attribute rule that a span or resource has met.
    pub(super) attributes: u64,
    /// The service of the root span, of the first span while there is none.
    pub(super) service: Option<Arc<str>>,
    pub(super) has_root: bool,
    /// Whether these are spans without a trace id.
    pub(super) is_idless: bool,
    /// An explicit randomness that a span came with.
    pub(super) randomness: Option<Randomness>,
}

impl Facts {
    /// Takes a span of `service` into account.
    pub(super) fn add(
        &mut self,
        span: &SpanView<'_>,
        service: &Arc<str>,
        attributes: u64,
    ) -> Result<(), WireError> {
        self.is_idless |= span.trace_id()?.is_none();
        let is_root = span.parent_span_id()?.is_none();
        let (start, end) = (span.start_time_unix_nano(), span.end_time_unix_nano());
        self.start = if self.service.is_none() { start } else { self.start.min(start) };
        self.end = self.end.max(end);
        self.has_error |= span.status_code()? == STATUS_ERROR;
        self.attributes |= attributes;
        if self.service.is_none() || (is_root && !self.has_root) {
            self.service = Some(Arc::clone(service));
        }
        self.has_root |= is_root;
        let state = span.trace_state()?;
        if self.randomness.is_none() && !state.is_empty() {
            self.randomness = TraceState::parse(state.as_bytes()).randomness;
        }
        Ok(())
    }

    /// From the first start to the last end, in nanoseconds.
    pub(super) fn duration(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

/// Why a trace is decided over now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// Its root span has ended.
    Root,
    /// It was waited for long enough.
    Wait,
    /// Others needed the memory.
    Evicted,
    /// It was decided over before, these are late spans.
    Late,
}

impl Cause {
    pub(super) const ALL: [Self; 4] = [Self::Root, Self::Wait, Self::Evicted, Self::Late];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Wait => "wait",
            Self::Evicted => "evicted",
            Self::Late => "late",
        }
    }
}

/// A trace that is waited for, or late spans of one that was decided over.
#[derive(Debug)]
pub(super) struct Undecided {
    /// When it is decided over at the latest.
    pub(super) due: UnixNanos,
    pub(super) spans: Vec<HeldSpan>,
    /// The entries in which its spans came, and how many did in each.
    pub(super) parts: Vec<(EntryId, u64)>,
    pub(super) facts: Facts,
    /// The decision that its spans were too late for.
    pub(super) decided: Option<Decision>,
}

impl Undecided {
    pub(super) fn new(due: UnixNanos, decided: Option<Decision>) -> Self {
        Self { due, spans: Vec::new(), parts: Vec::new(), facts: Facts::default(), decided }
    }

    /// Memory besides the batches.
    pub(super) fn bytes(&self) -> u64 {
        TRACE_BYTES + self.spans.len() as u64 * SPAN_BYTES
    }

    pub(super) fn push(&mut self, entry: EntryId, span: HeldSpan) {
        match self.parts.last_mut().filter(|(last, _)| *last == entry) {
            Some((_, spans)) => *spans += 1,
            None => self.parts.push((entry, 1)),
        }
        self.spans.push(span);
    }

    /// Why it would be decided over when it is due.
    pub(super) fn cause(&self) -> Cause {
        match (&self.decided, self.facts.has_root) {
            (Some(_), _) => Cause::Late,
            (None, true) => Cause::Root,
            (None, false) => Cause::Wait,
        }
    }
}
