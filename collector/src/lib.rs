//! The tier behind the agents: trace assembly, tail sampling, span metrics.
//!
//! ```text
//! otlp -> Intake -> spool of undecided traces -+-> TailSampling -> Intake -> spool -> exporters
//!                                              +-> SpanMetrics --> Intake -> spool -> remote_write
//! ```
//!
//! Both read the spool of undecided traces as exporters do, with a cursor each, and bring what comes of it into the
//! main spool as receivers do. So a sender has its answer once its spans are safe, and a restart goes on where the
//! last life ended.

mod files;
mod registered;
#[cfg(test)]
mod rig;
mod span_metrics;
mod spans;
mod tail_sampling;

pub use files::FileError;
pub use span_metrics::{SpanMetrics, SpanMetricsError, SpanMetricsParts};
pub use tail_sampling::{TailSampling, TailSamplingError, TailSamplingParts};
