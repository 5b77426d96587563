//! Scrape to remote-write: 50 pages of 1,000 series each second.

use std::error::Error;
use std::path::Path;
use std::thread;
use std::time::Duration;

use weir_benches::child::Helper;
use weir_benches::usage::Usage;
use weir_stack::{Prometheus, PrometheusMode};

use crate::subject::Weir;
use crate::table::{Row, Table};

const TARGETS: u64 = 50;
const SERIES: u64 = 1000;
const WARM_UP: Duration = Duration::from_secs(5);
const SECONDS: u64 = 20;
const MESSAGES: [(&str, &str); 2] =
    [("2.0", "io.prometheus.write.v2.Request"), ("1.0", "prometheus.WriteRequest")];

pub(crate) fn run() -> Result<Table, Box<dyn Error>> {
    let mut rows = Vec::new();
    for (version, message) in MESSAGES {
        rows.push(floor(version)?);
        rows.push(measure("weir", version, message, |folder, config| {
            let weir = Weir::start(folder, config)?;
            window(|| Ok(weir.usage()?))
        })?);
        rows.push(measure("Prometheus 3 agent", version, message, |folder, config| {
            let agent = Prometheus::start(PrometheusMode::Agent, folder, config)?;
            let id = agent.id().ok_or("prometheus has ended")?;
            window(|| Ok(Usage::of(id)?))
        })?);
    }
    Ok(Table { title: "Scrape to remote-write", record: "sample", rows })
}

fn targets() -> Result<(Helper, Vec<String>), Box<dyn Error>> {
    let mut pages = Helper::start("page-server", &[&TARGETS.to_string(), &SERIES.to_string()])?;
    let addresses = (0..TARGETS).map(|_| pages.line()).collect::<Result<_, _>>()?;
    Ok((pages, addresses))
}

fn load(version: &str) -> String {
    format!("{TARGETS} pages of {SERIES} series each second, remote-write {version}")
}

fn floor(version: &str) -> Result<Row, Box<dyn Error>> {
    let (_pages, addresses) = targets()?;
    let seconds = SECONDS.to_string();
    let arguments: Vec<&str> =
        std::iter::once(seconds.as_str()).chain(addresses.iter().map(String::as_str)).collect();
    let found = Helper::start("floor-scrape", &arguments)?.finish()?;
    Ok(Row {
        load: load(version),
        subject: "floor (read pages, parse floats)".to_owned(),
        records: found["records"].as_u64().unwrap_or_default(),
        cpu_seconds: found["cpu_seconds"].as_f64().unwrap_or_default(),
        peak_resident_bytes: found["peak_resident_bytes"].as_u64().unwrap_or_default(),
        wire_bytes: None,
    })
}

/// A subject's usage over the measured seconds, once it has warmed up.
fn window(usage: impl Fn() -> Result<Usage, Box<dyn Error>>) -> Result<Usage, Box<dyn Error>> {
    thread::sleep(WARM_UP);
    let before = usage()?;
    thread::sleep(Duration::from_secs(SECONDS));
    let after = usage()?;
    Ok(Usage { cpu_seconds: after.cpu_seconds - before.cpu_seconds, ..after })
}

fn measure(
    subject: &str,
    version: &str,
    message: &str,
    run: impl FnOnce(&Path, &str) -> Result<Usage, Box<dyn Error>>,
) -> Result<Row, Box<dyn Error>> {
    let (_pages, addresses) = targets()?;
    let mut sink = Helper::start("http-sink", &[])?;
    let folder = tempfile::tempdir()?;
    let quoted: Vec<String> = addresses.iter().map(|address| format!("\"{address}\"")).collect();
    let config = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n- job_name: bench\n  static_configs: \
         [{{targets: [{}]}}]\nremote_write: [{{url: \"http://{}/api/v1/write\", protobuf_message: {message}}}]\n",
        quoted.join(", "),
        sink.line()?,
    );
    let usage = run(folder.path(), &config)?;
    let arrived = sink.finish()?;
    let count = |key: &str| arrived[key].as_u64().unwrap_or_default();
    let records = TARGETS * SERIES * SECONDS;
    if count("records") < records {
        return Err(
            format!("{subject}: at least {records} samples were scraped, the sink says {arrived}").into()
        );
    }
    // The sink counted the warm-up too; bytes per sample are the same there.
    let wire_bytes = count("bytes") as f64 / count("records") as f64 * records as f64;
    Ok(Row {
        load: load(version),
        subject: subject.to_owned(),
        records,
        cpu_seconds: usage.cpu_seconds,
        peak_resident_bytes: usage.peak_resident_bytes,
        wire_bytes: Some(wire_bytes as u64),
    })
}
