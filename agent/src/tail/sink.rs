//! Where batches go.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch;
use tracing::warn;
use weir_intake::{Intake, IntakeSettings};
use weir_model::{Batch, Receiver, Signal};
use weir_spool::{AppendError, Position, Spool};

/// Takes the tailer's batches.
pub trait Sink: Send + Sync + 'static {
    /// Appends a batch whose records are pending in the ledger. Waits while there is no room. Dropped half way, the
    /// batch is appended whole or not at all.
    fn append(&self, batch: Batch) -> impl Future<Output = Result<Position, AppendError>> + Send;

    /// Everything before the watched position survives the loss of power.
    fn synced(&self) -> watch::Receiver<Position>;

    /// Makes everything appended so far survive the loss of power, as far as that is possible now.
    fn flush(&self) -> impl Future<Output = ()> + Send;

    /// What goes into every record. The same allocation is returned until the configuration changes.
    fn settings(&self) -> Arc<IntakeSettings>;
}

/// The intake and the spool behind it.
#[derive(Clone, Debug)]
pub struct SpoolSink {
    /// The way into the spool.
    pub intake: Intake,
    /// The same spool, for what it has synced.
    pub spool: Spool,
}

impl Sink for SpoolSink {
    async fn append(&self, batch: Batch) -> Result<Position, AppendError> {
        self.intake.append(Receiver::Tail, batch).await
    }

    fn synced(&self) -> watch::Receiver<Position> {
        self.spool.synced(Signal::Logs)
    }

    async fn flush(&self) {
        if let Err(error) = self.spool.flush().await {
            warn!(%error, "log lines since the last sync will be read again");
        }
    }

    fn settings(&self) -> Arc<IntakeSettings> {
        self.intake.settings()
    }
}
