//! What a server's answer means for the request.

use std::time::Duration;

use tracing::warn;
use weir_delivery::{Outcome, Retry};
use weir_model::Reason;
use weir_proto::wire::{Fields, Value, WireError};

use crate::Request;
use crate::packer::Packer;

/// What a server's answer, or the lack of one, says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// It took the message, but for `rejected` records.
    Taken(ExportResponse),
    /// It may take the same message later.
    Later { after: Option<Duration>, cause: String },
    /// It would take a smaller message.
    TooLarge { cause: String },
    /// It will never take this message.
    Refused { cause: String },
}

/// An `ExportTraceServiceResponse` or `ExportLogsServiceResponse`, which are alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExportResponse {
    pub(crate) rejected: u64,
    pub(crate) message: String,
}

impl ExportResponse {
    /// Reads `partial_success` (field 1) with its rejected records (1) and message (2). A negative count is 0.
    pub(crate) fn read(response: &[u8]) -> Result<Self, WireError> {
        let mut read = Self::default();
        for field in Fields::new(response) {
            if let (1, Value::Bytes(partial)) = parts(field)? {
                read.read_partial(partial)?;
            }
        }
        Ok(read)
    }

    fn read_partial(&mut self, partial: &[u8]) -> Result<(), WireError> {
        for field in Fields::new(partial) {
            match parts(field)? {
                (1, Value::Varint(rejected)) => self.rejected = u64::try_from(rejected as i64).unwrap_or(0),
                (2, Value::Bytes(message)) => self.message = String::from_utf8_lossy(message).into_owned(),
                _ => {}
            }
        }
        Ok(())
    }
}

fn parts(field: Result<weir_proto::wire::Field<'_>, WireError>) -> Result<(u32, Value<'_>), WireError> {
    field.map(|field| (field.number, field.value))
}

impl Reply {
    /// Reads the answer to a message that was taken. One that cannot be read was taken nevertheless.
    pub(crate) fn taken(exporter: &str, response: &[u8]) -> Self {
        Self::Taken(ExportResponse::read(response).unwrap_or_else(|error| {
            warn!(exporter, %error, "server took the request, but its answer cannot be read");
            ExportResponse::default()
        }))
    }

    /// Turns the reply to the last attempt into the outcome of it, leaving in `request` what is still to be sent.
    pub(crate) fn conclude(self, exporter: &str, request: &mut Request, packer: Option<&Packer>) -> Outcome {
        match self {
            Self::Later { after, cause } => Outcome::Retry(Retry { after, cause }),
            Self::Taken(response) => {
                let records = request.take_sent(packer);
                taken(exporter, request, records, response)
            }
            Self::TooLarge { cause } => {
                let bytes = request.bytes();
                if request.try_halve(packer) {
                    return Outcome::Retry(at_once(format!(
                        "{bytes} bytes are more than the server takes: {cause}"
                    )));
                }
                let cause = format!("a single batch of {bytes} bytes is more than the server takes: {cause}");
                lost(exporter, request, packer, Reason::TooLarge, cause)
            }
            Self::Refused { cause } => lost(exporter, request, packer, Reason::Rejected, cause),
        }
    }
}

fn taken(exporter: &str, request: &Request, records: u64, response: ExportResponse) -> Outcome {
    let rejected = response.rejected.min(records);
    if rejected > 0 {
        warn!(exporter, rejected, of = records, cause = response.message, "server took the request in part");
    } else if !response.message.is_empty() {
        warn!(exporter, message = response.message, "server took the request with a warning");
    }
    if rejected == 0 && request.is_done() {
        return Outcome::Delivered { deduplicated: 0 };
    }
    let dropped = if rejected == 0 { Vec::new() } else { vec![(Reason::PartialSuccess, rejected)] };
    Outcome::Partial { delivered: records - rejected, deduplicated: 0, dropped, retry: rest_of(request) }
}

/// The parts of the last attempt are lost; those after it are not.
fn lost(
    exporter: &str,
    request: &mut Request,
    packer: Option<&Packer>,
    reason: Reason,
    cause: String,
) -> Outcome {
    let records = request.take_sent(packer);
    let Some(retry) = rest_of(request) else { return Outcome::Rejected { reason, cause } };
    warn!(exporter, records, cause, "server refused a part of the request");
    Outcome::Partial { delivered: 0, deduplicated: 0, dropped: vec![(reason, records)], retry: Some(retry) }
}

fn rest_of(request: &Request) -> Option<Retry> {
    (!request.is_done()).then(|| at_once("the rest of a request that was sent in parts".to_owned()))
}

fn at_once(cause: String) -> Retry {
    Retry { after: Some(Duration::ZERO), cause }
}

#[cfg(test)]
mod tests;
