//! OTLP listeners.

use std::net::SocketAddr;
use std::time::Duration;

/// OTLP in; a listener left out is off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtlpConfig {
    /// gRPC.
    pub grpc: Option<OtlpListener>,
    /// HTTP/protobuf.
    pub http: Option<OtlpListener>,
}

/// One listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtlpListener {
    /// Address and port; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Bytes of a request after decompression. Default 16 MiB.
    pub request_bytes_max: u64,
    /// Bytes of all requests that are being handled at once; more are told to come back. Default 64 MiB.
    pub in_flight_bytes_max: u64,
    /// Older connections are closed once their requests are answered. Default: none is.
    pub connection_age_max: Option<Duration>,
}
