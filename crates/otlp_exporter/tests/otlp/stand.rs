//! What the tests share: configurations, batches, a sink that keeps what it gets.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use prometheus::Registry;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use weir_config::{Compression, HttpClientConfig, OtlpExporterConfig, OtlpProtocol};
use weir_delivery::{Exporter, Outcome};
use weir_model::{Batch, OrderKey, Receiver, Signal, UnixNanos};
use weir_otlp_exporter::{OtlpExporter, Request};
use weir_otlp_receiver::{Accepted, Limits, OtlpMetrics, Refused, Sink, serve_grpc, serve_http};

pub(crate) const DELIVERED: Outcome = Outcome::Delivered { deduplicated: 0 };

/// An exporter's configuration for a server on loopback.
pub(crate) fn config(address: SocketAddr, protocol: OtlpProtocol) -> OtlpExporterConfig {
    OtlpExporterConfig {
        name: "jaeger".to_owned(),
        endpoint: format!("http://{address}"),
        protocol,
        signals: vec![Signal::Traces, Signal::Logs],
        compression: Compression::None,
        http: HttpClientConfig::default(),
        headers: BTreeMap::new(),
        request_bytes_max: 1 << 20,
        requests_max: 4,
        timeout: Duration::from_secs(60),
    }
}

pub(crate) fn exporter(address: SocketAddr, protocol: OtlpProtocol) -> OtlpExporter {
    OtlpExporter::new(&config(address, protocol)).expect("the configuration is valid")
}

/// Batches with these payloads, the n-th of n + 1 records.
pub(crate) fn batches(signal: Signal, payloads: &[Bytes]) -> Vec<Batch> {
    let batch = |(index, payload): (usize, &Bytes)| Batch {
        signal,
        records: index as u32 + 1,
        key: OrderKey::ANY,
        received: UnixNanos(0),
        payload: payload.clone(),
    };
    payloads.iter().enumerate().map(batch).collect()
}

/// A request of three batches with 6 records, together larger than a frame and a window.
pub(crate) fn three(exporter: &OtlpExporter, signal: Signal) -> (Request, Vec<u8>) {
    let payloads = [vec![1; 70_000], Vec::new(), vec![2; 1_500_000]].map(Bytes::from);
    let encoded = exporter.encode(&batches(signal, &payloads));
    assert_eq!(encoded.records, 6);
    (encoded.request.expect("there is something to send"), payloads.concat())
}

/// A request of one small batch with one record.
pub(crate) fn small(exporter: &OtlpExporter) -> Request {
    let payload = [Bytes::from_static(b"one span")];
    exporter.encode(&batches(Signal::Traces, &payload)).request.expect("there is something to send")
}

/// A sink that keeps what it gets, once it has leave.
#[derive(Clone)]
struct Keep {
    kept: mpsc::UnboundedSender<(Signal, Bytes)>,
    leave: Arc<Semaphore>,
}

impl Keep {
    async fn keep(&self, signal: Signal, body: Bytes) -> Result<Accepted, Refused> {
        let _ = self.kept.send((signal, body));
        self.leave.acquire().await.expect("the semaphore stays open").forget();
        Ok(Accepted::default())
    }
}

impl Sink for Keep {
    fn traces(&self, _: Receiver, body: Bytes) -> impl Future<Output = Result<Accepted, Refused>> + Send {
        self.keep(Signal::Traces, body)
    }

    fn logs(&self, _: Receiver, body: Bytes) -> impl Future<Output = Result<Accepted, Refused>> + Send {
        self.keep(Signal::Logs, body)
    }
}

/// A weir receiver.
pub(crate) struct Weir {
    pub(crate) address: SocketAddr,
    pub(crate) kept: mpsc::UnboundedReceiver<(Signal, Bytes)>,
    pub(crate) leave: Arc<Semaphore>,
    pub(crate) shutdown: oneshot::Sender<()>,
    pub(crate) ended: JoinHandle<()>,
}

/// Starts weir's receiver, whose sink has `permits` to take requests.
pub(crate) async fn weir(
    address: SocketAddr,
    protocol: OtlpProtocol,
    limits: Limits,
    permits: usize,
) -> Weir {
    let listener = TcpListener::bind(address).await.expect("the port is free");
    let address = listener.local_addr().expect("it is bound");
    let (tell, kept) = mpsc::unbounded_channel();
    let leave = Arc::new(Semaphore::new(permits));
    let sink = Keep { kept: tell, leave: leave.clone() };
    let (shutdown, told) = oneshot::channel::<()>();
    let ended = tokio::spawn(async move {
        let metrics = OtlpMetrics::register(&Registry::new()).expect("the registry is empty");
        let told = async move {
            let _ = told.await;
        };
        match protocol {
            OtlpProtocol::Grpc => serve_grpc(listener, limits, sink, &metrics, told).await,
            OtlpProtocol::HttpProtobuf => serve_http(listener, limits, sink, &metrics, told).await,
        }
    });
    Weir { address, kept, leave, shutdown, ended }
}

/// A free port on loopback.
pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}
