//! A sender of spans over OTLP/gRPC: `otlp-load ADDRESS [requests=N] [spans=N] [connections=N] [in-flight=N] [rate=N]`
//! sends that many requests of that many spans each, over the connections in turn, `in-flight` at once on each of them,
//! at full speed or at `rate` requests per second. What is refused for now is sent again until it is taken. Prints one
//! JSON object: answers by kind, records and bytes taken, seconds, and its own usage.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tonic::{Code, Status};
use weir_benches::arguments::Arguments;
use weir_benches::otlp::Client;
use weir_benches::spans;
use weir_benches::usage::Usage;

/// Different requests that are sent in turn.
const BODIES: u64 = 16;
/// Before a refused request is sent again.
const PAUSE: Duration = Duration::from_millis(100);

struct Load {
    bodies: Vec<Bytes>,
    requests: u64,
    /// Between two requests of the whole load.
    interval: Option<Duration>,
    began: Instant,
    next: AtomicU64,
}

#[derive(Default)]
struct Answers {
    taken: u64,
    bytes: u64,
    partial: u64,
    refused: BTreeMap<String, u64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::own()?;
    let address = arguments.plain(0).ok_or("usage: otlp-load ADDRESS [NAME=NUMBER]...")?;
    let spans = arguments.number("spans", 100);
    let rate = arguments.number("rate", 0);
    let load = Arc::new(Load {
        bodies: (0..BODIES).map(|seed| spans::request(seed, spans)).collect(),
        requests: arguments.number("requests", 1000),
        interval: (rate > 0).then(|| Duration::from_secs(1) / rate.try_into().unwrap_or(u32::MAX)),
        began: Instant::now(),
        next: AtomicU64::new(0),
    });
    let before = Usage::own()?;
    let mut senders = JoinSet::new();
    for _ in 0..arguments.number("connections", 1) {
        let client = Client::connect(address).await?;
        for _ in 0..arguments.number("in-flight", 4) {
            senders.spawn(send(Arc::clone(&load), client.clone()));
        }
    }
    let mut all = Answers::default();
    while let Some(answers) = senders.join_next().await {
        all.add(answers?);
    }
    let usage = Usage::own()?;
    let answer = serde_json::json!({
        "requests": all.taken,
        "partial": all.partial,
        "refused": all.refused,
        "records": all.taken * spans,
        "bytes": all.bytes,
        "seconds": load.began.elapsed().as_secs_f64(),
        "cpu_seconds": usage.cpu_seconds - before.cpu_seconds,
        "peak_resident_bytes": usage.peak_resident_bytes,
    });
    writeln!(std::io::stdout(), "{answer}")?;
    Ok(())
}

/// Sends requests one after the other until all are taken by some sender.
async fn send(load: Arc<Load>, mut client: Client) -> Answers {
    let mut answers = Answers::default();
    loop {
        let number = load.next.fetch_add(1, Ordering::Relaxed);
        if number >= load.requests {
            return answers;
        }
        if let Some(interval) = load.interval {
            tokio::time::sleep_until(load.began + interval * number.try_into().unwrap_or(u32::MAX)).await;
        }
        let body = &load.bodies[(number % BODIES) as usize];
        loop {
            match client.export(body.clone()).await {
                Ok(answer) => {
                    answers.taken += 1;
                    answers.bytes += body.len() as u64;
                    answers.partial += u64::from(!answer.is_empty());
                    break;
                }
                Err(status) => {
                    *answers.refused.entry(format!("{:?}", status.code())).or_default() += 1;
                    if !is_for_now(&status) {
                        break;
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

fn is_for_now(status: &Status) -> bool {
    matches!(status.code(), Code::ResourceExhausted | Code::Unavailable | Code::DeadlineExceeded)
}

impl Answers {
    fn add(&mut self, other: Self) {
        self.taken += other.taken;
        self.bytes += other.bytes;
        self.partial += other.partial;
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
    }
}
