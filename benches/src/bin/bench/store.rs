//! The embedded store of `weir dev`: a million log lines in, and how long it takes to find some of them.

use std::error::Error;
use std::time::Instant;

use serde_json::Value;
use weir_stack::{free_port, try_get_json};

use crate::subject::Weir;
use crate::tail::write_lines;

const LINES: u64 = 1_000_000;
/// Each question is asked so often; the slowest answer counts.
const TIMES: usize = 5;

/// Questions over all lines: what is asked, and how.
const QUESTIONS: [(&str, &str); 9] = [
    ("the newest lines", "/logs?from=0"),
    ("one line, by two words next to each other", "/logs?from=0&q=%22orders%2F765432%22"),
    ("a word that 200 lines have", "/logs?from=0&limit=1000&q=%22customer-4999%22"),
    ("a word that no line has", "/logs?from=0&q=zebra"),
    ("a word that every line has", "/logs?from=0&q=mozilla"),
    ("a field's value, without a word", "/logs?from=0&filter=customer%3Dcustomer-77"),
    ("all lines over time", "/logs/histogram?from=0"),
    ("the lines of a word over time", "/logs/histogram?from=0&q=%22customer-4999%22"),
    ("values of fields", "/logs/facets?from=0"),
];

pub(crate) fn run() -> Result<String, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("app.log");
    write_lines(&file, LINES)?;
    let console = free_port();
    let config = format!("logs: [{{name: bench, paths: [\"{}\"]}}]\n", file.display());
    let began = Instant::now();
    let weir = Weir::start_dev(folder.path(), &config, console)?;
    weir.drain(LINES)?;
    let (seconds, usage) = (began.elapsed().as_secs_f64(), weir.usage()?);
    let api = format!("http://127.0.0.1:{console}/api/v1");
    let stored = try_get_json(&format!("{api}/status"))?;
    let mut text = format!(
        "## The store of weir dev\n\n{LINES} JSON lines of 446 bytes: stored in {seconds:.0} s, {:.1} us of CPU per line, \
         peak {:.0} MB resident; the store takes {:.0} MB.\n\n| question | found | complete | slowest of {TIMES}, ms |\n\
         |---|---|---|---|\n",
        usage.cpu_seconds * 1e6 / LINES as f64,
        usage.peak_resident_bytes as f64 / 1e6,
        stored["store"]["bytes"].as_f64().unwrap_or_default() / 1e6,
    );
    for (what, path) in QUESTIONS {
        let (mut slowest, mut answer) = (0.0_f64, Value::Null);
        for _ in 0..TIMES {
            let asked = Instant::now();
            answer = try_get_json(&format!("{api}{path}"))?;
            slowest = slowest.max(asked.elapsed().as_secs_f64());
        }
        let found = answer["total"].as_u64().or(answer["records"].as_u64());
        let found = found.unwrap_or(answer["records"].as_array().map_or(0, |rows| rows.len() as u64));
        text.push_str(&format!("| {what} | {found} | {} | {:.0} |\n", answer["complete"], slowest * 1e3));
    }
    weir.stop();
    Ok(text)
}
