//! What is changed of a request.

use std::marker::PhantomData;

use weir_correlation::{Choice, Value};
use weir_model::Signal;
use weir_proto::attributes::CORRELATION_ID;
use weir_proto::otlp::logs::{self, LogRecord, LogRecordView};
use weir_proto::otlp::traces::{self, Span, SpanView};
use weir_proto::otlp::{
    AnyValueView, Editor, KeyValueView, KeyValues, Kind, Patch, Resource, ResourceView, Verdict,
};
use weir_proto::wire::{WireError, put_bytes_field};
use weir_sampling::{Decision, TraceState, put_threshold};

use crate::prepare::Record;
use crate::settings::Plan;

/// Puts resource attributes and correlation ids on, and samples.
pub(crate) struct Enrich<'p> {
    plan: &'p Plan,
    /// Reused for each record.
    text: Vec<u8>,
}

impl<'p> Enrich<'p> {
    pub(crate) fn new(plan: &'p Plan) -> Self {
        Self { plan, text: Vec::new() }
    }

    fn identify(&self, present: KeyValues<'_>, patch: &mut Patch<Resource>) -> Result<Verdict, WireError> {
        for (key, value) in &self.plan.settings.resource {
            if !present.has(key)? {
                patch.add_attribute(key, AnyValueView::Str(value));
            }
        }
        Ok(Verdict::Keep)
    }

    /// A span without a trace id belongs to no trace that could be sampled.
    fn sample(&mut self, span: &SpanView<'_>, patch: &mut Patch<Span>) -> Result<Verdict, WireError> {
        let Some(trace_id) = span.trace_id()?.filter(|_| self.plan.samples(Signal::Traces)) else {
            return Ok(Verdict::Keep);
        };
        let trace_state = span.trace_state()?.as_bytes();
        match self.plan.sampler.decide(&trace_id, &TraceState::parse(trace_state)) {
            Decision::Drop => return Ok(Verdict::Drop),
            Decision::Keep => {}
            Decision::KeepAs(threshold) => {
                self.text.clear();
                put_threshold(trace_state, threshold, &mut self.text);
                patch.set_trace_state(self.text()?);
            }
        }
        Ok(Verdict::Keep)
    }

    fn correlate<K: Kind>(
        &mut self,
        attributes: KeyValues<'_>,
        trace_id: Option<[u8; 16]>,
        patch: &mut Patch<K>,
    ) -> Result<(), WireError> {
        let plan = self.plan;
        if plan.keys.is_empty() {
            return Ok(());
        }
        let mut choice = Choice::new(&plan.keys);
        for attribute in attributes.iter() {
            let attribute = attribute?;
            choice.offer(attribute.key_bytes(), || id_of(&attribute))?;
        }
        self.text.clear();
        if choice.put(trace_id, &mut self.text) {
            patch.add_attribute(CORRELATION_ID, AnyValueView::Str(self.text()?));
        }
        Ok(())
    }

    fn text(&self) -> Result<&str, WireError> {
        std::str::from_utf8(&self.text).map_err(|_| WireError::Utf8)
    }
}

/// An attribute's value as an id. Of an array the first item counts, since that is how request headers are recorded.
fn id_of<'a>(attribute: &KeyValueView<'a>) -> Result<Value<'a>, WireError> {
    let value = match attribute.value()? {
        AnyValueView::Array(items) => items.values().next().transpose()?.unwrap_or_default(),
        value => value,
    };
    Ok(match value {
        AnyValueView::Str(text) => Value::Text(text),
        AnyValueView::Int(number) => Value::Int(number),
        _ => Value::Other,
    })
}

impl Editor<Span> for Enrich<'_> {
    fn resource(
        &mut self,
        resource: &traces::ResourceView<'_>,
        patch: &mut Patch<Resource>,
    ) -> Result<Verdict, WireError> {
        self.identify(resource.attributes(), patch)
    }

    fn record(&mut self, span: &SpanView<'_>, patch: &mut Patch<Span>) -> Result<Verdict, WireError> {
        let verdict = self.sample(span, patch)?;
        if verdict == Verdict::Keep {
            self.correlate(span.attributes(), span.trace_id()?, patch)?;
        }
        Ok(verdict)
    }
}

impl Editor<LogRecord> for Enrich<'_> {
    fn resource(
        &mut self,
        resource: &logs::ResourceView<'_>,
        patch: &mut Patch<Resource>,
    ) -> Result<Verdict, WireError> {
        self.identify(resource.attributes(), patch)
    }

    fn record(
        &mut self,
        record: &LogRecordView<'_>,
        patch: &mut Patch<LogRecord>,
    ) -> Result<Verdict, WireError> {
        let trace_id = record.trace_id()?;
        if trace_id.is_some_and(|id| self.plan.samples(Signal::Logs) && !self.plan.sampler.keeps(&id)) {
            return Ok(Verdict::Drop);
        }
        self.correlate(record.attributes(), trace_id, patch)?;
        Ok(Verdict::Keep)
    }
}

/// Leaves out each record that has an id of a wrong length.
pub(crate) struct Salvage<R> {
    request: Vec<u8>,
    kind: PhantomData<R>,
}

impl<R> Default for Salvage<R> {
    fn default() -> Self {
        Self { request: Vec::new(), kind: PhantomData }
    }
}

impl<R: Record> Editor<R> for Salvage<R> {
    fn resource(
        &mut self,
        _resource: &ResourceView<'_, R>,
        _patch: &mut Patch<Resource>,
    ) -> Result<Verdict, WireError> {
        Ok(Verdict::Keep)
    }

    /// The record is checked as a request of its own. That costs copies, but only of requests with a mistake.
    fn record(&mut self, record: &R::View<'_>, _patch: &mut Patch<R>) -> Result<Verdict, WireError> {
        let mut scope = Vec::new();
        put_bytes_field(&mut scope, 2, R::message(record));
        let mut resource = Vec::new();
        put_bytes_field(&mut resource, 2, &scope);
        self.request.clear();
        put_bytes_field(&mut self.request, 1, &resource);
        match R::check(&self.request) {
            Ok(_) => Ok(Verdict::Keep),
            Err(WireError::IdLength) => Ok(Verdict::Drop),
            Err(error) => Err(error),
        }
    }
}
