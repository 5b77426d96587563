//! The server: its state, its routes, its end.

use std::future::{Future, IntoFuture};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use weir_store::Store;

use crate::access::{Access, Settings, guard};
use crate::error::ApiError;
use crate::running::Running;
use crate::{console, live, logs, metrics, overview, time, traces};

/// How long clients may take to read their answers at the end.
const END_TIMEOUT: Duration = Duration::from_secs(3);
/// Live streams at a time.
const STREAMS_MAX: usize = 32;

/// What answers are made from.
pub(crate) struct Api {
    pub(crate) store: Store,
    pub(crate) running: Arc<dyn Running>,
    pub(crate) version: &'static str,
    pub(crate) started_ms: i64,
    pub(crate) streams: Arc<Semaphore>,
    /// Ends live streams.
    pub(crate) stop: CancellationToken,
}

/// Serves the API and the console on `listener` until `stop` is ready; then live streams end, and open requests are
/// answered, those of clients that read slowly for a few seconds.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: TcpListener,
    store: Store,
    running: Arc<dyn Running>,
    settings: Settings,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let access = Arc::new(Access::new(&settings, listener.local_addr()?.port()));
    let ending = CancellationToken::new();
    let api = Arc::new(Api {
        store,
        running,
        version: settings.version,
        started_ms: time::now_ms(),
        streams: Arc::new(Semaphore::new(STREAMS_MAX)),
        stop: ending.clone(),
    });
    let ended = ending.clone();
    let stopped = async move {
        stop.await;
        ending.cancel();
    };
    let served = axum::serve(listener, router(api, access)).with_graceful_shutdown(stopped);
    tokio::select! {
        served = served.into_future() => served,
        // A client that does not read would hold up the end for ever.
        () = async { ended.cancelled().await; sleep(END_TIMEOUT).await } => Ok(()),
    }
}

fn router(api: Arc<Api>, access: Arc<Access>) -> Router {
    let v1 = Router::new()
        .route("/status", get(overview::status))
        .route("/logs", get(logs::list))
        .route("/logs/histogram", get(logs::histogram))
        .route("/logs/facets", get(logs::facets))
        .route("/logs/tail", get(live::tail))
        .route("/logs/{id}", get(logs::one))
        .route("/logs/{id}/context", get(logs::context))
        .route("/services", get(traces::services))
        .route("/traces", get(traces::list))
        .route("/traces/{id}", get(traces::one))
        .route("/metrics/names", get(metrics::names))
        .route("/metrics/labels", get(metrics::labels))
        .route("/metrics/labels/{name}/values", get(metrics::label_values))
        .route("/metrics/query", get(metrics::query))
        .route("/metrics/query_range", get(metrics::query_range))
        .route("/metrics/exemplars", get(metrics::exemplars))
        .route("/targets", get(overview::targets))
        .route("/targets/{id}/relabelling", get(overview::relabelling))
        .route("/pipeline", get(overview::pipeline))
        .route("/pipeline/live", get(live::pipeline))
        .route("/ledger", get(overview::ledger))
        .with_state(api);
    let no_endpoint = || async { ApiError::not_found("such endpoint").into_response() };
    Router::new()
        .nest("/api/v1", v1)
        .route("/api", get(no_endpoint))
        .route("/api/{*rest}", get(no_endpoint))
        .fallback(get(console::file))
        .layer(from_fn_with_state(access, guard))
}

#[cfg(test)]
mod tests;
