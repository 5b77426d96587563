//! Measures weir beside its floors and its peers, and writes `benches/RESULTS.md`.
//!
//! `bench [otlp|scrape|tail|idle]...` runs the paths named, or all. Each path is one run: the same load, one subject
//! after the other, on an otherwise idle machine. Needs the programs of this package and `weir` built beside it, and
//! Prometheus and Jaeger from `tests/stack/install`.

mod idle;
mod otlp;
mod scrape;
mod subject;
mod table;
mod tail;

use std::error::Error;
use std::io::Write;

use table::Table;

/// What a path needs to run.
type Run = fn() -> Result<Table, Box<dyn Error>>;

const PATHS: [(&str, Run); 4] =
    [("otlp", otlp::run), ("scrape", scrape::run), ("tail", tail::run), ("idle", idle::run)];

fn main() -> Result<(), Box<dyn Error>> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let mut out = std::io::stdout().lock();
    for (name, run) in PATHS {
        if wanted.is_empty() || wanted.iter().any(|it| it == name) {
            let table = run()?;
            writeln!(out, "{}", table.markdown())?;
            out.flush()?;
        }
    }
    Ok(())
}
