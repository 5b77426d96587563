//! OTLP over gRPC and HTTP, body bytes unparsed at the door.
//!
//! A request's body is read into one buffer of exactly its size, unpacked where it is compressed, and handed to a
//! [`Sink`] as it is: nothing here looks inside. What is here is the door: framing, sizes, admission, timeouts, and
//! the answers that the OTLP specification prescribes (<https://opentelemetry.io/docs/specs/otlp/>).
//!
//! | what happened | gRPC | HTTP |
//! |---|---|---|
//! | taken | OK | 200 |
//! | taken in part | OK with `partial_success` | 200 with `partial_success` |
//! | not OTLP, not gzip | INVALID_ARGUMENT | 400 |
//! | larger than `request_bytes_max` after decompression | INVALID_ARGUMENT | 413 |
//! | no room (`in_flight_bytes_max`, or the sink is full) | RESOURCE_EXHAUSTED with RetryInfo | 429 with Retry-After |
//! | the sink cannot take it now, or the body did not arrive in time | UNAVAILABLE | 503 |
//! | unknown method or path | UNIMPLEMENTED | 404, 405 |
//! | unknown encoding | UNIMPLEMENTED | 415 |
//!
//! A request that is too large gets INVALID_ARGUMENT and not RESOURCE_EXHAUSTED or OUT_OF_RANGE (which other servers
//! use), because OTLP clients may send those again, and this request would never fit.

mod answer;
mod budget;
mod connection;
mod door;
mod grpc;
mod gunzip;
mod http_protobuf;
mod limits;
mod metrics;
mod reader;
mod refusal;
mod serve;
mod sink;

pub use limits::Limits;
pub use metrics::OtlpMetrics;
pub use serve::{serve_grpc, serve_http};
pub use sink::{Accepted, Refused, Sink};
