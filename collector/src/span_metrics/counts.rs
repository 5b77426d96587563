//! The counts of one series.

use std::collections::BTreeMap;

use weir_sampling::Randomness;

/// Resolution of the native histogram: 2^3 buckets per power of two, each 9 % wider than the one before.
pub(super) const SCHEMA: i32 = 3;
/// Durations up to here, in seconds, count as zero.
pub(super) const ZERO_THRESHOLD: f64 = 1e-6;
/// The last bucket of the native histogram: 2^17 seconds, a day and a half.
const INDEX_MAX: i32 = 17 << SCHEMA;

/// A span that shows what a count stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Exemplar {
    pub(super) trace_id: [u8; 16],
    pub(super) span_id: [u8; 8],
    pub(super) seconds: f64,
    /// Milliseconds since the Unix epoch.
    pub(super) time: i64,
    randomness: Randomness,
}

/// A span as it is counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observed {
    pub(super) seconds: f64,
    /// How many spans it stands for.
    pub(super) weight: f64,
    /// None without a trace id.
    pub(super) trace_id: Option<[u8; 16]>,
    pub(super) span_id: [u8; 8],
    /// Milliseconds since the Unix epoch.
    pub(super) time: i64,
    pub(super) randomness: Randomness,
}

/// Requests and durations of one combination of labels. They only grow.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) calls: f64,
    /// Seconds.
    pub(super) sum: f64,
    /// By classic bucket, the last one for what is above every bound. Not cumulative.
    pub(super) classic: Vec<f64>,
    /// By index of the native histogram.
    pub(super) native: BTreeMap<i32, f64>,
    pub(super) zero: f64,
    /// When it began, in milliseconds since the Unix epoch.
    pub(super) started: i64,
    /// When a span was counted last.
    pub(super) updated: i64,
    /// Whether its beginning at 0 was sent.
    pub(super) told: bool,
    /// Of this interval, by classic bucket. Not saved.
    pub(super) exemplars: Vec<Option<Exemplar>>,
}

impl Counts {
    /// Nothing counted, since `started`.
    pub(super) fn new(buckets: usize, started: i64) -> Self {
        Self {
            classic: vec![0.0; buckets + 1],
            exemplars: vec![None; buckets + 1],
            started,
            updated: started,
            ..Self::default()
        }
    }

    /// Counts a span. `bounds` are those of the classic histogram, in seconds.
    pub(super) fn count(&mut self, observed: &Observed, bounds: &[f64]) {
        self.calls += observed.weight;
        self.sum += observed.seconds * observed.weight;
        let bucket = bounds.partition_point(|&bound| bound < observed.seconds);
        self.classic[bucket] += observed.weight;
        if observed.seconds <= ZERO_THRESHOLD {
            self.zero += observed.weight;
        } else {
            *self.native.entry(index(observed.seconds)).or_default() += observed.weight;
        }
        self.updated = observed.time;
        self.show(bucket, observed);
    }

    /// Of the spans of an interval, the one of the highest randomness is the likeliest to be kept by samplers.
    fn show(&mut self, bucket: usize, observed: &Observed) {
        let Some(trace_id) = observed.trace_id else { return };
        let shown = &mut self.exemplars[bucket];
        if shown.is_none_or(|shown| shown.randomness < observed.randomness) {
            let &Observed { span_id, seconds, time, randomness, .. } = observed;
            *shown = Some(Exemplar { trace_id, span_id, seconds, time, randomness });
        }
    }
}

/// The bucket `i` of a native histogram holds what is above `2^((i - 1) / 8)` and up to `2^(i / 8)`.
fn index(seconds: f64) -> i32 {
    let index = (seconds.log2() * f64::from(1 << SCHEMA)).ceil();
    (index as i32).min(INDEX_MAX)
}
