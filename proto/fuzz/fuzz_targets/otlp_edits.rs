//! Any request and any decisions: an edit never panics, and an edited request is sound and has the records it says.
//!
//! The first byte is the number of bytes of decisions that follow; the rest is the request.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use weir_proto::otlp::logs::LogRecordView;
use weir_proto::otlp::traces::SpanView;
use weir_proto::otlp::{
    AnyValueView, Editor, Kind, Patch, Resource, ResourceView, Verdict, check_logs, check_traces, logs, rewrite, traces,
};
use weir_proto::wire::WireError;

struct Decisions<'a>(std::slice::Iter<'a, u8>);

impl Decisions<'_> {
    fn next(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    fn decide<K: Kind>(&mut self, patch: &mut Patch<K>) -> Verdict {
        match self.next() % 4 {
            1 => patch.add_attribute("host.name", AnyValueView::Str("node")),
            2 => patch.add_attribute("long", AnyValueView::Bytes(&[7; 130])),
            3 => return Verdict::Drop,
            _ => {}
        }
        Verdict::Keep
    }
}

impl Editor<traces::Span> for Decisions<'_> {
    fn resource(
        &mut self,
        _resource: &ResourceView<'_, traces::Span>,
        patch: &mut Patch<Resource>,
    ) -> Result<Verdict, WireError> {
        Ok(self.decide(patch))
    }

    fn record(&mut self, _span: &SpanView<'_>, patch: &mut Patch<traces::Span>) -> Result<Verdict, WireError> {
        if self.next() % 2 == 1 {
            patch.set_trace_state("ot=th:8");
        }
        Ok(self.decide(patch))
    }
}

impl Editor<logs::LogRecord> for Decisions<'_> {
    fn resource(
        &mut self,
        _resource: &ResourceView<'_, logs::LogRecord>,
        patch: &mut Patch<Resource>,
    ) -> Result<Verdict, WireError> {
        Ok(self.decide(patch))
    }

    fn record(
        &mut self,
        _record: &LogRecordView<'_>,
        patch: &mut Patch<logs::LogRecord>,
    ) -> Result<Verdict, WireError> {
        if self.next() % 2 == 1 {
            patch.set_trace_id(&[1; 16]);
            patch.set_severity_number(17);
        }
        Ok(self.decide(patch))
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&len, rest)) = input.split_first() else { return };
    let (decisions, request) = rest.split_at(rest.len().min(usize::from(len)));
    let request = Bytes::copy_from_slice(request);
    edit::<traces::Span>(&request, decisions, check_traces);
    edit::<logs::LogRecord>(&request, decisions, check_logs);
});

fn edit<K: Kind>(request: &Bytes, decisions: &[u8], check: fn(&[u8]) -> Result<u64, WireError>)
where
    for<'a> Decisions<'a>: Editor<K>,
{
    let edited = rewrite::<K, _>(request, &mut Decisions(decisions.iter()));
    if let Ok(records) = check(request) {
        let edited = edited.expect("what the check accepts can be edited");
        assert_eq!(edited.kept + edited.dropped, records);
        assert_eq!(check(&edited.payload), Ok(edited.kept));
    }
}
