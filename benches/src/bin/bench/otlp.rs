//! OTLP in, OTLP out: spans of about 720 bytes with 20 attributes over gRPC, uncompressed.

use std::error::Error;
use std::thread;
use std::time::Duration;

use weir_benches::child::Helper;
use weir_benches::usage::Usage;
use weir_stack::{Jaeger, JaegerMode, free_port};

use crate::subject::Weir;
use crate::table::{Row, Table};

/// Spans per request and requests.
const LOADS: [(u64, u64); 3] = [(10, 20_000), (100, 4_000), (1000, 500)];
/// The Go collector's batch processor waits for 200 ms.
const SETTLE: Duration = Duration::from_secs(2);

pub(crate) fn run() -> Result<Table, Box<dyn Error>> {
    let mut rows = Vec::new();
    for (spans, requests) in LOADS {
        for subject in
            ["floor (opaque relay)", "weir", "Jaeger 2 as collector, batch", "Jaeger 2 as collector"]
        {
            rows.push(measure(subject, spans, requests)?);
        }
    }
    Ok(Table { title: "OTLP in to OTLP out", record: "span", rows })
}

fn measure(subject: &str, spans: u64, requests: u64) -> Result<Row, Box<dyn Error>> {
    let mut sink = Helper::start("otlp-sink", &[])?;
    let upstream = sink.line()?;
    let folder = tempfile::tempdir()?;
    let records = spans * requests;
    let usage = match subject {
        "floor (opaque relay)" => {
            let mut floor = Helper::start("otlp-floor", &[&upstream])?;
            let address = floor.line()?;
            let before = Usage::of(floor.id())?;
            load(&address, spans, requests)?;
            since(before, Usage::of(floor.id())?)
        }
        "weir" => {
            let port = free_port();
            let config = format!(
                "otlp: {{grpc: {{listen: \"127.0.0.1:{port}\"}}}}\nforward: [{{endpoint: \"http://{upstream}\", \
                 signals: [traces]}}]\n"
            );
            let weir = Weir::start(folder.path(), &config)?;
            let before = weir.usage()?;
            load(&format!("127.0.0.1:{port}"), spans, requests)?;
            weir.drain(records)?;
            let usage = since(before, weir.usage()?);
            weir.stop();
            usage
        }
        _ => {
            let mode = JaegerMode::Collector { to: upstream, batch: subject.ends_with("batch") };
            let jaeger = Jaeger::start(&mode, folder.path())?;
            let id = jaeger.id().ok_or("jaeger has ended")?;
            let before = Usage::of(id)?;
            load(jaeger.grpc_endpoint().trim_start_matches("http://"), spans, requests)?;
            thread::sleep(SETTLE);
            since(before, Usage::of(id)?)
        }
    };
    let arrived = sink.finish()?;
    if arrived["records"].as_u64() != Some(records) {
        return Err(format!("{subject}: {records} spans were sent, the sink says {arrived}").into());
    }
    Ok(Row {
        load: format!("{spans} spans per request"),
        subject: subject.to_owned(),
        records,
        cpu_seconds: usage.cpu_seconds,
        peak_resident_bytes: usage.peak_resident_bytes,
        wire_bytes: arrived["bytes"].as_u64(),
    })
}

pub(crate) fn load(address: &str, spans: u64, requests: u64) -> Result<(), Box<dyn Error>> {
    let (spans, requests) = (format!("spans={spans}"), format!("requests={requests}"));
    Helper::start("otlp-load", &[address, &spans, &requests, "connections=2", "in-flight=4"])?.finish()?;
    Ok(())
}

pub(crate) fn since(before: Usage, after: Usage) -> Usage {
    Usage { cpu_seconds: after.cpu_seconds - before.cpu_seconds, ..after }
}
