//! The floor of tailing: reads a file in blocks and writes them to a socket, nothing more. `floor-tail FILE` starts a
//! reader that discards in a process of its own and prints lines and its own usage as JSON. `floor-tail FILE durable`
//! also keeps what weir's promises and Elasticsearch's documents ask for: a copy on disk, synced each second, and twice
//! the bytes on the socket.

use std::error::Error;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use weir_benches::usage::Usage;

const BLOCK_BYTES: usize = 256 << 10;
const SYNC_INTERVAL: Duration = Duration::from_secs(1);
const DISCARD: &str = "--discard";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: floor-tail FILE")?;
    if path == DISCARD {
        let address = arguments.next().ok_or("usage: floor-tail --discard ADDRESS")?;
        return Ok(discard(&address)?);
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    let mut reader = Command::new(std::env::current_exe()?).args([DISCARD, &address]).spawn()?;
    let (mut socket, _) = listener.accept()?;
    let mut file = File::open(path)?;
    let mut copy = arguments.next().map(|_| tempfile::tempfile()).transpose()?;
    let mut block = vec![0; BLOCK_BYTES];
    let (mut lines, mut synced) = (0, Instant::now());
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            break;
        }
        lines += memchr::memchr_iter(b'\n', &block[..read]).count();
        socket.write_all(&block[..read])?;
        if let Some(copy) = &mut copy {
            copy.write_all(&block[..read])?;
            socket.write_all(&block[..read])?;
            if synced.elapsed() >= SYNC_INTERVAL {
                copy.sync_data()?;
                synced = Instant::now();
            }
        }
    }
    if let Some(copy) = copy {
        copy.sync_data()?;
    }
    drop(socket);
    reader.wait()?;
    let usage = Usage::own()?;
    writeln!(
        std::io::stdout(),
        "{{\"records\":{lines},\"cpu_seconds\":{},\"peak_resident_bytes\":{}}}",
        usage.cpu_seconds,
        usage.peak_resident_bytes
    )?;
    Ok(())
}

fn discard(address: &str) -> std::io::Result<()> {
    let mut socket = TcpStream::connect(address)?;
    let mut block = vec![0; BLOCK_BYTES];
    while socket.read(&mut block)? > 0 {}
    Ok(())
}
