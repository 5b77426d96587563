//! Windows and burn rates.

use std::time::Duration;

use weir_config::SloConfig;

/// A pair of windows over which an alert wants the same burn rate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    /// Label `burn`.
    pub(crate) name: &'static str,
    pub(crate) short: &'static str,
    pub(crate) long: &'static str,
    long_seconds: u32,
    /// The share of the period's budget that is gone when the long window has had the burn rate.
    budget: f64,
    pub(crate) severity: &'static str,
    /// How long the alert stays after its condition has gone, against flapping.
    pub(crate) keep_firing_for: &'static str,
}

/// Somebody is woken.
pub(crate) const FAST: Pair = pair("fast", "5m", ("1h", 3600), 0.02, "page", "5m");
/// Somebody is woken, later.
pub(crate) const MEDIUM: Pair = pair("medium", "30m", ("6h", 6 * 3600), 0.05, "page", "15m");
/// Somebody looks at it in office hours.
pub(crate) const SLOW: Pair = pair("slow", "2h", ("1d", 24 * 3600), 0.1, "ticket", "30m");
/// The budget goes exactly by the end of the period.
pub(crate) const TREND: Pair = pair("trend", "6h", ("3d", 3 * 24 * 3600), 0.1, "ticket", "1h");

const fn pair(
    name: &'static str,
    short: &'static str,
    (long, long_seconds): (&'static str, u32),
    budget: f64,
    severity: &'static str,
    keep_firing_for: &'static str,
) -> Pair {
    Pair { name, short, long, long_seconds, budget, severity, keep_firing_for }
}

impl Pair {
    /// How many times faster than even the budget goes.
    pub(crate) fn burn_rate(&self, period: Duration) -> f64 {
        self.budget * period.as_secs_f64() / f64::from(self.long_seconds)
    }

    /// The error ratio at that rate.
    pub(crate) fn threshold(&self, slo: &SloConfig) -> f64 {
        self.burn_rate(slo.period) * error_budget(slo)
    }

    /// Seconds of the long window.
    pub(crate) fn long_seconds(&self) -> u32 {
        self.long_seconds
    }
}

/// The share of events that may be bad.
pub(crate) fn error_budget(slo: &SloConfig) -> f64 {
    1.0 - slo.target
}

/// A number as a person would write it: 0.0144 and not 0.014400000000000012.
pub(crate) fn decimal(number: f64) -> String {
    let text = format!("{number:.12}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A duration as PromQL writes it.
pub(crate) fn promql(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds.is_multiple_of(24 * 3600) {
        format!("{}d", seconds / (24 * 3600))
    } else {
        format!("{seconds}s")
    }
}
