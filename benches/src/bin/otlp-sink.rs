//! A destination that counts: takes spans over OTLP/gRPC and keeps nothing. Prints its address, and when its standard
//! input ends, one JSON object with requests, bytes (before compression), records and its own usage.

use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tonic::Status;
use weir_benches::otlp::serve;
use weir_benches::usage::Usage;
use weir_proto::otlp::check_traces;

#[derive(Default)]
struct Counts {
    requests: AtomicU64,
    bytes: AtomicU64,
    records: AtomicU64,
}

impl Counts {
    fn take(&self, spans: &Bytes) -> Result<Bytes, Status> {
        let records = check_traces(spans).map_err(|error| Status::invalid_argument(error.to_string()))?;
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(spans.len() as u64, Ordering::Relaxed);
        self.records.fetch_add(records, Ordering::Relaxed);
        Ok(Bytes::new())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", listener.local_addr()?)?;
    out.flush()?;
    let counts = Arc::new(Counts::default());
    let counted = Arc::clone(&counts);
    let mut input = Vec::new();
    let mut stdin = tokio::io::stdin();
    tokio::select! {
        ended = serve(listener, move |spans| std::future::ready(counted.take(&spans))) => ended?,
        ended = stdin.read_to_end(&mut input) => drop(ended?),
    }
    let usage = Usage::own()?;
    let answer = serde_json::json!({
        "requests": counts.requests.load(Ordering::Relaxed),
        "bytes": counts.bytes.load(Ordering::Relaxed),
        "records": counts.records.load(Ordering::Relaxed),
        "cpu_seconds": usage.cpu_seconds,
        "peak_resident_bytes": usage.peak_resident_bytes,
    });
    writeln!(out, "{answer}")?;
    Ok(())
}
