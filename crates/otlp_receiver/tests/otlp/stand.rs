//! What the tests stand on: a sink that does as told, listeners on free ports, clients.

use std::future::Future;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use prometheus::{Registry, TextEncoder};
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use weir_model::{Receiver, Signal};
use weir_otlp_receiver::{Accepted, Limits, OtlpMetrics, Refused, Sink, serve_grpc, serve_http};
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::trace::{ResourceSpans, ScopeSpans, Span};

/// What a sink was given.
pub(crate) type Taken = (Signal, Receiver, Bytes);

/// A sink that reports what it gets, waits for leave, and answers as told.
#[derive(Clone)]
pub(crate) struct Stand {
    pub(crate) answer: Result<Accepted, Refused>,
    taken: mpsc::UnboundedSender<Taken>,
    /// One permit per call that may go on.
    pub(crate) leave: Arc<Semaphore>,
    pub(crate) finished: Arc<AtomicUsize>,
}

impl Stand {
    async fn take(&self, signal: Signal, receiver: Receiver, body: Bytes) -> Result<Accepted, Refused> {
        let _ = self.taken.send((signal, receiver, body));
        self.leave.acquire().await.expect("the semaphore stays open").forget();
        self.finished.fetch_add(1, Ordering::SeqCst);
        self.answer.clone()
    }
}

impl Sink for Stand {
    fn traces(
        &self,
        receiver: Receiver,
        body: Bytes,
    ) -> impl Future<Output = Result<Accepted, Refused>> + Send {
        self.take(Signal::Traces, receiver, body)
    }

    fn logs(
        &self,
        receiver: Receiver,
        body: Bytes,
    ) -> impl Future<Output = Result<Accepted, Refused>> + Send {
        self.take(Signal::Logs, receiver, body)
    }
}

/// A running listener.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) taken: mpsc::UnboundedReceiver<Taken>,
    pub(crate) leave: Arc<Semaphore>,
    pub(crate) finished: Arc<AtomicUsize>,
    pub(crate) registry: Registry,
    pub(crate) shutdown: oneshot::Sender<()>,
    pub(crate) ended: JoinHandle<()>,
}

/// Which listener.
#[derive(Clone, Copy)]
pub(crate) enum Port {
    Grpc,
    Http,
}

/// Starts a listener whose sink gives every answer at once.
pub(crate) async fn start(port: Port, limits: Limits, answer: Result<Accepted, Refused>) -> Server {
    let server = start_waiting(port, limits, answer).await;
    server.leave.add_permits(Semaphore::MAX_PERMITS / 2);
    server
}

/// Starts a listener whose sink waits for leave before each answer.
pub(crate) async fn start_waiting(port: Port, limits: Limits, answer: Result<Accepted, Refused>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    let (tell, taken) = mpsc::unbounded_channel();
    let (leave, finished) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let stand = Stand { answer, taken: tell, leave: leave.clone(), finished: finished.clone() };
    let registry = Registry::new();
    let metrics = OtlpMetrics::register(&registry).expect("the registry is empty");
    let (shutdown, told) = oneshot::channel::<()>();
    let told = async move {
        let _ = told.await;
    };
    let ended = tokio::spawn(async move {
        match port {
            Port::Grpc => serve_grpc(listener, limits, stand, &metrics, told).await,
            Port::Http => serve_http(listener, limits, stand, &metrics, told).await,
        }
    });
    Server { address, taken, leave, finished, registry, shutdown, ended }
}

impl Server {
    /// The value of a metric with the label value `label`; 0 when there is none.
    pub(crate) fn metric(&self, name: &str, label: &str) -> f64 {
        let page = TextEncoder::new().encode_to_string(&self.registry.gather()).expect("it is a page");
        let label = format!("=\"{label}\"");
        let mut lines = page.lines().filter(|line| line.starts_with(name) && line.contains(&label));
        let value = lines.next().and_then(|line| line.rsplit(' ').next());
        value.map_or(0.0, |value| value.parse().expect("it is a number"))
    }
}

/// The listener takes everything.
pub(crate) const OK: Result<Accepted, Refused> = Ok(Accepted { rejected: 0, message: String::new() });

/// Limits with a small request size.
pub(crate) fn limits(request_bytes_max: usize) -> Limits {
    Limits { request_bytes_max, ..Limits::default() }
}

/// A request of one span with a name of `len` bytes.
pub(crate) fn spans(len: usize) -> ExportTraceServiceRequest {
    let span = Span { trace_id: vec![1; 16], span_id: vec![2; 8], name: "n".repeat(len), ..Span::default() };
    let scope = ScopeSpans { spans: vec![span], ..ScopeSpans::default() };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { scope_spans: vec![scope], ..ResourceSpans::default() }],
    }
}

/// The gzip of `bytes`.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("a Vec takes everything");
    encoder.finish().expect("a Vec takes everything")
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct RpcStatus {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
    #[prost(message, repeated, tag = "3")]
    pub(crate) details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Any {
    #[prost(string, tag = "1")]
    pub(crate) type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, tag = "1")]
    delay: Option<RpcDuration>,
}

#[derive(Clone, PartialEq, Message)]
struct RpcDuration {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// Reads an encoded `google.rpc.Status`: code, message, and the delay of its RetryInfo.
pub(crate) fn read_status(bytes: &[u8]) -> (i32, String, Option<Duration>) {
    let status = RpcStatus::decode(bytes).expect("it is a google.rpc.Status");
    let delay = status.details.iter().find(|any| any.type_url == "type.googleapis.com/google.rpc.RetryInfo");
    let delay = delay.map(|any| {
        let info = RetryInfo::decode(&any.value[..]).expect("it is a RetryInfo");
        let delay = info.delay.expect("it has a delay");
        Duration::new(delay.seconds as u64, delay.nanos as u32)
    });
    (status.code, status.message, delay)
}
