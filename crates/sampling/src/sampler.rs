//! The decision over one span.

use crate::{Randomness, RatioError, Threshold, TraceState};

/// An equalizing downstream sampler (tracestate-probability-sampling, "Equalizing downstream sampler"): spans leave
/// with its own threshold, or with the one they came with where that is stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampler {
    threshold: Threshold,
}

/// What becomes of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Not sampled.
    Drop,
    /// Sampled; its trace state stays as it is.
    Keep,
    /// Sampled; its trace state gets this threshold ([`crate::put_threshold`]).
    KeepAs(Threshold),
}

impl Sampler {
    /// Keeps every trace.
    pub const KEEP_ALL: Self = Self { threshold: Threshold::ALWAYS };

    /// Keeps `ratio` of all traces.
    pub fn new(ratio: f64) -> Result<Self, RatioError> {
        Threshold::from_ratio(ratio).map(|threshold| Self { threshold })
    }

    /// Keeps what `threshold` keeps.
    pub const fn at(threshold: Threshold) -> Self {
        Self { threshold }
    }

    /// True when nothing is ever dropped; then spans need not be asked about.
    pub fn keeps_all(&self) -> bool {
        self.threshold == Threshold::ALWAYS
    }

    /// Decides over a span. A threshold that the span cannot have passed, since its randomness is below it, is
    /// inconsistent and counts as absent; so does the lack of one, which leaves the share kept before unknown.
    pub fn decide(&self, trace_id: &[u8; 16], state: &TraceState) -> Decision {
        let randomness = state.randomness.unwrap_or_else(|| Randomness::from_trace_id(trace_id));
        match state.threshold.filter(|threshold| threshold.keeps(randomness)) {
            Some(stricter) if stricter >= self.threshold => Decision::Keep,
            _ if self.threshold.keeps(randomness) => Decision::KeepAs(self.threshold),
            _ => Decision::Drop,
        }
    }

    /// Decides over what has no trace state, such as a log record: as over the spans of its trace, unless these have
    /// an explicit randomness.
    pub fn keeps(&self, trace_id: &[u8; 16]) -> bool {
        self.threshold.keeps(Randomness::from_trace_id(trace_id))
    }
}

#[cfg(test)]
mod tests;
