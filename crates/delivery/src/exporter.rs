//! What an exporter is.

use std::future::Future;
use std::time::Duration;

use weir_model::{Batch, Reason};

/// A destination. `encode` is pure CPU work and runs once per request; `send` makes one attempt.
pub trait Exporter: Send + Sync + 'static {
    /// An encoded request, ready to be sent again as it is.
    type Request: Send + 'static;

    /// Turns batches of one signal into a request.
    fn encode(&self, batches: &[Batch]) -> Encoded<Self::Request>;

    /// Makes one attempt. After [`Outcome::Partial`] with a retry, `request` holds only what is to be sent again.
    /// Dropping the future half way leaves `request` unchanged; the destination may or may not have the records.
    fn send(&self, request: &mut Self::Request) -> impl Future<Output = Outcome> + Send;
}

/// An encoded request and the records that are not in it.
#[derive(Debug)]
pub struct Encoded<R> {
    /// The request; `None` when nothing is left to send.
    pub request: Option<R>,
    /// Records in the request.
    pub records: u64,
    /// Records left out, by reason.
    pub dropped: Vec<(Reason, u64)>,
}

/// How an attempt ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The destination has every record of the request.
    Delivered {
        /// Records that it already had.
        deduplicated: u64,
    },
    /// Nothing was taken; the same request may be sent again.
    Retry(Retry),
    /// The destination refuses the whole request for good.
    Rejected {
        /// Under which the loss is counted.
        reason: Reason,
        /// The destination's words, for the log.
        cause: String,
    },
    /// Some records were taken, some refused, some may be sent again.
    Partial {
        /// Records that the destination has, those it already had included.
        delivered: u64,
        /// Of those delivered, records that it already had.
        deduplicated: u64,
        /// Records refused for good, by reason.
        dropped: Vec<(Reason, u64)>,
        /// Set when the request still holds records to send again.
        retry: Option<Retry>,
    },
}

/// Why and when to try again.
#[derive(Debug, PartialEq, Eq)]
pub struct Retry {
    /// The destination's wish (Retry-After, RetryInfo); the loop's backoff when absent.
    pub after: Option<Duration>,
    /// The destination's words, for the log.
    pub cause: String,
}
