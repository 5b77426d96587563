//! Traces by id, and the entries in which their spans came.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use weir_model::UnixNanos;
use weir_proto::otlp::traces::{RequestView, ResourceView, ScopeView, SpanView};
use weir_proto::wire::{Fields, WireError};
use weir_spool::{Entry, EntryId, Position};

use super::decision::{Decision, Decisions};
use super::policy::Policies;
use super::trace::{Around, HeldSpan, TraceId, Undecided};
use crate::spans::service_name;

/// How long traces are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waits {
    pub(super) decision: Duration,
    pub(super) after_root: Duration,
}

/// How the spans of an entry ended so far. Invariant: `undecided` is the number of traces in [`Assembly`] that have a
/// part in the entry.
#[derive(Debug, Default)]
struct OpenEntry {
    payload_bytes: u64,
    undecided: u64,
    ended: Ended,
}

/// How spans ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) kept: u64,
    pub(super) dropped: u64,
    /// Of an entry that cannot be read.
    pub(super) malformed: u64,
}

impl Ended {
    fn add(&mut self, kept: bool, spans: u64) {
        if kept {
            self.kept += spans;
        } else {
            self.dropped += spans;
        }
    }
}

/// Spans that were not taken in, since their trace was decided over before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Passed {
    /// Read a second time, after a restart.
    pub(super) repeated: u64,
    /// Late, of a trace that was dropped.
    pub(super) late_dropped: u64,
    /// Late, of a trace that was kept: these are taken in.
    pub(super) late_kept: u64,
}

/// Everything undecided.
///
/// Invariants: `due` has each trace once; `bytes` is the sum of the open entries' payloads and the traces' own bytes.
#[derive(Debug)]
pub(super) struct Assembly {
    waits: Waits,
    traces: HashMap<TraceId, Undecided>,
    due: BTreeSet<(UnixNanos, TraceId)>,
    entries: BTreeMap<EntryId, OpenEntry>,
    /// Entries whose every span has ended.
    closed: Vec<(EntryId, Ended)>,
    bytes: u64,
    /// The entry taken last.
    through: Position,
}

impl Assembly {
    pub(super) fn new(waits: Waits) -> Self {
        Self {
            waits,
            traces: HashMap::new(),
            due: BTreeSet::new(),
            entries: BTreeMap::new(),
            closed: Vec::new(),
            bytes: 0,
            through: Position(0),
        }
    }

    /// Traces that come from now on are waited for so long.
    pub(super) fn set_waits(&mut self, waits: Waits) {
        self.waits = waits;
    }

    /// Takes the spans of an entry. Entries must come in order.
    pub(super) fn take(&mut self, entry: &Entry, policies: &Policies, decisions: &Decisions) -> Passed {
        let mut taking = Taking {
            entry,
            policies,
            decisions,
            open: OpenEntry { payload_bytes: entry.batch.payload.len() as u64, ..OpenEntry::default() },
            passed: Passed::default(),
            assembly: self,
        };
        let read = taking.request();
        let Taking { mut open, passed, .. } = taking;
        self.through = entry.id.position();
        if read.is_err() {
            // The intake has checked it, so this is a spool that holds something else; what was taken in stays.
            let known = self.spans_in(entry.id) + open.ended.kept + open.ended.dropped;
            open.ended.malformed = u64::from(entry.batch.records).saturating_sub(known);
        }
        if open.undecided == 0 {
            self.closed.push((entry.id, open.ended));
        } else {
            self.bytes += open.payload_bytes;
            self.entries.insert(entry.id, open);
        }
        passed
    }

    /// Takes out the traces that are due at `now`.
    pub(super) fn take_due(&mut self, now: UnixNanos) -> Vec<(TraceId, Undecided)> {
        let mut taken = Vec::new();
        while let Some(&(due, id)) = self.due.first() {
            if due > now {
                break;
            }
            taken.extend(self.take_out(due, id));
        }
        taken
    }

    /// Takes out the traces that are due next, at least one and about a tenth.
    pub(super) fn take_next(&mut self) -> Vec<(TraceId, Undecided)> {
        let mut taken = Vec::new();
        for _ in 0..self.traces.len().div_ceil(10) {
            let Some(&(due, id)) = self.due.first() else { break };
            taken.extend(self.take_out(due, id));
        }
        taken
    }

    fn take_out(&mut self, due: UnixNanos, id: TraceId) -> Option<(TraceId, Undecided)> {
        self.due.remove(&(due, id));
        let trace = self.traces.remove(&id)?;
        self.bytes -= trace.bytes();
        Some((id, trace))
    }

    /// The spans of a trace that was taken out have ended.
    pub(super) fn end(&mut self, parts: &[(EntryId, u64)], kept: bool) {
        for &(id, spans) in parts {
            let Some(entry) = self.entries.get_mut(&id) else { continue };
            entry.ended.add(kept, spans);
            entry.undecided -= 1;
            if entry.undecided == 0 {
                self.bytes -= entry.payload_bytes;
                self.closed.push((id, entry.ended));
                self.entries.remove(&id);
            }
        }
    }

    /// Takes out the entries that are through.
    pub(super) fn take_closed(&mut self) -> Vec<(EntryId, Ended)> {
        std::mem::take(&mut self.closed)
    }

    /// The oldest entry that has undecided spans, or what comes next.
    pub(super) fn unsettled(&self) -> Position {
        let oldest = self.entries.keys().next().map(|id| id.position());
        oldest.unwrap_or(Position(self.through.0 + 1))
    }

    pub(super) fn through(&self) -> Position {
        self.through
    }

    pub(super) fn traces(&self) -> usize {
        self.traces.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Asks the attributes of everything undecided again, for other policies.
    pub(super) fn ask_again(&mut self, policies: &Policies) {
        for trace in self.traces.values_mut() {
            let met = trace.spans.iter().map(|held| met_by(held, policies).unwrap_or_default());
            trace.facts.attributes = met.fold(0, |all, met| all | met);
        }
    }

    fn spans_in(&self, id: EntryId) -> u64 {
        let parts = self.traces.values().flat_map(|trace| &trace.parts);
        parts.filter(|(entry, _)| *entry == id).map(|(_, spans)| spans).sum()
    }
}

/// The rules that a held span and its resource meet.
fn met_by(held: &HeldSpan, policies: &Policies) -> Result<u64, WireError> {
    let mut request = Vec::new();
    weir_proto::wire::put_bytes_field(&mut request, 1, &held.around.resource);
    let mut met = policies.met_by(SpanView::read(&held.span, 0)?.attributes())?;
    for resource in RequestView::new(&request).resources() {
        met |= policies.met_by(resource?.attributes())?;
    }
    Ok(met)
}

/// One entry on its way in.
struct Taking<'a> {
    entry: &'a Entry,
    policies: &'a Policies,
    decisions: &'a Decisions,
    open: OpenEntry,
    passed: Passed,
    assembly: &'a mut Assembly,
}

/// What the spans of one resource have in common.
struct OfResource {
    fields: Arc<[u8]>,
    service: Arc<str>,
    met: u64,
}

impl Taking<'_> {
    fn request(&mut self) -> Result<(), WireError> {
        let payload = &self.entry.batch.payload;
        for resource in RequestView::new(payload).resources() {
            self.resource(&resource?)?;
        }
        Ok(())
    }

    fn resource(&mut self, resource: &ResourceView<'_>) -> Result<(), WireError> {
        let asks = self.policies.ask_for_attributes();
        let of_resource = OfResource {
            fields: without_field_2(&self.entry.batch.payload[resource.range()])?.into(),
            service: service_name(resource.attributes())?.into(),
            met: if asks { self.policies.met_by(resource.attributes())? } else { 0 },
        };
        resource.scopes().try_for_each(|scope| self.scope(&scope?, &of_resource))
    }

    fn scope(&mut self, scope: &ScopeView<'_>, of_resource: &OfResource) -> Result<(), WireError> {
        let fields = without_field_2(&self.entry.batch.payload[scope.range()])?;
        let around = Arc::new(Around { resource: Arc::clone(&of_resource.fields), scope: fields });
        scope.records().try_for_each(|span| self.span(&span?, &around, of_resource))
    }

    fn span(
        &mut self,
        span: &SpanView<'_>,
        around: &Arc<Around>,
        of_resource: &OfResource,
    ) -> Result<(), WireError> {
        let id = span.trace_id()?.unwrap_or_else(|| idless(self.entry.id));
        let decided = self.decisions.get(&id).copied();
        if self.passes(decided) {
            return Ok(());
        }
        let asks = self.policies.ask_for_attributes();
        let met = of_resource.met | if asks { self.policies.met_by(span.attributes())? } else { 0 };
        let held = HeldSpan { around: Arc::clone(around), span: slice(&self.entry.batch.payload, span) };
        let is_new_part = self
            .assembly
            .add(self.entry, id, decided, held, |trace| trace.facts.add(span, &of_resource.service, met))?;
        self.open.undecided += u64::from(is_new_part);
        Ok(())
    }

    /// Counts a span of a trace that was decided over, unless it is to be delivered still.
    fn passes(&mut self, decided: Option<Decision>) -> bool {
        let Some(decision) = decided else { return false };
        if decision.through >= self.entry.id.position() {
            self.passed.repeated += 1;
        } else if decision.kept {
            self.passed.late_kept += 1;
            return false;
        } else {
            self.passed.late_dropped += 1;
        }
        self.open.ended.add(decision.kept, 1);
        true
    }
}

impl Assembly {
    /// Adds a span to its trace. True when it is the trace's first of this entry.
    fn add(
        &mut self,
        entry: &Entry,
        id: TraceId,
        decided: Option<Decision>,
        held: HeldSpan,
        note: impl FnOnce(&mut Undecided) -> Result<(), WireError>,
    ) -> Result<bool, WireError> {
        let received = entry.batch.received;
        let (waits, due) = (self.waits, &mut self.due);
        let trace = self.traces.entry(id).or_insert_with(|| {
            let wait = if decided.is_some() { Duration::ZERO } else { waits.decision };
            let trace = Undecided::new(after(received, wait), decided);
            due.insert((trace.due, id));
            self.bytes += trace.bytes();
            trace
        });
        let (bytes_before, parts_before) = (trace.bytes(), trace.parts.len());
        let had_root = trace.facts.has_root;
        note(trace)?;
        trace.push(entry.id, held);
        self.bytes += trace.bytes() - bytes_before;
        let is_new_part = trace.parts.len() > parts_before;
        let earlier = after(received, waits.after_root);
        if trace.facts.has_root && !had_root && earlier < trace.due {
            due.remove(&(trace.due, id));
            trace.due = earlier;
            due.insert((earlier, id));
        }
        Ok(is_new_part)
    }
}

fn after(time: UnixNanos, wait: Duration) -> UnixNanos {
    UnixNanos(time.0.saturating_add(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX)))
}

/// The id under which the spans of an entry are kept that have no trace id.
fn idless(entry: EntryId) -> TraceId {
    (u128::MAX - u128::from(entry.position().0)).to_be_bytes()
}

fn slice(payload: &Bytes, span: &SpanView<'_>) -> Bytes {
    payload.slice(span.range())
}

/// The fields of a `ResourceSpans` or `ScopeSpans`, without what it holds.
fn without_field_2(message: &[u8]) -> Result<Vec<u8>, WireError> {
    let mut kept = Vec::new();
    for field in Fields::new(message) {
        let field = field?;
        if field.number != 2 {
            kept.extend_from_slice(&message[field.range.clone()]);
        }
    }
    Ok(kept)
}
