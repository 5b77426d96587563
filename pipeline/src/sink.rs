//! The OTLP receiver's way into the intake.

use bytes::Bytes;
use weir_intake::Intake;
use weir_model::Receiver;
use weir_otlp_receiver::{Accepted, Refused, Sink};

/// An intake as the OTLP receiver sees it.
#[derive(Clone)]
pub(super) struct IntakeSink {
    /// The main one.
    pub(super) logs: Intake,
    /// The same, or that of undecided traces.
    pub(super) traces: Intake,
}

impl Sink for IntakeSink {
    async fn traces(&self, receiver: Receiver, body: Bytes) -> Result<Accepted, Refused> {
        self.traces.traces(receiver, body).await.map(accepted).map_err(refused)
    }

    async fn logs(&self, receiver: Receiver, body: Bytes) -> Result<Accepted, Refused> {
        self.logs.logs(receiver, body).await.map(accepted).map_err(refused)
    }
}

fn accepted(accepted: weir_intake::Accepted) -> Accepted {
    Accepted { rejected: accepted.rejected, message: accepted.message }
}

fn refused(refused: weir_intake::Refused) -> Refused {
    match refused {
        weir_intake::Refused::Malformed(why) => Refused::Malformed(why),
        weir_intake::Refused::Full { retry_after } => Refused::Full { retry_after },
        weir_intake::Refused::Unavailable(why) => Refused::Unavailable(why),
    }
}
