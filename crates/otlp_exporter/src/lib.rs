//! OTLP over gRPC and HTTP to Jaeger or another weir.

mod exporter;
mod request;

pub use exporter::{BuildError, OtlpExporter, settings};
pub use request::Request;
