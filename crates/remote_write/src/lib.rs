//! Prometheus remote-write 2.0 and 1.0.
//!
//! The spool holds requests of 2.0, so sending those is compressing them; several become one by moving their symbol
//! references. Requests of 1.0 are written from them. What the receiver says it did not write is counted as dropped.
//!
//! Specifications: <https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/>,
//! <https://prometheus.io/docs/specs/prw/remote_write_spec/>.

mod answer;
mod encode;
mod exporter;
mod metadata_clock;
mod scratch;
mod series;
mod v1;
mod v2;

pub use exporter::{RemoteWrite, RemoteWriteError, Request};
