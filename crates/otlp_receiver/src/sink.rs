//! Where requests go.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use weir_model::Receiver;

/// Takes requests in. A call is always run to its end: a sender that goes away half way does not cancel it.
pub trait Sink: Clone + Send + Sync + 'static {
    /// Takes in an encoded `ExportTraceServiceRequest`; returns once its spans are safe.
    fn traces(
        &self,
        receiver: Receiver,
        body: Bytes,
    ) -> impl Future<Output = Result<Accepted, Refused>> + Send;

    /// Takes in an encoded `ExportLogsServiceRequest`; returns once its log records are safe.
    fn logs(&self, receiver: Receiver, body: Bytes)
    -> impl Future<Output = Result<Accepted, Refused>> + Send;
}

/// The request was taken, wholly or in part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Records that were refused for good.
    pub rejected: u64,
    /// Why, or a warning when nothing was rejected; empty when there is nothing to say.
    pub message: String,
}

/// Nothing of the request was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is not what it should be; sending it again will not help.
    Malformed(String),
    /// There is no room; the sender should come back.
    Full {
        /// When to come back.
        retry_after: Duration,
    },
    /// It cannot be taken now, for another reason than room; the sender may come back.
    Unavailable(String),
}
