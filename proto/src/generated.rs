//! Types that prost generates from the definitions in `proto/vendor`. For tests, tools and cold paths: each message
//! becomes one object with allocations of its own.

// What build.rs generates has no docs; proto/vendor has them. Its lints are prost's.
#[allow(missing_docs, unreachable_pub, clippy::all)]
mod tree {
    pub mod opentelemetry {
        include!(concat!(env!("OUT_DIR"), "/opentelemetry/tree.rs"));
    }
    pub mod remote_write_v1 {
        include!(concat!(env!("OUT_DIR"), "/remote_write_v1/tree.rs"));
    }
    pub mod remote_write_v2 {
        include!(concat!(env!("OUT_DIR"), "/remote_write_v2/tree.rs"));
    }
    pub mod metrics {
        include!(concat!(env!("OUT_DIR"), "/metrics/tree.rs"));
    }
}

/// OpenTelemetry protocol.
pub mod otlp {
    use super::tree::opentelemetry::opentelemetry::proto;

    pub use proto::collector::logs::v1 as collector_logs;
    pub use proto::collector::trace::v1 as collector_trace;
    pub use proto::common::v1 as common;
    pub use proto::logs::v1 as logs;
    pub use proto::resource::v1 as resource;
    pub use proto::trace::v1 as trace;
}

/// Prometheus metrics client: the protobuf form of a scraped page.
pub use tree::metrics::io::prometheus::client as metrics;
/// Prometheus remote-write 1.0.
pub use tree::remote_write_v1::prometheus as remote_write_v1;
/// Prometheus remote-write 2.0.
pub use tree::remote_write_v2::io::prometheus::write::v2 as remote_write_v2;
