//! Targets to scrape: `page-server TARGETS SERIES` serves that many pages on loopback, each on an address of its own,
//! and prints one `host:port` per line. Values change from scrape to scrape as counters and gauges do. Ends when its
//! standard input does.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use weir_benches::http::Request;

/// Series per metric name.
const SERIES_PER_FAMILY: u64 = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Some(Ok(targets)), Some(Ok(series))) = (arguments.next(), arguments.next()) else {
        return Err("usage: page-server TARGETS SERIES".into());
    };
    let mut out = std::io::stdout().lock();
    for target in 0..targets {
        let address = Ipv4Addr::new(127, 0, 1 + (target / 250) as u8, 1 + (target % 250) as u8);
        let listener = TcpListener::bind((address, 0))?;
        writeln!(out, "{}", listener.local_addr()?)?;
        thread::spawn(move || serve(&listener, series));
    }
    out.flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn serve(listener: &TcpListener, series: u64) {
    let mut scrape = 0;
    for stream in listener.incoming().flatten() {
        // A scraper that goes away opens another connection.
        let _ = answer(stream, series, &mut scrape);
    }
}

fn answer(mut stream: TcpStream, series: u64, scrape: &mut u64) -> std::io::Result<()> {
    let mut requests = BufReader::new(stream.try_clone()?);
    let mut request = Request::default();
    let mut page = String::new();
    while request.read(&mut requests)? {
        *scrape += 1;
        page.clear();
        write_page(&mut page, series, *scrape);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\n\r\n",
            page.len()
        );
        stream.write_all(&[head.as_bytes(), page.as_bytes()].concat())?;
    }
    Ok(())
}

fn write_page(page: &mut String, series: u64, scrape: u64) {
    for number in 0..series {
        let (family, index) = (number / SERIES_PER_FAMILY, number % SERIES_PER_FAMILY);
        let kind = if family % 4 == 0 { "gauge" } else { "counter" };
        if index == 0 {
            let name = format!("app_requests_{family}_{kind}");
            writeln!(page, "# HELP {name} Requests of the kind {family}.\n# TYPE {name} {kind}")
                .expect("writing to a string cannot fail");
        }
        // Every other counter moves, gauges have fractions: as on a real service.
        let moved = if number % 2 == 0 { scrape } else { 1 };
        let value = if family % 4 == 0 {
            (number * 31 + moved * 7) as f64 / 8.0
        } else {
            (number * 1000 + moved * 13) as f64
        };
        writeln!(
            page,
            "app_requests_{family}_{kind}{{code=\"{}\",handler=\"/api/v1/things/{index}\",method=\"{}\",zone=\"eu-central-1{}\"}} {value}",
            200 + index % 5,
            ["GET", "POST", "PUT"][(index % 3) as usize],
            ["a", "b"][(index % 2) as usize],
        )
        .expect("writing to a string cannot fail");
    }
}
