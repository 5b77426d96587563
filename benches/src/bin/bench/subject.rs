//! The programs that are measured.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use weir_benches::child::beside;
use weir_benches::usage::Usage;
use weir_stack::{Server, free_port, try_get_text};

const START_TIMEOUT: Duration = Duration::from_secs(30);
const DRAIN_TIMEOUT: Duration = Duration::from_secs(120);

/// A running `weir agent`, `weir collector` or `weir dev`.
pub(crate) struct Weir {
    server: Server,
    port: u16,
}

impl Weir {
    pub(crate) fn start(folder: &Path, config: &str) -> Result<Self, Box<dyn Error>> {
        Self::start_program("agent", folder, config)
    }

    pub(crate) fn start_collector(folder: &Path, config: &str) -> Result<Self, Box<dyn Error>> {
        Self::start_program("collector", folder, config)
    }

    fn start_program(program: &str, folder: &Path, config: &str) -> Result<Self, Box<dyn Error>> {
        let path = folder.join("weir.yaml");
        fs::write(&path, config)?;
        let port = free_port();
        let mut command = Command::new(beside("weir")?);
        command.arg(program).arg("--config").arg(&path).arg("--data").arg(folder.join("data"));
        command.arg("--listen").arg(format!("127.0.0.1:{port}"));
        let ready = format!("http://127.0.0.1:{port}/readyz");
        let log = folder.join("weir.log");
        let server =
            Server::start("weir", &mut command, &log, START_TIMEOUT, || try_get_text(&ready).is_ok())?;
        Ok(Self { server, port })
    }

    /// `weir dev` with its console on `console`, and room for everything.
    pub(crate) fn start_dev(folder: &Path, config: &str, console: u16) -> Result<Self, Box<dyn Error>> {
        let path = folder.join("weir.yaml");
        let port = free_port();
        fs::write(&path, format!("{config}telemetry: {{listen: \"127.0.0.1:{port}\"}}\n"))?;
        let mut command = Command::new(beside("weir")?);
        command.arg("dev").arg("--config").arg(&path).arg("--data").arg(folder.join("data"));
        command.arg("--listen").arg(format!("127.0.0.1:{console}")).args(["--store-bytes-max", "16GiB"]);
        let ready = format!("http://127.0.0.1:{port}/readyz");
        let log = folder.join("weir.log");
        let server =
            Server::start("weir", &mut command, &log, START_TIMEOUT, || try_get_text(&ready).is_ok())?;
        Ok(Self { server, port })
    }

    pub(crate) fn usage(&self) -> std::io::Result<Usage> {
        Usage::of(self.server.id())
    }

    /// Waits until `records` are delivered and nothing is held.
    pub(crate) fn drain(&self, records: u64) -> Result<(), Box<dyn Error>> {
        let deadline = Instant::now() + DRAIN_TIMEOUT;
        loop {
            let page = try_get_text(&format!("http://127.0.0.1:{}/metrics", self.port))?;
            let (delivered, held) =
                (sum(&page, "weir_records_delivered_total"), sum(&page, "weir_records_held"));
            if delivered >= records as f64 && held == 0.0 {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("weir delivered {delivered} of {records}, {held} are held").into());
            }
            // Each look costs weir about 0.2 ms.
            thread::sleep(Duration::from_millis(100));
        }
    }

    pub(crate) fn stop(self) {
        self.server.stop();
    }
}

fn sum(page: &str, name: &str) -> f64 {
    let samples = page.lines().filter(|line| line.starts_with(name));
    samples.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum()
}
