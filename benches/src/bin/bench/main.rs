//! Measures weir beside its floors and its peers, and writes `benches/RESULTS.md`.
//!
//! `bench [otlp|scrape|tier|tail|idle|store]...` runs the paths named, or all. Each path is one run: the same load, one subject
//! after the other, on an otherwise idle machine. Needs the programs of this package and `weir` built beside it, and
//! Prometheus and Jaeger from `tests/stack/install`.

mod idle;
mod otlp;
mod scrape;
mod store;
mod subject;
mod table;
mod tail;
mod tier;

use std::error::Error;
use std::io::Write;

/// Runs a path; gives what it found as Markdown.
type Run = fn() -> Result<String, Box<dyn Error>>;

const PATHS: [(&str, Run); 6] = [
    ("otlp", || Ok(otlp::run()?.markdown())),
    ("scrape", || Ok(scrape::run()?.markdown())),
    ("tier", || Ok(tier::run()?.markdown())),
    ("tail", || Ok(tail::run()?.markdown())),
    ("idle", || Ok(idle::run()?.markdown())),
    ("store", store::run),
];

fn main() -> Result<(), Box<dyn Error>> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let mut out = std::io::stdout().lock();
    for (name, run) in PATHS {
        if wanted.is_empty() || wanted.iter().any(|it| it == name) {
            writeln!(out, "{}", run()?)?;
            out.flush()?;
        }
    }
    Ok(())
}
