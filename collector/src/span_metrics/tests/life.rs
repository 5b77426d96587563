//! One life of the process around span metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use prometheus::Registry;
use prost::Message;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use weir_config::SpanMetricsConfig;
use weir_intake::Intake;
use weir_ledger::{Ledger, Settlement};
use weir_model::{Receiver, Signal};
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::common::{AnyValue, KeyValue, any_value};
use weir_proto::generated::otlp::resource::Resource;
use weir_proto::generated::otlp::trace::{ResourceSpans, ScopeSpans, Span, Status};
use weir_proto::generated::remote_write_v2::{Histogram, Request, TimeSeries};
use weir_sampling::{Threshold, put_threshold};
use weir_spool::{Reader, TakeLimits};

use crate::rig::{DEADLINE, intake, opened};
use crate::span_metrics::{SpanMetrics, SpanMetricsParts};

const NAME: &str = "span_metrics";
const REMOTE_WRITE: &str = "remote_write";

/// What stays between lives.
pub(super) struct World(TempDir);

impl World {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().expect("temporary folder"))
    }
}

/// A span to be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) trace: [u8; 16],
    pub(super) name: &'static str,
    pub(super) error: bool,
    pub(super) millis: u64,
    /// Of a sampler that kept it.
    pub(super) threshold: Option<Threshold>,
}

impl Default for Sent {
    fn default() -> Self {
        Self { trace: [9; 16], name: "GET /", error: false, millis: 1, threshold: None }
    }
}

pub(super) struct Life {
    span_metrics: SpanMetrics,
    pub(super) ledger: Ledger,
    undecided: Intake,
    remote_write: Reader,
    /// All samples of this life, by series.
    series: BTreeMap<String, Vec<f64>>,
    pub(super) histograms: BTreeMap<String, Histogram>,
    /// Trace ids of exemplars.
    pub(super) exemplars: BTreeSet<String>,
}

impl Life {
    pub(super) async fn begin(world: &World, series_max: u64) -> Self {
        let folder = world.0.path();
        let spans_ledger = Ledger::new();
        let ledger = Ledger::behind(&spans_ledger);
        let undecided = opened(&folder.join("undecided"), &spans_ledger).await;
        let spool = opened(&folder.join("spool"), &ledger).await;
        let remote_write = spool.subscribe(Signal::Metrics, REMOTE_WRITE).expect("a cursor");
        let registry = Registry::new();
        let parts = SpanMetricsParts {
            spans: undecided.subscribe(Signal::Traces, NAME).expect("a cursor"),
            spans_end: undecided.end(Signal::Traces),
            spans_ledger: spans_ledger.clone(),
            exporter: NAME,
            intake: intake(&spool, &ledger),
            ledger: ledger.clone(),
            labels: BTreeMap::from([("instance".to_owned(), "c1".to_owned())]),
            folder: folder.join("span_metrics"),
            registry: &registry,
        };
        let config = SpanMetricsConfig {
            interval: Duration::from_millis(50),
            series_max,
            buckets: [10, 100, 1000].map(Duration::from_millis).to_vec(),
            instance: None,
        };
        let span_metrics = SpanMetrics::start(&config, parts).expect("it starts");
        Self {
            span_metrics,
            undecided: intake(&undecided, &spans_ledger),
            ledger,
            remote_write,
            series: BTreeMap::new(),
            histograms: BTreeMap::new(),
            exemplars: BTreeSet::new(),
        }
    }

    /// Sends spans in one request, acknowledged.
    pub(super) async fn send(&self, spans: &[Sent]) {
        let body = request(spans).encode_to_vec();
        self.undecided.traces(Receiver::OtlpGrpc, body.into()).await.expect("it is taken");
    }

    /// Waits until everything sent was counted and told. The last value of each series.
    pub(super) async fn told(&mut self) -> BTreeMap<String, f64> {
        let until = Instant::now() + DEADLINE;
        while self.held() > 0 {
            assert!(Instant::now() < until, "{:?}", self.ledger.snapshot());
            sleep(Duration::from_millis(10)).await;
        }
        sleep(Duration::from_millis(150)).await;
        self.samples().await;
        self.series.iter().map(|(series, values)| (series.clone(), values[values.len() - 1])).collect()
    }

    fn held(&self) -> u64 {
        let books = self.ledger.snapshot();
        let accounts = &books.signal(Signal::Traces).exporters;
        accounts.iter().filter(|account| account.name == NAME).map(|account| account.held).sum()
    }

    /// The first value of a series in this life.
    pub(super) fn first(&self, name: &str, labels: &str) -> f64 {
        self.series[&format!("{name}{{{labels}}}")][0]
    }

    /// Samples that were not seen before, in order.
    pub(super) async fn samples(&mut self) -> Vec<(String, f64)> {
        let limits = TakeLimits { bytes_max: 1 << 30, records_max: 1 << 30, entries_max: 10_000 };
        let mut samples = Vec::new();
        while self.remote_write.held_records() > 0 {
            for entry in self.remote_write.take(&limits).await {
                let request = Request::decode(entry.batch.payload.as_ref()).expect("a request");
                request.timeseries.iter().for_each(|series| self.see(series, &request.symbols, &mut samples));
                let records = u64::from(entry.batch.records);
                let settlement = Settlement { delivered: records, ..Settlement::default() };
                self.ledger.settle(Signal::Metrics, REMOTE_WRITE, records, &settlement);
                self.remote_write.settle(&[entry.id]);
            }
        }
        samples
    }

    fn see(&mut self, series: &TimeSeries, symbols: &[String], samples: &mut Vec<(String, f64)>) {
        let name = series_name(&series.labels_refs, symbols);
        for sample in &series.samples {
            self.series.entry(name.clone()).or_default().push(sample.value);
            samples.push((name.clone(), sample.value));
        }
        for histogram in &series.histograms {
            self.histograms.insert(name.clone(), histogram.clone());
        }
        for exemplar in &series.exemplars {
            let mut labels = exemplar.labels_refs.chunks(2);
            let trace_id = labels.find(|label| symbols[label[0] as usize] == "trace_id").expect("it has one");
            self.exemplars.insert(symbols[trace_id[1] as usize].clone());
        }
    }

    pub(super) async fn stop(self) {
        self.span_metrics.stop().await;
    }

    /// Ends between two instructions, without a word.
    pub(super) fn kill(self) {
        self.span_metrics.task.abort();
    }
}

/// The indexes of a histogram's buckets.
pub(super) fn indexes(histogram: &Histogram) -> Vec<i32> {
    let mut indexes = Vec::new();
    let mut next = 0;
    for span in &histogram.positive_spans {
        next += span.offset;
        indexes.extend(next..next + span.length as i32);
        next += span.length as i32;
    }
    indexes
}

fn series_name(refs: &[u32], symbols: &[String]) -> String {
    let pairs: Vec<(&str, &str)> = refs
        .chunks(2)
        .map(|pair| (symbols[pair[0] as usize].as_str(), symbols[pair[1] as usize].as_str()))
        .collect();
    assert!(pairs.is_sorted(), "{pairs:?}");
    let labels: Vec<String> = pairs[1..].iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("{}{{{}}}", pairs[0].1, labels.join(","))
}

fn request(spans: &[Sent]) -> ExportTraceServiceRequest {
    let spans = spans.iter().map(|sent| {
        let mut state = Vec::new();
        sent.threshold.iter().for_each(|&threshold| put_threshold(b"", threshold, &mut state));
        Span {
            trace_id: sent.trace.to_vec(),
            span_id: vec![1; 8],
            trace_state: String::from_utf8(state).expect("UTF-8"),
            name: sent.name.to_owned(),
            kind: 2,
            start_time_unix_nano: 1_795_527_000_000_000_000,
            end_time_unix_nano: 1_795_527_000_000_000_000 + sent.millis * 1_000_000,
            status: sent.error.then(|| Status { code: 2, ..Status::default() }),
            ..Span::default()
        }
    });
    let value = Some(AnyValue { value: Some(any_value::Value::StringValue("shop".to_owned())) });
    let name = KeyValue { key: "service.name".to_owned(), value, ..KeyValue::default() };
    let resource = Some(Resource { attributes: vec![name], ..Resource::default() });
    let scope_spans = vec![ScopeSpans { spans: spans.collect(), ..ScopeSpans::default() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }],
    }
}
