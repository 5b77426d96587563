//! PagerDuty's Events API v2, as far as Alertmanager uses it: the one other side that cannot be had on loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

use serde_json::Value;

/// An event that was taken.
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub at: SystemTime,
    /// What.
    pub body: Value,
}

/// Takes events on loopback until dropped.
#[derive(Debug)]
pub struct EventsApi {
    address: SocketAddr,
    events: Arc<Mutex<Vec<Event>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl EventsApi {
    /// Answers the first `refused` requests with `status`, and takes all others (202).
    pub fn start(refused: u32, status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let events: Arc<Mutex<Vec<Event>>> = Arc::default();
        let stop = Arc::new(AtomicBool::new(false));
        let left = Arc::new(AtomicU32::new(refused));
        let (taken, ended) = (Arc::clone(&events), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            let mut answering = Vec::new();
            for stream in listener.incoming() {
                if ended.load(Ordering::Acquire) {
                    break;
                }
                let (taken, left) = (Arc::clone(&taken), Arc::clone(&left));
                let Ok(stream) = stream else { continue };
                // A connection that breaks is the sender's to tell of.
                answering.push(thread::spawn(move || drop(answer(stream, &taken, &left, status))));
            }
            answering.into_iter().for_each(|thread| drop(thread.join()));
        });
        Self { address, events, stop, thread: Some(thread) }
    }

    /// Where events are posted to.
    pub fn url(&self) -> String {
        format!("http://{}/v2/enqueue", self.address)
    }

    /// Everything taken so far, in order.
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().expect("no holder panics").clone()
    }
}

impl Drop for EventsApi {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        drop(TcpStream::connect(self.address));
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn answer(
    stream: TcpStream,
    taken: &Mutex<Vec<Event>>,
    left: &AtomicU32,
    status: u16,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let refuses = left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1)).is_ok();
    let (line, text) = if refuses {
        (format!("{status} Refused"), r#"{"status":"throttled"}"#)
    } else {
        let event = Event { at: SystemTime::now(), body: serde_json::from_slice(&body).unwrap_or_default() };
        taken.lock().expect("no holder panics").push(event);
        ("202 Accepted".to_owned(), r#"{"status":"success","message":"Event processed","dedup_key":"key"}"#)
    };
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {line}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )
}
