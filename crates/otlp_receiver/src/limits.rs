//! What a listener allows.

use std::time::Duration;

use weir_config::OtlpListener;

/// Limits of one listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request's body, compressed and after decompression; at most half of `in_flight_bytes_max`.
    /// Default 16 MiB.
    pub request_bytes_max: usize,
    /// Bytes of the bodies of all requests that are being handled at once, from before they are read until the sink
    /// has taken them. Past it senders are told to come back. Default 64 MiB.
    pub in_flight_bytes_max: usize,
    /// Open connections; at the limit further ones wait in the kernel's backlog. Default 1024.
    pub connections_max: usize,
    /// HTTP/1: from the end of one request until the head of the next has arrived. Default 60 s.
    pub head_timeout: Duration,
    /// From a request's head until its body has arrived. Default 60 s.
    pub body_timeout: Duration,
    /// A connection without a request for this long is closed. Default 5 min.
    pub idle_timeout: Duration,
    /// A connection that is older is closed when its requests are answered, so that its client comes to another server of
    /// the same name. A tenth earlier or later, by chance. Default: none is.
    pub connection_age_max: Option<Duration>,
    /// On shutdown and past `connection_age_max`, how long connections may take to finish the requests that they have
    /// begun. Default 10 s.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes_max: 16 << 20,
            in_flight_bytes_max: 64 << 20,
            connections_max: 1024,
            head_timeout: Duration::from_secs(60),
            body_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(300),
            connection_age_max: None,
            drain_timeout: Duration::from_secs(10),
        }
    }
}

impl From<&OtlpListener> for Limits {
    /// What is configured; the rest by default.
    fn from(listener: &OtlpListener) -> Self {
        let bytes = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        Self {
            request_bytes_max: bytes(listener.request_bytes_max),
            in_flight_bytes_max: bytes(listener.in_flight_bytes_max),
            connection_age_max: listener.connection_age_max,
            ..Self::default()
        }
    }
}
