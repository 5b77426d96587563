//! How an exporter fares, for `/readyz` and the console.

use std::time::SystemTime;

/// How an exporter fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The words of the last failed attempt.
    pub last_error: Option<String>,
    /// Since when no request got through while some wait to be sent again.
    pub retrying_since: Option<SystemTime>,
    /// Requests under way, those waiting to be sent again included.
    pub in_flight: usize,
}
