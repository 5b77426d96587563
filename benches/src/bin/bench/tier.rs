//! Tail sampling: spans of about 720 bytes, each a trace that is decided over 2 s after it came; a tenth is kept.

use std::error::Error;
use std::thread;
use std::time::Duration;

use weir_benches::child::Helper;
use weir_benches::usage::Usage;
use weir_stack::{Jaeger, JaegerMode, free_port};

use crate::otlp::{load, since};
use crate::subject::Weir;
use crate::table::{Row, Table};

/// Spans per request and requests.
const LOADS: [(u64, u64); 2] = [(100, 4_000), (1000, 500)];
/// The wait for a decision, and then some.
const SETTLE: Duration = Duration::from_secs(6);
const WEIR: &str = "weir collector";
const WEIR_METRICS: &str = "weir collector, span metrics too";
const PEER: &str = "Jaeger 2 as collector, tail_sampling, batch";
/// Kept spans may differ from a tenth by so much of them; the peer hashes ids, weir takes them as random.
const CHANCE: f64 = 0.2;

pub(crate) fn run() -> Result<Table, Box<dyn Error>> {
    let mut rows = Vec::new();
    for (spans, requests) in LOADS {
        for subject in [WEIR, WEIR_METRICS, PEER] {
            rows.push(measure(subject, spans, requests)?);
        }
    }
    Ok(Table { title: "Tail sampling", record: "span", rows })
}

fn measure(subject: &str, spans: u64, requests: u64) -> Result<Row, Box<dyn Error>> {
    let mut sink = Helper::start("otlp-sink", &[])?;
    let upstream = sink.line()?;
    let folder = tempfile::tempdir()?;
    let records = spans * requests;
    let usage = if subject == PEER {
        let jaeger = Jaeger::start(&JaegerMode::TailSampling { to: upstream }, folder.path())?;
        let id = jaeger.id().ok_or("jaeger has ended")?;
        let before = Usage::of(id)?;
        load(jaeger.grpc_endpoint().trim_start_matches("http://"), spans, requests)?;
        thread::sleep(SETTLE);
        since(before, Usage::of(id)?)
    } else {
        let port = free_port();
        let metrics = if subject == WEIR_METRICS { "span_metrics: {interval: 2s}\n" } else { "" };
        let config = format!(
            "otlp: {{grpc: {{listen: \"127.0.0.1:{port}\"}}}}\njaeger: [{{endpoint: \"http://{upstream}\"}}]\n\
             limits: {{memory: 4GiB}}\n{metrics}tail_sampling: {{decision_wait: 2s, undecided_bytes_max: 1GiB, \
             policies: [{{probability: {{ratio: 0.1}}}}]}}\n"
        );
        let weir = Weir::start_collector(folder.path(), &config)?;
        let before = weir.usage()?;
        load(&format!("127.0.0.1:{port}"), spans, requests)?;
        thread::sleep(SETTLE);
        weir.drain(0)?;
        let usage = since(before, weir.usage()?);
        weir.stop();
        usage
    };
    let arrived = sink.finish()?;
    let kept = arrived["records"].as_u64().unwrap_or_default();
    if (kept as f64 / records as f64 - 0.1).abs() > 0.1 * CHANCE {
        return Err(format!("{subject}: of {records} spans {kept} arrived, which is not a tenth").into());
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
