//! OpenTelemetry consistent probability sampling: thresholds, randomness, tracestate.
//!
//! A trace has 56 bits of [`Randomness`], a sampler a 56-bit rejection [`Threshold`]; a span is kept when the
//! randomness is not below the threshold. So samplers that know nothing of each other agree: what the stricter one
//! keeps, the other keeps too. The threshold applied is recorded in the span's trace state as `ot=th:..`, from which
//! counts are scaled up again ([`Threshold::adjusted_count`]).
//!
//! <https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/>
//! <https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/>

mod randomness;
mod sampler;
mod threshold;
mod trace_state;

pub use randomness::Randomness;
pub use sampler::{Decision, Sampler};
pub use threshold::{RatioError, Threshold};
pub use trace_state::{TraceState, put_threshold};
