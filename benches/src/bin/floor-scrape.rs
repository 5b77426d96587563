//! The floor of a scrape: reads pages over HTTP and parses each line's value, nothing more.
//! `floor-scrape SECONDS ADDRESS...` reads each address once a second and prints samples and its own usage as JSON.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use weir_benches::usage::Usage;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let seconds: u64 = arguments.next().ok_or("usage: floor-scrape SECONDS ADDRESS...")?.parse()?;
    let mut targets = arguments.map(Target::connect).collect::<Result<Vec<_>, _>>()?;
    let (mut samples, mut sum) = (0_u64, 0.0);
    let began = Instant::now();
    for second in 0..seconds {
        for target in &mut targets {
            let page = target.read()?;
            for line in
                page.split(|&byte| byte == b'\n').filter(|line| line.first().is_some_and(|&it| it != b'#'))
            {
                let at = memchr::memrchr(b' ', line).map_or(0, |at| at + 1);
                sum += fast_float2::parse::<f64, _>(&line[at..])?;
                samples += 1;
            }
        }
        thread::sleep(Duration::from_secs(second + 1).saturating_sub(began.elapsed()));
    }
    let usage = Usage::own()?;
    writeln!(
        std::io::stdout(),
        "{{\"records\":{samples},\"sum\":{sum},\"cpu_seconds\":{},\"peak_resident_bytes\":{}}}",
        usage.cpu_seconds,
        usage.peak_resident_bytes
    )?;
    Ok(())
}

struct Target {
    stream: BufReader<TcpStream>,
    request: String,
    page: Vec<u8>,
}

impl Target {
    fn connect(address: String) -> std::io::Result<Self> {
        let stream = TcpStream::connect(&address)?;
        let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\n\r\n");
        Ok(Self { stream: BufReader::new(stream), request, page: Vec::new() })
    }

    fn read(&mut self) -> Result<&[u8], Box<dyn Error>> {
        self.stream.get_mut().write_all(self.request.as_bytes())?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            if line.trim_end().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse()?;
            }
        }
        self.page.resize(length, 0);
        self.stream.read_exact(&mut self.page)?;
        Ok(&self.page)
    }
}
