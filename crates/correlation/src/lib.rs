//! Trace context, baggage and correlation ids, as found in logs and spans.
//!
//! - [`ids`]: trace and span ids as hexadecimal text.
//! - [`TraceParent`]: the W3C `traceparent` header.
//! - [`baggage`]: the W3C `baggage` header.
//! - [`Choice`]: which of a record's attributes names its correlation id.

pub mod baggage;
mod choice;
pub mod ids;
mod traceparent;

pub use choice::{Choice, CorrelationKeys, ID_BYTES_MAX, Value};
pub use traceparent::TraceParent;
