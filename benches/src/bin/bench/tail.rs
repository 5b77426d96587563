//! File tail to Elasticsearch's `_bulk`: JSON lines of about 480 bytes, read from their beginning.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use weir_benches::child::Helper;

use crate::subject::Weir;
use crate::table::{Row, Table};

const LINES: u64 = 400_000;

pub(crate) fn run() -> Result<Table, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("app.log");
    write_lines(&file, LINES)?;
    let rows = vec![
        floor(&file, "floor (read file, write socket)", &[])?,
        floor(&file, "the same with a synced copy and twice the bytes out", &["durable"])?,
        measure(&file, "none", "weir, no compression")?,
        measure(&file, "gzip", "weir, gzip level 1")?,
    ];
    Ok(Table { title: "File tail to Elasticsearch bulk", record: "line", rows })
}

fn load() -> String {
    format!("{LINES} JSON lines of 480 bytes")
}

/// Writes so many lines, each of another request.
pub(crate) fn write_lines(path: &Path, lines: u64) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for number in 0..lines {
        let id = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        writeln!(
            file,
            "{{\"time\":\"2026-03-04T05:{:02}:{:02}.{:06}Z\",\"level\":\"info\",\"msg\":\"request {number} handled in {} \
             ms\",\"trace_id\":\"{id:016x}{number:016x}\",\"span_id\":\"{id:016x}\",\"http\":{{\"method\":\"GET\",\
             \"path\":\"/api/v1/orders/{number}/items\",\"status\":{},\"user_agent\":\"Mozilla/5.0 (X11; Linux x86_64) \
             AppleWebKit/537.36\"}},\"customer\":\"customer-{}\",\"region\":\"eu-central-1\",\"items\":[1,2,3,5,8],\
             \"amount\":{}.{:02},\"note\":\"a line of the length that services write\"}}",
            number / 60 % 60,
            number % 60,
            number % 1_000_000,
            number % 977,
            200 + number % 4,
            number % 5000,
            number % 300,
            number % 100,
        )?;
    }
    file.flush()
}

fn floor(file: &Path, subject: &str, options: &[&str]) -> Result<Row, Box<dyn Error>> {
    let path = file.to_string_lossy();
    let arguments = [&[path.as_ref()], options].concat();
    let found = Helper::start("floor-tail", &arguments)?.finish()?;
    Ok(Row {
        load: load(),
        subject: subject.to_owned(),
        records: found["records"].as_u64().unwrap_or_default(),
        cpu_seconds: found["cpu_seconds"].as_f64().unwrap_or_default(),
        peak_resident_bytes: found["peak_resident_bytes"].as_u64().unwrap_or_default(),
        wire_bytes: Some(file.metadata()?.len() * (1 + options.len() as u64)),
    })
}

fn measure(file: &Path, compression: &str, subject: &str) -> Result<Row, Box<dyn Error>> {
    let mut sink = Helper::start("http-sink", &[])?;
    let folder = tempfile::tempdir()?;
    let config = format!(
        "logs: [{{name: bench, paths: [\"{}\"]}}]\nelasticsearch: [{{urls: [\"http://{}\"], compression: {compression}, \
         install_template: false}}]\n",
        file.display(),
        sink.line()?,
    );
    let weir = Weir::start(folder.path(), &config)?;
    weir.drain(LINES)?;
    let usage = weir.usage()?;
    weir.stop();
    let arrived = sink.finish()?;
    if arrived["records"].as_u64() != Some(LINES) {
        return Err(format!("{LINES} lines were written, the sink says {arrived}").into());
    }
    Ok(Row {
        load: load(),
        subject: subject.to_owned(),
        records: LINES,
        cpu_seconds: usage.cpu_seconds,
        peak_resident_bytes: usage.peak_resident_bytes,
        wire_bytes: arrived["bytes"].as_u64(),
    })
}
