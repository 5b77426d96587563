//! What `weir dev` adds to an agent: the store, the console, and weir's own traces and logs.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::error;
use weir_query_api::{Input, Running, serve};
use weir_store::{Store, StoreSettings};
use weir_telemetry::OwnRequest;

use super::RunError;

/// What `weir dev` adds to an agent.
pub struct Dev {
    /// Where the store is, and what it may keep.
    pub store: StoreSettings,
    /// Where the console listens.
    pub console: SocketAddr,
    /// Who may read it.
    pub access: weir_query_api::Settings,
    /// Ways to send weir something, besides OTLP.
    pub inputs: Vec<Input>,
    /// Weir's own traces and logs.
    pub own: mpsc::Receiver<OwnRequest>,
    /// Called once everything runs.
    pub on_ready: Box<dyn FnOnce(&DevAddresses) + Send>,
}

/// Where everything is.
#[derive(Clone, Debug)]
pub struct DevAddresses {
    /// The console.
    pub console: SocketAddr,
    /// Weir's own endpoints.
    pub telemetry: SocketAddr,
    /// Ways to send weir something, each with a line to copy.
    pub inputs: Vec<Input>,
}

/// The console and the API behind it.
pub(super) struct Console {
    pub(super) address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Console {
    /// Listens; answers from here on.
    pub(super) async fn start(
        address: SocketAddr,
        access: weir_query_api::Settings,
        store: Store,
        running: Arc<dyn Running>,
    ) -> Result<Self, RunError> {
        let failed = |source| RunError::Console { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let task = tokio::spawn(async move {
            if let Err(error) = serve(listener, store, running, access, stopped).await {
                error!(%error, "the console ended");
            }
        });
        Ok(Self { address, stop, task })
    }

    /// Ends live streams, answers open requests and ends.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            error!(%error, "the console failed");
        }
    }
}
