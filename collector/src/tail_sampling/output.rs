//! From kept traces to a request.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use weir_proto::otlp::traces::{ResourceView, Span, SpanView};
use weir_proto::otlp::{Editor, Patch, Resource, Verdict, rewrite};
use weir_proto::wire::{WireError, begin_message, end_message, put_bytes_field};
use weir_sampling::{Decision, Sampler, Threshold, TraceState, put_threshold};

use super::trace::{Around, HeldSpan, TraceId};

/// A request with these spans. Spans that came with the same messages around them stand together again.
pub(super) fn request<'a>(spans: impl Iterator<Item = &'a HeldSpan>) -> Vec<u8> {
    let mut groups: Vec<(&Arc<Around>, Vec<&Bytes>)> = Vec::new();
    let mut places: HashMap<*const Around, usize> = HashMap::new();
    for held in spans {
        let place = *places.entry(Arc::as_ptr(&held.around)).or_insert_with(|| {
            groups.push((&held.around, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(&held.span);
    }
    let mut out = Vec::new();
    for (around, spans) in groups {
        let bytes = spans.iter().map(|span| span.len() + 4).sum::<usize>() + around.scope.len();
        let resource = begin_message(&mut out, 1, bytes + around.resource.len() + 4);
        out.extend_from_slice(&around.resource);
        let scope = begin_message(&mut out, 2, bytes);
        out.extend_from_slice(&around.scope);
        spans.into_iter().for_each(|span| put_bytes_field(&mut out, 2, span));
        end_message(&mut out, scope);
        end_message(&mut out, resource);
    }
    out
}

/// Writes into each span's trace state the threshold by which its trace was kept, where it is stricter than the one
/// that the span came with.
pub(super) fn with_thresholds(
    request: &Bytes,
    thresholds: &HashMap<TraceId, Threshold>,
) -> Result<Bytes, WireError> {
    let mut editor = SetThreshold { thresholds, text: Vec::new() };
    Ok(rewrite::<Span, _>(request, &mut editor)?.payload)
}

struct SetThreshold<'a> {
    thresholds: &'a HashMap<TraceId, Threshold>,
    /// Reused for each span.
    text: Vec<u8>,
}

impl Editor<Span> for SetThreshold<'_> {
    fn resource(
        &mut self,
        _resource: &ResourceView<'_>,
        _patch: &mut Patch<Resource>,
    ) -> Result<Verdict, WireError> {
        Ok(Verdict::Keep)
    }

    fn record(&mut self, span: &SpanView<'_>, patch: &mut Patch<Span>) -> Result<Verdict, WireError> {
        // A span without a trace id belongs to no trace that could be sampled.
        let Some(id) = span.trace_id()? else { return Ok(Verdict::Keep) };
        let Some(&threshold) = self.thresholds.get(&id) else { return Ok(Verdict::Keep) };
        let state = span.trace_state()?.as_bytes();
        if let Decision::KeepAs(threshold) = Sampler::at(threshold).decide(&id, &TraceState::parse(state)) {
            self.text.clear();
            put_threshold(state, threshold, &mut self.text);
            patch.set_trace_state(std::str::from_utf8(&self.text).map_err(|_| WireError::Utf8)?);
        }
        Ok(Verdict::Keep)
    }
}
