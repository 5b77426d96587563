//! What it costs to tail a file of JSON lines up to the door of the spool: reading, scanning, encoding.
//!
//! ```text
//! cargo run --profile quick -p weir-agent --example tail_throughput [MEGABYTES [plain]]
//! ```

#![expect(clippy::print_stdout, reason = "its output is what the example is for")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus::Registry;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use weir_agent::tail::{Sink, TailSettings, Tailer};
use weir_config::{LineFormat, LogsConfig, StartAt};
use weir_intake::IntakeSettings;
use weir_ledger::Ledger;
use weir_model::{Batch, Signal};
use weir_spool::{AppendError, Position};

/// Takes everything and keeps nothing.
struct Counter {
    ledger: Ledger,
    records: watch::Sender<u64>,
    settings: Arc<IntakeSettings>,
}

impl Sink for Counter {
    async fn append(&self, batch: Batch) -> Result<Position, AppendError> {
        self.ledger.append(Signal::Logs, u64::from(batch.records));
        self.records.send_modify(|records| *records += u64::from(batch.records));
        Ok(Position(0))
    }

    fn synced(&self) -> watch::Receiver<Position> {
        watch::channel(Position(0)).1
    }

    async fn flush(&self) {}

    fn settings(&self) -> Arc<IntakeSettings> {
        Arc::clone(&self.settings)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let megabytes: u64 = std::env::args().nth(1).map_or(Ok(100), |text| text.parse())?;
    let is_plain = std::env::args().nth(2).is_some_and(|format| format == "plain");
    let format = if is_plain { LineFormat::Plain } else { LineFormat::Auto };
    let dir = tempfile::tempdir()?;
    let lines = write_log(&dir.path().join("app.log"), megabytes << 20)?;
    let records = watch::channel(0).0;
    let mut arrived = records.subscribe();
    let ledger = Ledger::new();
    let sink = Counter { ledger: ledger.clone(), records, settings: Arc::new(settings()) };
    let (started, cpu_before) = (Instant::now(), cpu_time());
    let shutdown = CancellationToken::new();
    let tailer = Tailer::start(
        &[config(dir.path(), format)],
        TailSettings::new(dir.path().join("state")),
        sink,
        ledger,
        &Registry::new(),
        shutdown.clone(),
    )
    .await?;
    arrived.wait_for(|records| *records >= lines).await?;
    let (wall, cpu) = (started.elapsed(), cpu_time().saturating_sub(cpu_before));
    shutdown.cancel();
    tailer.stopped().await;
    report(lines, megabytes, wall, cpu);
    Ok(())
}

fn report(lines: u64, megabytes: u64, wall: Duration, cpu: Duration) {
    let per_line = |time: Duration| time.as_secs_f64() * 1e6 / lines as f64;
    println!(
        "{lines} lines, {megabytes} MiB: {:.3} us CPU per line, {:.3} us wall per line, {:.0} MiB per CPU second",
        per_line(cpu),
        per_line(wall),
        megabytes as f64 / cpu.as_secs_f64(),
    );
}

/// Lines of about 480 bytes, as a service writes them.
fn write_log(path: &Path, bytes: u64) -> std::io::Result<u64> {
    let mut file = BufWriter::new(File::create(path)?);
    let (mut lines, mut written) = (0, 0);
    while written < bytes {
        let line = format!(
            concat!(
                r#"{{"timestamp":"2026-11-24T12:00:{:02}.{:06}Z","level":"info","logger":"shop.checkout","#,
                r#""message":"order {} accepted for delivery after {} ms","trace_id":"{:032x}","span_id":"{:016x}","#,
                r#""request":{{"method":"POST","path":"/api/v1/orders/{}","status":201,"bytes":{},"agent":"#,
                r#""Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0"}},"#,
                r#""user":{{"id":"user-{}","country":"DE","roles":["customer","beta"]}},"duration_ms":{}.25}}"#,
                "\n"
            ),
            lines % 60,
            lines % 1_000_000,
            lines,
            lines % 977,
            u128::from(lines) * 0x9e37_79b9_7f4a_7c15 + 1,
            lines * 31 + 7,
            lines,
            lines % 4096,
            lines % 5000,
            lines % 300,
        );
        file.write_all(line.as_bytes())?;
        written += line.len() as u64;
        lines += 1;
    }
    file.flush()?;
    Ok(lines)
}

fn config(dir: &Path, format: LineFormat) -> LogsConfig {
    LogsConfig {
        name: "app".to_owned(),
        paths: vec![dir.join("*.log").to_string_lossy().into_owned()],
        exclude: Vec::new(),
        format,
        start_at: StartAt::Beginning,
        line_bytes_max: 1 << 20,
        attributes: BTreeMap::new(),
    }
}

fn settings() -> IntakeSettings {
    IntakeSettings {
        resource: vec![("service.name".to_owned(), "shop".to_owned())],
        correlation_keys: Vec::new(),
        traces_ratio: 1.0,
        logs_follow_traces: false,
        has_exporter: [true; 3],
    }
}

/// CPU time of the whole process.
fn cpu_time() -> Duration {
    // Fields 14 and 15 of proc_pid_stat(5), in ticks of 10 ms; what precedes them ends with a parenthesis.
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields: Vec<u64> =
        after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    Duration::from_millis(fields.iter().sum::<u64>() * 10)
}
