//! The node's own metrics, under the names that node_exporter gave them.
//!
//! Each collector reads a few files of procfs or sysfs and appends to a page of the text format; the page then takes
//! the same way as a scraped one, so that there is one path from text to remote-write. About 300 lines per page on a
//! small machine.

mod cpu;
mod disk;
mod filesystem;
mod load;
mod memory;
mod network;
mod page;
mod pressure;
mod system;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use weir_config::HostMetricsConfig;

use page::Page;

/// A collector's name and what it does.
type Collector = (&'static str, fn(&Sources, &mut Page) -> Result<(), CollectError>);

const COLLECTORS: [Collector; 8] = [
    ("cpu", cpu::collect),
    ("diskstats", disk::collect),
    ("filesystem", filesystem::collect),
    ("loadavg", load::collect),
    ("meminfo", memory::collect),
    ("netdev", network::collect),
    ("pressure", pressure::collect),
    ("stat", system::collect),
];

/// Why a collector has no numbers.
#[derive(Debug, thiserror::Error)]
enum CollectError {
    /// A file could not be read.
    #[error("read {path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    /// A file has another form than the kernel documents.
    #[error("{path}: unexpected line {line:?}")]
    Form { path: PathBuf, line: String },
}

/// Where the kernel shows its numbers.
struct Sources {
    proc_path: PathBuf,
    root_path: PathBuf,
}

impl Sources {
    fn read(&self, name: &str) -> Result<(PathBuf, String), CollectError> {
        let path = self.proc_path.join(name);
        match std::fs::read(&path) {
            Ok(bytes) => Ok((path, String::from_utf8_lossy(&bytes).into_owned())),
            Err(source) => Err(CollectError::Read { path, source }),
        }
    }
}

fn form(path: &Path, line: &str) -> CollectError {
    CollectError::Form { path: path.to_owned(), line: line.to_owned() }
}

/// Writes a page of the text format 0.0.4 to `out`, which is emptied first. A collector that fails shows as
/// `node_scrape_collector_success 0` and in the returned list; the others are not affected. Blocks on file reads, and
/// on a dead network file system as long as the kernel does.
pub fn collect(config: &HostMetricsConfig, out: &mut String) -> Vec<(&'static str, String)> {
    let sources = Sources { proc_path: config.proc_path.clone(), root_path: config.root_path.clone() };
    let mut page = Page::new(std::mem::take(out));
    let mut failures = Vec::new();
    let mut outcomes = Vec::new();
    for (name, collector) in COLLECTORS {
        let began = Instant::now();
        let outcome = collector(&sources, &mut page);
        outcomes.push((name, began.elapsed().as_secs_f64(), outcome.is_ok()));
        failures.extend(outcome.err().map(|error| (name, error.to_string())));
    }
    page.family("node_scrape_collector_duration_seconds", "gauge", "Duration of a collector's reading.");
    for (name, seconds, _) in &outcomes {
        page.sample(&[("collector", name)], *seconds);
    }
    page.family("node_scrape_collector_success", "gauge", "Whether a collector succeeded.");
    for (name, _, success) in &outcomes {
        page.sample(&[("collector", name)], f64::from(u8::from(*success)));
    }
    *out = page.into_text();
    failures
}

#[cfg(test)]
mod tests;
