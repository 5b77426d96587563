//! How an exporter wants to be driven.

use std::time::Duration;

/// How an exporter wants to be driven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The exporter's name in the configuration and the ledger.
    pub exporter: String,
    /// Requests of one signal under way at once, at least 1; for metrics also the number of shards.
    pub requests_max: usize,
    /// Payload bytes joined into one request. A single larger batch goes alone.
    pub batch_bytes_max: usize,
    /// Records joined into one request. A single larger batch goes alone.
    pub batch_records_max: u64,
    /// How long a request that is not full waits for more. 0 sends what is there.
    pub linger: Duration,
    /// The wait between attempts.
    pub backoff: Backoff,
}

/// Exponential backoff with full jitter: the n-th wait is a random time up to `min * 2^n`, at most `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The bound of the first wait.
    pub min: Duration,
    /// The bound of every wait.
    pub max: Duration,
}
