//! What the views, checks and writers cost per record, on one thread.
//!
//! `cargo run -p weir-proto --profile quick --example cost`

use std::hint::black_box;
use std::time::Instant;

use bytes::Bytes;
use prost::Message;
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::common::any_value::Value;
use weir_proto::generated::otlp::common::{AnyValue, KeyValue};
use weir_proto::generated::otlp::resource::Resource;
use weir_proto::generated::otlp::trace::{ResourceSpans, ScopeSpans, Span};
use weir_proto::otlp::traces::{RequestView, SpanView};
use weir_proto::otlp::write::{LogRecord, LogsHeader, LogsWriter};
use weir_proto::otlp::{
    AnyValueView, Editor, Patch, Resource as ResourceKind, ResourceView, Verdict, check_traces, rewrite,
    traces,
};
use weir_proto::remote_write_v2::{
    Metadata, RequestWriter, Sample, SeriesHead, SymbolTable, count_records, join,
};
use weir_proto::wire::WireError;

const SPANS: u64 = 1000;

fn span(number: u64) -> Span {
    let attribute = |index: u64| KeyValue {
        key: format!("attribute.{index:02}"),
        value: Some(AnyValue {
            value: Some(match index {
                0..3 => Value::IntValue((number * 977 + index) as i64),
                _ => Value::StringValue(format!("value-{index:02}-{:04}", number % 10_000)),
            }),
        }),
        key_strindex: 0,
    };
    Span {
        trace_id: (u128::from(number) * 0x9e37_79b9_7f4a_7c15_f39c).to_be_bytes().to_vec(),
        span_id: (number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_be_bytes().to_vec(),
        parent_span_id: (number.wrapping_mul(0x517c_c1b7_2722_0a95)).to_be_bytes().to_vec(),
        name: "GET /api/v1/things/{id}".to_owned(),
        kind: 2,
        start_time_unix_nano: 1_700_000_000_000_000_000 + number,
        end_time_unix_nano: 1_700_000_000_100_000_000 + number,
        attributes: (0..20).map(attribute).collect(),
        ..Span::default()
    }
}

fn trace_request() -> Bytes {
    let attribute = |key: &str| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(Value::StringValue("checkout".to_owned())) }),
        key_strindex: 0,
    };
    let spans = (1..=SPANS).map(span).collect();
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource = Some(Resource {
        attributes: vec![attribute("service.name"), attribute("host.name")],
        ..Resource::default()
    });
    let resource_spans = vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }];
    Bytes::from(ExportTraceServiceRequest { resource_spans }.encode_to_vec())
}

/// Keeps one span in `keep_one_of`, and marks those it keeps when told to.
struct Sampler {
    keep_one_of: u8,
    mark: bool,
}

impl Editor<traces::Span> for Sampler {
    fn resource(
        &mut self,
        _resource: &ResourceView<'_, traces::Span>,
        _patch: &mut Patch<ResourceKind>,
    ) -> Result<Verdict, WireError> {
        Ok(Verdict::Keep)
    }

    fn record(&mut self, span: &SpanView<'_>, patch: &mut Patch<traces::Span>) -> Result<Verdict, WireError> {
        let id = span.trace_id()?.unwrap_or_default();
        if id[15] % self.keep_one_of != 0 {
            return Ok(Verdict::Drop);
        }
        if self.mark {
            patch.set_trace_state("ot=th:e668");
        }
        Ok(Verdict::Keep)
    }
}

/// Nanoseconds per record of the fastest of many runs of `work`.
#[expect(clippy::print_stdout, reason = "the result of this program")]
fn report<T>(name: &str, records: u64, mut work: impl FnMut() -> T) {
    let fastest = (0..400)
        .map(|_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed()
        })
        .min()
        .unwrap_or_default();
    println!("{name:<45} {:>8.1} ns", fastest.as_nanos() as f64 / records as f64);
}

fn span_costs() {
    let request = trace_request();
    report(&format!("span of {} bytes: copy", request.len() as u64 / SPANS), SPANS, || request.to_vec());
    report("span: check", SPANS, || check_traces(&request));
    report("span: decode with prost", SPANS, || ExportTraceServiceRequest::decode(request.clone()).map(drop));
    let spans = || {
        let resources = RequestView::new(&request).resources().flatten();
        resources.flat_map(|resource| resource.scopes().flatten()).flat_map(|scope| scope.records().flatten())
    };
    report("span: view and trace id", SPANS, || {
        spans().filter(|span| matches!(span.trace_id(), Ok(Some(_)))).count()
    });
    report("span: search for an attribute that is absent", SPANS, || {
        spans().filter(|span| matches!(span.attributes().find("correlation.id"), Ok(None))).count()
    });
    for (name, keep_one_of, mark) in [
        ("keep all", 1, false),
        ("keep 1 in 10", 10, false),
        ("keep and mark 1 in 10", 10, true),
        ("mark all", 1, true),
    ] {
        report(&format!("span: rewrite, {name}"), SPANS, || {
            rewrite::<traces::Span, _>(&request, &mut Sampler { keep_one_of, mark })
        });
    }
}

fn log_costs() {
    let header = LogsHeader::new(&[("host.name", AnyValueView::Str("node"))], "weir.tail", &[]);
    let body = "x".repeat(480);
    report("log record of 480 bytes: write", 1000, || {
        let mut writer = LogsWriter::new(&header, 1000 * 600);
        for offset in 0..1000 {
            writer.append(&LogRecord {
                time_unix_nano: 1,
                observed_time_unix_nano: 1,
                severity_number: 9,
                body: &body,
                attributes: &[
                    ("log.offset", AnyValueView::Int(offset * 481)),
                    ("weir.json", AnyValueView::Bytes(&[1; 8])),
                ],
                trace_id: Some([1; 16]),
                span_id: Some([2; 8]),
                ..LogRecord::default()
            });
        }
        writer.finish()
    });
}

fn sample_costs() {
    let mut symbols = SymbolTable::new();
    let heads: Vec<_> = (0..1000)
        .map(|series| {
            let refs: Vec<_> = (0..10)
                .flat_map(|label| [format!("label{label}"), format!("value{}", series * label)])
                .map(|text| symbols.intern(&text))
                .collect();
            SeriesHead::new(&refs, Metadata { kind: 1, help_ref: 1, unit_ref: 0 })
        })
        .collect();
    let mut writer = RequestWriter::default();
    let mut slots = Vec::new();
    report("sample: put", 1000, || {
        writer.clear();
        slots.clear();
        for head in &heads {
            let sample = Sample { value: 1.5, timestamp: 1_700_000_000_000, start_timestamp: 0 };
            slots.push(writer.put_sample(head.as_bytes(), &sample));
        }
    });
    let mut template = writer.template(&symbols);
    report("sample: set in a template", 1000, || {
        slots.iter().all(|slot| template.set(*slot, 2.5, 1_700_000_015_000))
    });
    report("sample: count", 1000, || count_records(template.as_bytes()));
    report("sample: join", 4000, || join([template.as_bytes(); 4]));
}

fn main() {
    span_costs();
    log_costs();
    sample_costs();
}
