//! Weir's own traces and logs, taken in like anybody else's.

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::error;
use weir_intake::{Accepted, Refused};
use weir_model::Receiver;
use weir_telemetry::OwnRequest;

use super::sink::IntakeSink;

/// The receiver of weir's own traces and logs.
pub(super) struct OwnRecords {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl OwnRecords {
    /// Takes in what comes from `requests` until stopped.
    pub(super) fn start(requests: mpsc::Receiver<OwnRequest>, sink: IntakeSink) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(receive(requests, sink, stop.clone()));
        Self { stop, task }
    }

    /// Takes no more. What the subscriber still has then is lost: it tells of the stop itself.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            error!(%error, "the receiver of own records failed");
        }
    }
}

async fn receive(mut requests: mpsc::Receiver<OwnRequest>, sink: IntakeSink, stop: CancellationToken) {
    loop {
        let request = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            request = requests.recv() => request,
        };
        let Some(request) = request else { return };
        // A full spool makes the subscriber wait, whose queue is bounded.
        while let Err(Refused::Full { retry_after }) = take(&sink, request.clone()).await {
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(retry_after) => {}
            }
        }
    }
}

async fn take(sink: &IntakeSink, request: OwnRequest) -> Result<Accepted, Refused> {
    match request {
        OwnRequest::Traces(body) => sink.traces.traces(Receiver::Own, body).await,
        OwnRequest::Logs(body) => sink.logs.logs(Receiver::Own, body).await,
    }
}
