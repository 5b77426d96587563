//! The floor of OTLP in, OTLP out: a relay that never sees what it carries and answers when the upstream has.
//! `otlp-floor UPSTREAM [tonic|weir]` relays with tonic on both sides (the floor) or with weir's receiver and exporter
//! and nothing between them. Prints its address, and when its standard input ends, one JSON object with requests, bytes
//! and its own usage.

use std::collections::BTreeMap;
use std::error::Error;
use std::future::Future;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use prometheus::Registry;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use weir_benches::arguments::Arguments;
use weir_benches::otlp::{Client, serve};
use weir_benches::usage::Usage;
use weir_config::{Compression, HttpClientConfig, OtlpExporterConfig, OtlpProtocol};
use weir_delivery::{Exporter, Outcome};
use weir_model::{Batch, OrderKey, Receiver, Signal, UnixNanos};
use weir_otlp_exporter::OtlpExporter;
use weir_otlp_receiver::{Accepted, Limits, OtlpMetrics, Refused, Sink, serve_grpc};

const USAGE: &str = "usage: otlp-floor UPSTREAM [tonic|weir]";

#[derive(Default)]
struct Counts {
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Counts {
    fn count(&self, spans: &Bytes) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(spans.len() as u64, Ordering::Relaxed);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::own()?;
    let upstream = arguments.plain(0).ok_or(USAGE)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", listener.local_addr()?)?;
    out.flush()?;
    let counts = Arc::new(Counts::default());
    let mut input = Vec::new();
    let mut stdin = tokio::io::stdin();
    tokio::select! {
        ended = relay(listener, upstream, arguments.plain(1), Arc::clone(&counts)) => ended?,
        ended = stdin.read_to_end(&mut input) => drop(ended?),
    }
    let usage = Usage::own()?;
    let answer = serde_json::json!({
        "requests": counts.requests.load(Ordering::Relaxed),
        "bytes": counts.bytes.load(Ordering::Relaxed),
        "cpu_seconds": usage.cpu_seconds,
        "peak_resident_bytes": usage.peak_resident_bytes,
    });
    writeln!(out, "{answer}")?;
    Ok(())
}

async fn relay(
    listener: TcpListener,
    upstream: &str,
    kind: Option<&str>,
    counts: Arc<Counts>,
) -> Result<(), Box<dyn Error>> {
    match kind {
        None | Some("tonic") => relay_with_tonic(listener, upstream, counts).await,
        Some("weir") => relay_with_weir(listener, upstream, counts).await,
        Some(_) => Err(USAGE.into()),
    }
}

async fn relay_with_tonic(
    listener: TcpListener,
    upstream: &str,
    counts: Arc<Counts>,
) -> Result<(), Box<dyn Error>> {
    let client = Client::connect(upstream).await?;
    let answer = move |spans: Bytes| {
        counts.count(&spans);
        let mut client = client.clone();
        async move { client.export(spans).await }
    };
    Ok(serve(listener, answer).await?)
}

async fn relay_with_weir(
    listener: TcpListener,
    upstream: &str,
    counts: Arc<Counts>,
) -> Result<(), Box<dyn Error>> {
    let exporter = OtlpExporter::new(&OtlpExporterConfig {
        name: "floor".to_owned(),
        endpoint: format!("http://{upstream}"),
        protocol: OtlpProtocol::Grpc,
        signals: vec![Signal::Traces],
        compression: Compression::None,
        http: HttpClientConfig::default(),
        headers: BTreeMap::new(),
        request_bytes_max: u64::MAX,
        requests_max: u32::MAX,
        timeout: Duration::from_secs(10),
    })?;
    let relay = Relay { exporter: Arc::new(exporter), counts };
    let metrics = OtlpMetrics::register(&Registry::new())?;
    serve_grpc(listener, Limits::default(), relay, &metrics, std::future::pending()).await;
    Ok(())
}

/// Sends each request on at once.
#[derive(Clone)]
struct Relay {
    exporter: Arc<OtlpExporter>,
    counts: Arc<Counts>,
}

impl Relay {
    async fn send(&self, signal: Signal, payload: Bytes) -> Result<Accepted, Refused> {
        self.counts.count(&payload);
        let batch = Batch { signal, records: 1, key: OrderKey::ANY, received: UnixNanos(0), payload };
        let Some(mut request) = self.exporter.encode(&[batch]).request else {
            return Ok(Accepted::default());
        };
        match self.exporter.send(&mut request).await {
            Outcome::Delivered { .. } => Ok(Accepted::default()),
            other => Err(Refused::Unavailable(format!("{other:?}"))),
        }
    }
}

impl Sink for Relay {
    fn traces(&self, _: Receiver, body: Bytes) -> impl Future<Output = Result<Accepted, Refused>> + Send {
        self.send(Signal::Traces, body)
    }

    fn logs(&self, _: Receiver, body: Bytes) -> impl Future<Output = Result<Accepted, Refused>> + Send {
        self.send(Signal::Logs, body)
    }
}
