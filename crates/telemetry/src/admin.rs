//! The endpoints of a running weir.

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use prometheus::{IntGaugeVec, Opts, Registry, TextEncoder};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::{Readiness, targets_page};

const TEXT: &str = "text/plain; charset=utf-8";
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A wish to reload the configuration; the answer is sent when it was applied, or the mistakes when it was not.
pub type ReloadRequest = oneshot::Sender<Result<(), String>>;

/// What the endpoints show and do.
#[derive(Clone)]
pub struct Admin {
    /// `/metrics`.
    pub registry: Registry,
    /// `/readyz`.
    pub readiness: Readiness,
    /// `/targets`, an array of objects (or an object of such arrays).
    pub targets: Arc<dyn Fn() -> serde_json::Value + Send + Sync>,
    /// `/config`, with secrets hidden.
    pub config_text: Arc<dyn Fn() -> String + Send + Sync>,
    /// `POST /-/reload`.
    pub reload: mpsc::Sender<ReloadRequest>,
}

/// Serves the endpoints until `shutdown` resolves and open requests are answered. Dropping the future closes every
/// connection at once.
///
/// # Errors
/// The listener failed for good.
pub async fn serve(
    listener: TcpListener,
    admin: Admin,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, router(admin)).with_graceful_shutdown(shutdown).await
}

/// Registers `weir_build_info` and, where the system has them, the `process_*` metrics.
///
/// # Errors
/// They are registered already.
pub fn register_process_metrics(registry: &Registry) -> prometheus::Result<()> {
    let build =
        IntGaugeVec::new(Opts::new("weir_build_info", "Always 1; the labels tell the build."), &["version"])?;
    build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
    registry.register(Box::new(build))?;
    #[cfg(target_os = "linux")]
    registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
    Ok(())
}

fn router(admin: Admin) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { text(StatusCode::OK, "alive\n".to_owned()) }))
        .route("/readyz", get(readyz))
        .route("/targets", get(targets))
        .route(
            "/config",
            get(|State(admin): State<Admin>| async move { text(StatusCode::OK, (admin.config_text)()) }),
        )
        .route("/-/reload", post(reload))
        .with_state(admin)
}

async fn metrics(State(admin): State<Admin>) -> Response {
    match TextEncoder::new().encode_to_string(&admin.registry.gather()) {
        Ok(page) => ([(header::CONTENT_TYPE, METRICS)], page).into_response(),
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
    }
}

async fn readyz(State(admin): State<Admin>) -> Response {
    let reasons = admin.readiness.reasons();
    if reasons.is_empty() {
        return text(StatusCode::OK, "ready\n".to_owned());
    }
    text(StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", reasons.join("\n")))
}

async fn targets(State(admin): State<Admin>, headers: HeaderMap) -> Response {
    let targets = (admin.targets)();
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let vary = (header::VARY, "Accept");
    if targets_page::prefers_html(accept) {
        let content_type = (header::CONTENT_TYPE, "text/html; charset=utf-8");
        return ([content_type, vary], targets_page::render(&targets)).into_response();
    }
    ([(header::CONTENT_TYPE, "application/json"), vary], targets.to_string()).into_response()
}

/// Dropped half way (the client went away), the reload still happens.
async fn reload(State(admin): State<Admin>) -> Response {
    let (answer, answered) = oneshot::channel();
    let stopping = || text(StatusCode::SERVICE_UNAVAILABLE, "weir is stopping\n".to_owned());
    if admin.reload.send(answer).await.is_err() {
        return stopping();
    }
    match answered.await {
        Ok(Ok(())) => text(StatusCode::OK, "reloaded\n".to_owned()),
        Ok(Err(mistakes)) => text(StatusCode::BAD_REQUEST, format!("{mistakes}\n")),
        Err(_) => stopping(),
    }
}

fn text(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, TEXT)], body).into_response()
}

#[cfg(test)]
mod tests;
