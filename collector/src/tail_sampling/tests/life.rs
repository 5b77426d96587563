//! One life of the process around tail sampling.

use std::time::Duration;

use prometheus::Registry;
use prost::Message;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use weir_config::TailSamplingConfig;
use weir_intake::Intake;
use weir_ledger::{Ledger, Settlement};
use weir_model::{Receiver, Signal};
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::common::{AnyValue, KeyValue, any_value};
use weir_proto::generated::otlp::resource::Resource;
use weir_proto::generated::otlp::trace::{ResourceSpans, ScopeSpans, Span, Status};
use weir_spool::{Reader, TakeLimits};

use crate::rig::{DEADLINE, intake, opened};
use crate::tail_sampling::{TailSampling, TailSamplingParts};

const TAIL: &str = "tail_sampling";
const JAEGER: &str = "jaeger";

/// What stays between lives.
pub(super) struct World(TempDir);

impl World {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().expect("temporary folder"))
    }
}

pub(super) fn id(number: u8) -> [u8; 16] {
    let mut id = [number; 16];
    // Low randomness, unless a test says otherwise.
    id[15] = number;
    id
}

/// A span to be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) trace: [u8; 16],
    pub(super) span: u64,
    pub(super) parent: Option<u64>,
    pub(super) error: bool,
    pub(super) millis: u64,
    pub(super) attribute: Option<(&'static str, &'static str)>,
    pub(super) service: &'static str,
    pub(super) state: &'static str,
}

impl Default for Sent {
    fn default() -> Self {
        Self {
            trace: [0; 16],
            span: 1,
            parent: None,
            error: false,
            millis: 1,
            attribute: None,
            service: "shop",
            state: "",
        }
    }
}

/// A span that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) trace: [u8; 16],
    pub(super) span: u64,
    pub(super) state: String,
}

pub(super) struct Life {
    pub(super) tail: TailSampling,
    pub(super) ledger: Ledger,
    undecided: Intake,
    jaeger: Reader,
    registry: Registry,
}

impl Life {
    pub(super) async fn begin(world: &World, config: &TailSamplingConfig) -> Self {
        let folder = world.0.path();
        let undecided_ledger = Ledger::new();
        let ledger = Ledger::behind(&undecided_ledger);
        let undecided_spool = opened(&folder.join("undecided"), &undecided_ledger).await;
        let spool = opened(&folder.join("spool"), &ledger).await;
        let jaeger = spool.subscribe(Signal::Traces, JAEGER).expect("a cursor");
        let registry = Registry::new();
        let parts = TailSamplingParts {
            undecided: undecided_spool.subscribe(Signal::Traces, TAIL).expect("a cursor"),
            undecided_end: undecided_spool.end(Signal::Traces),
            undecided_ledger: undecided_ledger.clone(),
            exporter: TAIL,
            intake: intake(&spool, &ledger),
            spool: &spool,
            ledger: ledger.clone(),
            folder: folder.join("tail_sampling"),
            registry: &registry,
        };
        let tail = TailSampling::start(config, parts).expect("it starts");
        Self { tail, undecided: intake(&undecided_spool, &undecided_ledger), ledger, jaeger, registry }
    }

    /// Sends spans in one request, acknowledged.
    pub(super) async fn send(&self, spans: &[Sent]) {
        let body = request(spans).encode_to_vec();
        self.undecided.traces(Receiver::OtlpGrpc, body.into()).await.expect("it is taken");
    }

    /// Everything kept that was not seen before, without waiting.
    pub(super) async fn kept(&mut self) -> Vec<Kept> {
        let limits = TakeLimits { bytes_max: 1 << 30, records_max: 1 << 30, entries_max: 10_000 };
        let mut kept = Vec::new();
        while self.jaeger.held_records() > 0 {
            for entry in self.jaeger.take(&limits).await {
                let spans = spans_of(&entry.batch.payload);
                assert_eq!(spans.len(), entry.batch.records as usize);
                let settlement = Settlement { delivered: spans.len() as u64, ..Settlement::default() };
                self.ledger.settle(Signal::Traces, JAEGER, spans.len() as u64, &settlement);
                self.jaeger.settle(&[entry.id]);
                kept.extend(spans);
            }
        }
        kept
    }

    /// Waits until `spans` were kept, and a little longer.
    pub(super) async fn kept_after(&mut self, spans: usize) -> Vec<Kept> {
        let until = Instant::now() + DEADLINE;
        let mut kept = Vec::new();
        while kept.len() < spans {
            assert!(Instant::now() < until, "{kept:?}");
            sleep(Duration::from_millis(20)).await;
            kept.extend(self.kept().await);
        }
        sleep(Duration::from_millis(150)).await;
        kept.extend(self.kept().await);
        kept
    }

    pub(super) async fn until(&self, holds: impl Fn(&Self) -> bool) {
        let until = Instant::now() + DEADLINE;
        while !holds(self) {
            assert!(Instant::now() < until, "{:?}", self.ledger.snapshot());
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until nothing is undecided.
    pub(super) async fn until_settled(&self) {
        self.until(|life| {
            let books = life.ledger.snapshot();
            let accounts = &books.signal(Signal::Traces).exporters;
            accounts.iter().all(|account| account.name != TAIL || account.held == 0)
        })
        .await;
    }

    /// Spans that tail sampling has taken from its spool, about: those that are decided over or in memory.
    pub(super) fn received_by_tail(&self) -> u64 {
        let decided: f64 = ["evicted", "root", "wait", "late"]
            .iter()
            .map(|cause| self.counter("weir_tail_sampling_decisions_total", cause))
            .sum();
        decided as u64 + self.gauge("weir_tail_sampling_undecided_traces") as u64
    }

    pub(super) fn gauge(&self, name: &str) -> f64 {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == name);
        family.map_or(0.0, |family| family.get_metric()[0].get_gauge().get_value())
    }

    pub(super) fn counter(&self, name: &str, label: &str) -> f64 {
        let families = self.registry.gather();
        let metrics =
            families.iter().filter(|family| family.name() == name).flat_map(|family| family.get_metric());
        let mut of = metrics.filter(|metric| metric.get_label()[0].value() == label);
        of.next().map_or(0.0, |metric| metric.get_counter().get_value())
    }

    pub(super) async fn stop(self) {
        self.tail.stop().await;
    }

    /// Ends between two instructions, without a word.
    pub(super) fn kill(self) {
        self.tail.task.abort();
    }
}

fn request(spans: &[Sent]) -> ExportTraceServiceRequest {
    let text = |text: &str| Some(AnyValue { value: Some(any_value::Value::StringValue(text.to_owned())) });
    let attribute =
        |key: &str, value: &str| KeyValue { key: key.to_owned(), value: text(value), ..KeyValue::default() };
    let resource_spans = spans.iter().map(|sent| {
        let span = Span {
            trace_id: if sent.trace == [0; 16] { Vec::new() } else { sent.trace.to_vec() },
            span_id: sent.span.to_be_bytes().to_vec(),
            parent_span_id: sent.parent.map(|parent| parent.to_be_bytes().to_vec()).unwrap_or_default(),
            trace_state: sent.state.to_owned(),
            name: "GET /".to_owned(),
            start_time_unix_nano: 1_795_527_000_000_000_000,
            end_time_unix_nano: 1_795_527_000_000_000_000 + sent.millis * 1_000_000,
            attributes: sent.attribute.iter().map(|(key, value)| attribute(key, value)).collect(),
            status: sent.error.then(|| Status { code: 2, ..Status::default() }),
            ..Span::default()
        };
        let resource =
            Resource { attributes: vec![attribute("service.name", sent.service)], ..Resource::default() };
        let scope_spans =
            vec![ScopeSpans { spans: vec![span], schema_url: "s".to_owned(), ..ScopeSpans::default() }];
        ResourceSpans { resource: Some(resource), scope_spans, schema_url: "r".to_owned() }
    });
    ExportTraceServiceRequest { resource_spans: resource_spans.collect() }
}

fn spans_of(payload: &[u8]) -> Vec<Kept> {
    let request = ExportTraceServiceRequest::decode(payload).expect("a request");
    let mut kept = Vec::new();
    for resource in request.resource_spans {
        assert_eq!(resource.schema_url, "r");
        assert_eq!(resource.resource.map(|resource| resource.attributes.len()), Some(1));
        for scope in resource.scope_spans {
            assert_eq!(scope.schema_url, "s");
            kept.extend(scope.spans.into_iter().map(|span| Kept {
                trace: span.trace_id.try_into().unwrap_or_default(),
                span: u64::from_be_bytes(span.span_id.try_into().expect("8 bytes")),
                state: span.trace_state,
            }));
        }
    }
    kept
}
