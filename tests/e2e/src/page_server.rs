//! A target: an HTTP server that shows pages and remembers what it showed.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// What one request is answered with.
#[derive(Clone, Debug)]
pub struct Page {
    /// HTTP status.
    pub status: u16,
    /// Content type.
    pub content_type: &'static str,
    /// The page.
    pub body: String,
}

impl Page {
    /// A good page of the text format.
    pub fn text(body: String) -> Self {
        Self { status: 200, content_type: "text/plain; version=0.0.4", body }
    }

    /// A good page of OpenMetrics.
    pub fn open_metrics(body: String) -> Self {
        Self { status: 200, content_type: "application/openmetrics-text; version=1.0.0; charset=utf-8", body }
    }
}

/// Serves on loopback until dropped.
#[derive(Debug)]
pub struct PageServer {
    address: SocketAddr,
    shown: Arc<Mutex<Vec<u64>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl PageServer {
    /// Answers the n-th request, from 0, with `page(n)`.
    pub fn start(page: impl Fn(u64) -> Page + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let shown = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (remembered, ended) = (Arc::clone(&shown), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::Acquire) {
                    return;
                }
                let number = remembered.lock().expect("no holder panics").len() as u64;
                if stream.is_ok_and(|stream| answer(stream, &page(number)).is_ok()) {
                    remembered.lock().expect("no holder panics").push(number);
                }
            }
        });
        Self { address, shown, stop, thread: Some(thread) }
    }

    /// `127.0.0.1:PORT`
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// How many pages it has shown.
    pub fn shown(&self) -> u64 {
        self.shown.lock().expect("no holder panics").len() as u64
    }
}

impl Drop for PageServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn answer(mut stream: TcpStream, page: &Page) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    write!(
        stream,
        "HTTP/1.1 {} X\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
        page.status,
        page.content_type,
        page.body.len(),
        page.body
    )?;
    stream.flush()
}
