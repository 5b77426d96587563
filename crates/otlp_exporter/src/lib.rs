//! OTLP over gRPC and HTTP to Jaeger or another weir.
//!
//! A request is the concatenation of its batches' payloads, which is how messages with one repeated field join
//! (<https://protobuf.dev/programming-guides/encoding/#last-one-wins>), so nothing is decoded and, unless it is to be
//! compressed, nothing is copied: the batches' bytes go to the socket as they are.
//!
//! How an answer is read, after <https://opentelemetry.io/docs/specs/otlp/#failures>:
//!
//! | answer | outcome |
//! |---|---|
//! | OK | delivered; `partial_success` counts the rejected records as lost |
//! | CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS, RESOURCE_EXHAUSTED | sent again, after the delay of RetryInfo if there is one |
//! | HTTP 429, 502, 503, 504 | sent again, after Retry-After if there is one |
//! | a message that the server calls too large, HTTP 413 | its batches are sent in smaller requests; a single batch that is too large is lost and counted |
//! | any other | the request is lost and counted |
//!
//! RESOURCE_EXHAUSTED is sent again even without RetryInfo. The specification would drop it, but a server that is full
//! is the ordinary case, and the spool's age limit ends the attempts.

mod chunks;
mod endpoint;
mod exporter;
mod grpc;
mod http_protobuf;
mod link;
mod packer;
mod reply;
mod request;
mod status;

pub use exporter::{BuildError, OtlpExporter, settings};
pub use request::Request;
