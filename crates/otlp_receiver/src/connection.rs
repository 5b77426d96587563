//! One connection: HTTP/1 or HTTP/2, idle times, an orderly end.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::debug;

use crate::answer::Answer;
use crate::door::Door;
use crate::{Limits, Sink, grpc, http_protobuf};

/// What is spoken on a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Grpc,
    Http,
}

/// Serves a connection until the client closes it, it is idle for too long, it is too old or `stop` is cancelled and its
/// requests are answered. HTTP/2 streams run as tasks on `streams`.
pub(crate) async fn run<S: Sink>(
    door: Arc<Door<S>>,
    protocol: Protocol,
    stream: TcpStream,
    stop: CancellationToken,
    streams: TaskTracker,
) {
    let _open = Open::new(door.metrics.connections.clone());
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "cannot turn off Nagle's algorithm");
    }
    let activity = Arc::new(Activity::default());
    let builder = builder(&door.limits, streams);
    let limits = door.limits.clone();
    let service = service_fn(|request: Request<Incoming>| {
        let (door, busy) = (Arc::clone(&door), Busy::begin(&activity));
        async move {
            let answer = answer(&door, protocol, request).await;
            drop(busy);
            Ok::<Response<Answer>, Infallible>(answer)
        }
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        ended = &mut connection => return log_end(ended),
        () = idle(&activity, limits.idle_timeout) => {}
        () = aged(limits.connection_age_max) => {}
        () = stop.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    match tokio::time::timeout(limits.drain_timeout, connection).await {
        Ok(ended) => log_end(ended),
        Err(_) => debug!("connection cut off: the client did not end its requests in time"),
    }
}

async fn answer<S: Sink>(door: &Door<S>, protocol: Protocol, request: Request<Incoming>) -> Response<Answer> {
    match protocol {
        Protocol::Grpc => grpc::answer(door, request).await,
        Protocol::Http => http_protobuf::answer(door, request).await,
    }
}

fn log_end(ended: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(error) = ended {
        debug!(%error, "connection ended");
    }
}

fn builder(limits: &Limits, streams: TaskTracker) -> Builder<Tracked> {
    let mut builder = Builder::new(Tracked(streams));
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.head_timeout);
    builder
        .http2()
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_frame_size(FRAME_BYTES_MAX)
        .max_concurrent_streams(STREAMS_MAX)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

/// Bytes of one request that may be on their way before it is read.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
/// The same, of all requests of a connection.
const CONNECTION_WINDOW_BYTES: u32 = 2 << 20;
/// The reader holds a frame in memory, but a sender makes a system call per frame: against the protocol's 16 KiB this
/// takes 15 % off the cost of receiving a request of 100 kB and 25 % off that of sending it. Senders in Go stay at
/// 16 KiB.
const FRAME_BYTES_MAX: u32 = 256 << 10;
/// Requests of a connection at once.
const STREAMS_MAX: u32 = 128;
/// How often a silent client is asked whether it lives.
const PING_INTERVAL: Duration = Duration::from_secs(60);
/// How long it may take to answer.
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// Completes when no request has been under way for `timeout`, give or take as much again.
async fn idle(activity: &Activity, timeout: Duration) {
    let mut seen = activity.begun.load(Ordering::Acquire);
    loop {
        tokio::time::sleep_until(Instant::now() + timeout).await;
        let begun = activity.begun.load(Ordering::Acquire);
        if begun == seen && activity.under_way.load(Ordering::Acquire) == 0 {
            return;
        }
        seen = begun;
    }
}

/// Completes after the age, give or take a tenth; never without one.
async fn aged(age: Option<Duration>) {
    let Some(age) = age else { return pending().await };
    // Clients that came at once do not all come again at once.
    let share = RandomState::new().hash_one(()) as f64 / u64::MAX as f64;
    tokio::time::sleep(age.mul_f64(0.9 + 0.2 * share)).await;
}

/// Requests of a connection.
#[derive(Debug, Default)]
struct Activity {
    begun: AtomicU64,
    under_way: AtomicUsize,
}

/// A request under way.
#[derive(Debug)]
struct Busy(Arc<Activity>);

impl Busy {
    fn begin(activity: &Arc<Activity>) -> Self {
        activity.begun.fetch_add(1, Ordering::AcqRel);
        activity.under_way.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(activity))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Counts a connection as long as it is open.
#[derive(Debug)]
struct Open(prometheus::IntGauge);

impl Open {
    fn new(gauge: prometheus::IntGauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Runs a connection's streams as tasks that someone waits for.
#[derive(Clone, Debug)]
struct Tracked(TaskTracker);

impl<F> hyper::rt::Executor<F> for Tracked
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn(future);
    }
}

#[cfg(test)]
mod tests;
