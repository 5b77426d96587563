//! A destination that counts: takes remote-write 1.0 and 2.0 and Elasticsearch's `_bulk`, keeps nothing. Prints its
//! address, and when its standard input ends, one JSON object with requests, bytes (as sent) and records.

use std::error::Error;
use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use flate2::read::GzDecoder;
use weir_benches::http::Request;
use weir_proto::wire::{Fields, Value};

#[derive(Default)]
struct Counts {
    requests: AtomicU64,
    bytes: AtomicU64,
    records: AtomicU64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", listener.local_addr()?)?;
    out.flush()?;
    let counts = Arc::new(Counts::default());
    let counted = Arc::clone(&counts);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let counts = Arc::clone(&counted);
            // A sender that breaks off has been counted as far as it came.
            thread::spawn(move || drop(take(stream, &counts)));
        }
    });
    std::io::stdin().read_to_end(&mut Vec::new())?;
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let (requests, bytes, records) = (read(&counts.requests), read(&counts.bytes), read(&counts.records));
    writeln!(out, "{{\"requests\":{requests},\"bytes\":{bytes},\"records\":{records}}}")?;
    Ok(())
}

fn take(mut stream: TcpStream, counts: &Counts) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = BufReader::new(stream.try_clone()?);
    let mut request = Request::default();
    while request.read(&mut requests)? {
        let is_bulk = request.line.contains("_bulk");
        let records = if is_bulk { bulk_documents(&request) } else { remote_write_samples(&request) };
        counts.requests.fetch_add(1, Ordering::Relaxed);
        counts.bytes.fetch_add(request.body.len() as u64, Ordering::Relaxed);
        counts.records.fetch_add(records, Ordering::Relaxed);
        stream.write_all(if is_bulk {
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"errors\":false}"
        } else if request.line.starts_with("GET") {
            b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        } else {
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        })?;
    }
    Ok(())
}

fn bulk_documents(request: &Request) -> u64 {
    let lines = |body: &[u8]| body.iter().filter(|&&byte| byte == b'\n').count() as u64 / 2;
    if request.header("content-encoding") == Some("gzip") {
        let mut body = Vec::new();
        if GzDecoder::new(request.body.as_slice()).read_to_end(&mut body).is_err() {
            return 0;
        }
        return lines(&body);
    }
    lines(&request.body)
}

fn remote_write_samples(request: &Request) -> u64 {
    if request.header("content-encoding") != Some("snappy") {
        return 0;
    }
    let Ok(body) = snap::raw::Decoder::new().decompress_vec(&request.body) else { return 0 };
    let is_v2 = request.header("content-type").is_some_and(|kind| kind.contains("io.prometheus.write.v2"));
    let timeseries = if is_v2 { 5 } else { 1 };
    messages(&body, timeseries).map(|series| messages(series, 2).count() as u64).sum()
}

/// The messages under a field number.
fn messages(message: &[u8], number: u32) -> impl Iterator<Item = &[u8]> {
    Fields::new(message).flatten().filter(move |field| field.number == number).filter_map(|field| match field
        .value
    {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    })
}
