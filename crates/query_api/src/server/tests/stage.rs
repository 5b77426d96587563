//! A server with something in its store, and a client that sends what it is told to.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use prometheus::Registry;
use prost::Message;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use weir_delivery::{Exporter, Outcome};
use weir_model::{Batch, OrderKey, Signal, UnixNanos};
use weir_proto::generated::otlp::collector_logs::ExportLogsServiceRequest;
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::common::any_value::Value as AnyKind;
use weir_proto::generated::otlp::common::{AnyValue, InstrumentationScope, KeyValue};
use weir_proto::generated::otlp::logs::{LogRecord, ResourceLogs, ScopeLogs};
use weir_proto::generated::otlp::resource::Resource;
use weir_proto::generated::otlp::trace::span::{Event, Link};
use weir_proto::generated::otlp::trace::{ResourceSpans, ScopeSpans, Span};
use weir_proto::remote_write_v2::{Metadata, RequestWriter, Sample, SeriesHead, SymbolTable, put_exemplar};
use weir_store::{Store, StoreSettings};

use crate::{
    ComponentDrops, DeliveredFlow, DropCount, DroppedFlow, Drops, ExporterAccount, ExporterFlow,
    ExporterKind, ExporterState, Input, InputKind, LabelChange, LabelMap, Ledger, Pipeline, PipelineState,
    ProcessorFlow, ReceivedCount, ReceivedFlow, ReceiverFlow, RelabelOutcome, RelabelRule, RelabelStep,
    Relabelling, Running, Settings, SignalBooks, SpoolFlow, SpooledFlow, Target, TargetHealth, Targets,
    serve,
};

pub(super) const TRACE: [u8; 16] = [7; 16];

/// A server that ends with the test.
pub(super) struct Stage {
    pub(super) address: SocketAddr,
    pub(super) store: Store,
    pub(super) stop: CancellationToken,
    pub(super) served: JoinHandle<std::io::Result<()>>,
    _folder: TempDir,
}

impl Stage {
    pub(super) async fn start() -> Self {
        Self::with_token(None).await
    }

    pub(super) async fn with_token(token: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(StoreSettings::new(folder.path()), &Registry::new()).expect("a store");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let settings = Settings {
            token: token.map(str::to_owned),
            host_names: vec!["weir.example".to_owned()],
            version: "0.0.0",
        };
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let served = tokio::spawn(serve(listener, store.clone(), Arc::new(Fixed), settings, stopped));
        Self { address, store, stop, served, _folder: folder }
    }

    /// GET with the right host and these headers besides.
    pub(super) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        let host = self.address.to_string();
        let mut all = vec![("Host", host.as_str())];
        all.extend_from_slice(headers);
        self.ask("GET", path, &all).await
    }

    pub(super) async fn get(&self, path: &str) -> Response {
        self.get_with(path, &[]).await
    }

    /// An answer of the API that must be good.
    pub(super) async fn api(&self, path: &str) -> Value {
        let answer = self.get(&format!("/api/v1{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).expect("JSON")
    }

    /// Exactly these headers, and `Connection: close`.
    pub(super) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut stream = self.send(method, path, headers).await;
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes));
        read.await.expect("an answer in time").expect("an answer");
        Response::of(&String::from_utf8_lossy(&bytes))
    }

    pub(super) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.expect("it listens");
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!("{method} {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("it reads");
        stream
    }

    pub(super) async fn put(&self, signal: Signal, records: usize, payload: Vec<u8>) {
        let batch = Batch {
            signal,
            records: records as u32,
            key: OrderKey::ANY,
            received: UnixNanos::now(),
            payload: payload.into(),
        };
        let mut request = self.store.encode(&[batch]).request.expect("a request");
        assert_eq!(self.store.send(&mut request).await, Outcome::Delivered { deduplicated: 0 });
    }

    /// Log records of now with these bodies.
    pub(super) async fn put_logs(&self, bodies: &[String]) {
        let now = UnixNanos::now().0;
        let records = bodies.iter().enumerate().map(|(index, body)| LogRecord {
            time_unix_nano: now + index as u64,
            severity_number: 17,
            body: Some(AnyValue { value: Some(AnyKind::StringValue(body.clone())) }),
            trace_id: TRACE.to_vec(),
            span_id: vec![1; 8],
            attributes: vec![text("log.iostream", "stdout")],
            ..LogRecord::default()
        });
        let request = ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                resource: Some(resource()),
                scope_logs: vec![ScopeLogs {
                    scope: Some(InstrumentationScope {
                        name: "shop".to_owned(),
                        ..InstrumentationScope::default()
                    }),
                    log_records: records.collect(),
                    ..ScopeLogs::default()
                }],
                ..ResourceLogs::default()
            }],
        };
        self.put(Signal::Logs, bodies.len(), request.encode_to_vec()).await;
    }

    /// A trace of two spans with an event and a link.
    pub(super) async fn put_trace(&self) {
        let now = UnixNanos::now().0;
        let span = |id: u8, parent: &[u8]| Span {
            trace_id: TRACE.to_vec(),
            span_id: vec![id; 8],
            parent_span_id: parent.to_vec(),
            name: format!("op{id}"),
            kind: 2,
            start_time_unix_nano: now,
            end_time_unix_nano: now + 1_000_000,
            attributes: vec![text("http.route", "/checkout")],
            events: vec![Event { time_unix_nano: now, name: "exception".to_owned(), ..Event::default() }],
            links: vec![Link { trace_id: vec![8; 16], span_id: vec![8; 8], ..Link::default() }],
            ..Span::default()
        };
        let spans = vec![span(1, &[]), span(2, &[1; 8])];
        let request = ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                resource: Some(resource()),
                scope_spans: vec![ScopeSpans { spans, ..ScopeSpans::default() }],
                ..ResourceSpans::default()
            }],
        };
        self.put(Signal::Traces, 2, request.encode_to_vec()).await;
    }

    /// A sample of a counter with an exemplar of the trace.
    pub(super) async fn put_sample(&self) {
        let now_ms = (UnixNanos::now().0 / 1_000_000) as i64;
        let mut symbols = SymbolTable::new();
        let metadata = Metadata { kind: 1, help_ref: symbols.intern("Requests served."), unit_ref: 0 };
        let labels = [("__name__", "http_requests_total"), ("job", "web")];
        let refs: Vec<u32> =
            labels.iter().flat_map(|(name, value)| [symbols.intern(name), symbols.intern(value)]).collect();
        let head = SeriesHead::new(&refs, metadata);
        let refs = [symbols.intern("trace_id"), symbols.intern(&"07".repeat(16))];
        let mut exemplar = Vec::new();
        put_exemplar(&mut exemplar, &refs, 0.31, now_ms - 5);
        let mut writer = RequestWriter::default();
        writer.put_series(
            head.as_bytes(),
            &Sample { value: 42.0, timestamp: now_ms, start_timestamp: 0 },
            &exemplar,
        );
        self.put(Signal::Metrics, 1, writer.request(&symbols)).await;
    }
}

fn resource() -> Resource {
    Resource { attributes: vec![text("service.name", "checkout")], ..Resource::default() }
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyKind::StringValue(value.to_owned()));
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value }), ..KeyValue::default() }
}

/// An answer, taken apart.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    /// By name in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Response {
    fn of(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
        Self { status: status.unwrap_or_default(), headers: headers.collect(), body: body.to_owned() }
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The code of an error.
    pub(super) fn code(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

fn count() -> DropCount {
    DropCount { reason: "sampled".to_owned(), records_total: 1, records_per_second: 0.5 }
}

fn exporter() -> ExporterFlow {
    let flow = DeliveredFlow {
        signal: "logs".to_owned(),
        records_total: 1,
        records_per_second: 1.0,
        bytes_total: Some(1),
        bytes_per_second: Some(1.0),
        deduplicated_total: 0,
        held: 0,
        lag_seconds: Some(0.1),
        oldest_seconds: None,
        dropped: vec![count()],
    };
    ExporterFlow {
        name: "store".to_owned(),
        kind: ExporterKind::Store,
        endpoint: None,
        state: ExporterState::Ok,
        retrying_since_ms: None,
        last_error: None,
        in_flight: 1,
        time_to_loss_seconds: None,
        flows: vec![flow],
    }
}

/// A running program that does not change.
struct Fixed;

impl Running for Fixed {
    fn inputs(&self) -> Vec<Input> {
        let example = "export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317".to_owned();
        let address = "127.0.0.1:4317".parse().ok();
        vec![Input { kind: InputKind::OtlpGrpc, address, example }]
    }

    fn targets(&self) -> Targets {
        let labels = LabelMap::from([("job".to_owned(), "services".to_owned())]);
        let target = Target {
            id: "9f3c2a11d0e4b765".to_owned(),
            job: "services".to_owned(),
            url: "http://127.0.0.1:8080/metrics".to_owned(),
            health: TargetHealth::Down,
            last_error: Some("connection refused".to_owned()),
            last_scrape_ms: Some(1.0),
            duration_seconds: Some(0.1),
            samples: Some(0),
            interval_seconds: 15.0,
            labels: Some(labels.clone()),
            discovered_labels: labels,
            relabelled: true,
        };
        Targets { targets: vec![target], dropped: 2 }
    }

    fn relabelling(&self, id: &str) -> Option<Relabelling> {
        let rule = RelabelRule {
            action: "replace".to_owned(),
            source_labels: vec!["__meta_env".to_owned()],
            separator: ";".to_owned(),
            regex: "(.*)".to_owned(),
            target_label: Some("env".to_owned()),
            replacement: Some("$1".to_owned()),
            modulus: None,
        };
        let change = LabelChange { label: "env".to_owned(), before: None, after: Some("prod".to_owned()) };
        let step = RelabelStep { rule, changes: vec![change], outcome: RelabelOutcome::Changed };
        (id == "9f3c2a11d0e4b765").then(|| Relabelling {
            id: id.to_owned(),
            job: "services".to_owned(),
            discovered_labels: LabelMap::new(),
            steps: vec![step],
            labels: None,
        })
    }

    fn pipeline(&self) -> Pipeline {
        let received = ReceivedFlow {
            signal: "logs".to_owned(),
            records_total: 1,
            records_per_second: 1.0,
            bytes_total: Some(1),
            bytes_per_second: Some(1.0),
        };
        let receiver = ReceiverFlow { name: "tail".to_owned(), endpoint: None, flows: vec![received] };
        let flow = DroppedFlow { signal: "traces".to_owned(), dropped: vec![count()] };
        let spooled = SpooledFlow {
            signal: "logs".to_owned(),
            pending: 0,
            bytes: 1,
            oldest_seconds: None,
            damaged_frames: 0,
        };
        Pipeline {
            window_seconds: 10.0,
            state: PipelineState::Ready,
            reasons: Vec::new(),
            receivers: vec![receiver],
            processors: vec![ProcessorFlow { name: "sampling".to_owned(), flows: vec![flow] }],
            spool: SpoolFlow {
                bytes: 1,
                bytes_max: 2,
                disk_full: false,
                sync_failures: 0,
                flows: vec![spooled],
            },
            exporters: vec![exporter()],
            drops: vec![Drops {
                signal: "traces".to_owned(),
                component: "sampling".to_owned(),
                count: count(),
            }],
        }
    }

    fn ledger(&self) -> Ledger {
        let account = ExporterAccount {
            name: "store".to_owned(),
            balances: true,
            imbalance: 0,
            received: 3,
            arriving: 0,
            recovered: 0,
            before: 0,
            delivered: 2,
            deduplicated: 0,
            held: 0,
            dropped_before_spool: 1,
            dropped: 0,
            equation: "3 received + 0 recovered = 2 delivered + 0 held + 1 dropped".to_owned(),
        };
        let dropped =
            ComponentDrops { component: "limits".to_owned(), reason: "too_large".to_owned(), records: 1 };
        let books = SignalBooks {
            signal: "logs".to_owned(),
            received: vec![ReceivedCount { receiver: "tail".to_owned(), records: 3 }],
            received_total: 3,
            arriving: 0,
            pending: 0,
            dropped: vec![dropped],
            exporters: vec![account],
        };
        Ledger { balances: true, signals: vec![books] }
    }
}
