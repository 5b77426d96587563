//! Functions over the samples of a range.

use crate::metrics::Point;

/// Windows over samples: each of the same width, open at its start and closed at its end. Milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Windows {
    pub(crate) first_end: i64,
    /// From one end to the next; may be 0.
    pub(crate) step: i64,
    pub(crate) count: usize,
    pub(crate) width: i64,
}

impl Windows {
    pub(crate) fn ends(self) -> impl Iterator<Item = i64> {
        (0..self.count as i64).map(move |index| self.first_end + index * self.step)
    }

    /// First and last time that a window can have.
    pub(crate) fn span(self) -> (i64, i64) {
        let last = self.first_end + (self.count as i64 - 1) * self.step;
        (self.first_end.saturating_sub(self.width).saturating_add(1), last)
    }

    /// The samples of each window.
    pub(crate) fn of(self, points: &[Point]) -> impl Iterator<Item = &[Point]> {
        let (mut first, mut end) = (0, 0);
        self.ends().map(move |time| {
            while end < points.len() && points[end].0 <= time {
                end += 1;
            }
            while first < end && points[first].0 <= time.saturating_sub(self.width) {
                first += 1;
            }
            &points[first..end]
        })
    }
}

/// A function over the samples of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RangeFunction {
    Rate,
    Increase,
    InstantRate,
    Delta,
    Average,
    Min,
    Max,
    Sum,
    Count,
    Last,
}

impl RangeFunction {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "rate" => Self::Rate,
            "increase" => Self::Increase,
            "irate" => Self::InstantRate,
            "delta" => Self::Delta,
            "avg_over_time" => Self::Average,
            "min_over_time" => Self::Min,
            "max_over_time" => Self::Max,
            "sum_over_time" => Self::Sum,
            "count_over_time" => Self::Count,
            "last_over_time" => Self::Last,
            _ => return None,
        })
    }

    pub(crate) fn keeps_name(self) -> bool {
        self == Self::Last
    }

    /// The value over the samples of a window that ends at `end` and is `range` wide.
    pub(crate) fn of(self, points: &[Point], end: i64, range: i64) -> Option<f64> {
        let last = points.last()?;
        let values = points.iter().map(|(_, value)| *value);
        match self {
            Self::Rate => {
                extrapolated(points, end, range, true).map(|growth| growth / (range as f64 / 1000.0))
            }
            Self::Increase => extrapolated(points, end, range, true),
            Self::Delta => extrapolated(points, end, range, false),
            Self::InstantRate => instant_rate(points),
            Self::Average => Some(average(values)),
            Self::Min => {
                values.reduce(|least, value| if value < least || least.is_nan() { value } else { least })
            }
            Self::Max => {
                values.reduce(|most, value| if value > most || most.is_nan() { value } else { most })
            }
            Self::Sum => Some(sum(values)),
            Self::Count => Some(points.len() as f64),
            Self::Last => Some(last.1),
        }
    }
}

/// The growth over a range, extrapolated to its ends as Prometheus does (promql/functions.go, `extrapolatedRate`): to
/// an end that is nearer than 1.1 times the mean distance of samples, else half that distance, and for a counter not
/// below zero.
fn extrapolated(points: &[Point], end: i64, range: i64, is_counter: bool) -> Option<f64> {
    let (&(first_time, first), &(last_time, last)) = (points.first()?, points.last()?);
    if points.len() < 2 {
        return None;
    }
    let mut growth = last - first;
    if is_counter {
        let resets = points.windows(2).filter(|pair| pair[1].1 < pair[0].1).map(|pair| pair[0].1);
        growth += resets.fold(0.0, |sum, before| sum + before);
    }
    let seconds = |millis: i64| millis as f64 / 1000.0;
    let sampled = seconds(last_time - first_time);
    let distance = sampled / (points.len() - 1) as f64;
    let near = |gap: f64| if gap >= distance * 1.1 { distance / 2.0 } else { gap };
    let mut before = near(seconds(first_time - (end - range)));
    if is_counter && growth > 0.0 && first >= 0.0 {
        before = before.min(sampled * (first / growth));
    }
    let after = near(seconds(end - last_time));
    Some(growth * ((sampled + before + after) / sampled))
}

fn instant_rate(points: &[Point]) -> Option<f64> {
    let [.., (before_time, before), (time, value)] = points else { return None };
    let growth = if value < before { *value } else { value - before };
    Some(growth / ((time - before_time) as f64 / 1000.0))
}

fn average(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count() as f64;
    sum(values) / count
}

/// A sum with a correction for what rounding loses (Kahan, Neumaier).
pub(crate) fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0);
    for value in values {
        let next = sum + value;
        if next.is_infinite() {
            lost = 0.0;
        } else if sum.abs() >= value.abs() {
            lost += (sum - next) + value;
        } else {
            lost += (value - next) + sum;
        }
        sum = next;
    }
    sum + lost
}
