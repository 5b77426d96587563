//! The listeners: accept, connections, shutdown.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;
use weir_model::Receiver;

use crate::connection::{self, Protocol};
use crate::door::Door;
use crate::{Limits, OtlpMetrics, Sink};

/// Serves OTLP/gRPC on `listener` until `shutdown` completes.
///
/// From then on no connection is accepted and clients are told to send nothing more on theirs. It returns once every
/// request that had begun is answered or [`Limits::drain_timeout`] is over, and every call of `sink` has ended. Dropped
/// half way it does the same in the background, as far as the runtime lives.
pub async fn serve_grpc<S: Sink>(
    listener: TcpListener,
    limits: Limits,
    sink: S,
    metrics: &OtlpMetrics,
    shutdown: impl Future<Output = ()> + Send,
) {
    let door = Door::new(Receiver::OtlpGrpc, limits, metrics.of(Receiver::OtlpGrpc), sink);
    serve(listener, Arc::new(door), Protocol::Grpc, shutdown).await;
}

/// Serves OTLP/HTTP with protobuf bodies on `listener`, otherwise as [`serve_grpc`].
pub async fn serve_http<S: Sink>(
    listener: TcpListener,
    limits: Limits,
    sink: S,
    metrics: &OtlpMetrics,
    shutdown: impl Future<Output = ()> + Send,
) {
    let door = Door::new(Receiver::OtlpHttp, limits, metrics.of(Receiver::OtlpHttp), sink);
    serve(listener, Arc::new(door), Protocol::Http, shutdown).await;
}

async fn serve<S: Sink>(
    listener: TcpListener,
    door: Arc<Door<S>>,
    protocol: Protocol,
    shutdown: impl Future<Output = ()> + Send,
) {
    let stop = CancellationToken::new();
    let stop_when_dropped = stop.clone().drop_guard();
    let connections = TaskTracker::new();
    let slots = Arc::new(Semaphore::new(door.limits.connections_max));
    let mut shutdown = pin!(shutdown);
    loop {
        let next = async {
            // The semaphore is never closed, so there is always a slot in the end.
            let slot = Arc::clone(&slots).acquire_owned().await.ok();
            (accept(&listener).await, slot)
        };
        let (stream, slot) = tokio::select! {
            () = &mut shutdown => break,
            next = next => next,
        };
        let (door, stop, streams) = (Arc::clone(&door), stop.clone(), connections.clone());
        connections.spawn(async move {
            let _slot = slot;
            connection::run(door, protocol, stream, stop, streams).await;
        });
    }
    drop(listener);
    drop(stop_when_dropped);
    connections.close();
    connections.wait().await;
    door.calls.close();
    door.calls.wait().await;
}

/// Waits for a connection, however long the machine is out of what a connection needs.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                warn!(%error, "cannot accept OTLP connections");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// After an error that the next accept would meet as well, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);
