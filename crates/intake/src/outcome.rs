//! What a sender is told.

use std::time::Duration;

/// The spool has what was not rejected or sampled out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Records that break OTLP's rules and were left out (partial success).
    pub rejected: u64,
    /// Why; empty when nothing was rejected.
    pub message: String,
}

/// Nothing was taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The request cannot be taken, now or later: INVALID_ARGUMENT, 400.
    #[error("{0}")]
    Malformed(String),
    /// There is no room: RESOURCE_EXHAUSTED with RetryInfo, 429 with Retry-After.
    #[error("the spool is full")]
    Full {
        /// When to try again.
        retry_after: Duration,
    },
    /// The request may be sent again: UNAVAILABLE, 503.
    #[error("{0}")]
    Unavailable(String),
}
