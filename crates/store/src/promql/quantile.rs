//! Quantiles of classic histograms.

use std::collections::BTreeMap;

use super::eval::Column;
use crate::metrics::catalogue::Labels;

/// Differences between buckets below this share are rounding (Prometheus, promql/quantile.go).
const SMALL_DIFFERENCE: f64 = 1e-12;

/// A bucket: its upper bound and how many observations are at most that.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bucket {
    upper_bound: f64,
    count: f64,
}

/// A bucket over time: its upper bound, and its count per step.
type BucketColumn = (f64, Vec<Option<f64>>);

/// The quantile of each histogram, whose buckets are series with the label `le`; `quantiles` has one per step. Series
/// without a number in `le` are left out.
pub(crate) fn histogram_quantile(quantiles: &[f64], columns: Vec<Column>) -> Vec<Column> {
    let mut histograms: BTreeMap<Labels, Vec<BucketColumn>> = BTreeMap::new();
    for mut column in columns {
        let Some(bound) = column.labels.remove("le").and_then(|le| upper_bound(&le)) else { continue };
        column.labels.remove("__name__");
        histograms.entry(column.labels).or_default().push((bound, column.values));
    }
    let column = |(labels, members): (Labels, Vec<BucketColumn>)| {
        let at = |(step, &quantile): (usize, &f64)| {
            let bucket = |(upper_bound, values): &BucketColumn| {
                Some(Bucket { upper_bound: *upper_bound, count: values[step]? })
            };
            let buckets: Vec<Bucket> = members.iter().filter_map(bucket).collect();
            (!buckets.is_empty()).then(|| bucket_quantile(quantile, buckets))
        };
        Column { labels, values: quantiles.iter().enumerate().map(at).collect(), sample_time: None }
    };
    histograms.into_iter().map(column).collect()
}

fn upper_bound(le: &str) -> Option<f64> {
    match le {
        "+Inf" | "Inf" => Some(f64::INFINITY),
        _ => le.parse().ok(),
    }
}

/// The value below which a share of the observations lies, evenly spread within each bucket (Prometheus,
/// promql/quantile.go, `BucketQuantile`).
fn bucket_quantile(quantile: f64, buckets: Vec<Bucket>) -> f64 {
    if quantile.is_nan() {
        return f64::NAN;
    }
    if !(0.0..=1.0).contains(&quantile) {
        return if quantile < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let mut buckets = joined(buckets);
    let Some(&all) = buckets.last() else { return f64::NAN };
    if all.upper_bound != f64::INFINITY {
        return f64::NAN;
    }
    make_monotonic(&mut buckets);
    let observations = buckets.last().map_or(0.0, |bucket| bucket.count);
    if buckets.len() < 2 || observations == 0.0 || observations.is_nan() {
        return f64::NAN;
    }
    let rank = quantile * observations;
    let last = buckets.len() - 1;
    let found = buckets[..last].partition_point(|bucket| bucket.count < rank);
    if found == last {
        return buckets[last - 1].upper_bound;
    }
    let Bucket { upper_bound, count } = buckets[found];
    let below = match found {
        0 if upper_bound <= 0.0 => return upper_bound,
        0 => Bucket { upper_bound: 0.0, count: 0.0 },
        found => buckets[found - 1],
    };
    below.upper_bound + (upper_bound - below.upper_bound) * ((rank - below.count) / (count - below.count))
}

/// Buckets by upper bound, those with the same bound added up.
fn joined(mut buckets: Vec<Bucket>) -> Vec<Bucket> {
    buckets.sort_by(|a, b| a.upper_bound.total_cmp(&b.upper_bound));
    buckets.dedup_by(|next, kept| {
        let is_same = next.upper_bound == kept.upper_bound;
        if is_same {
            kept.count += next.count;
        }
        is_same
    });
    buckets
}

/// A bucket holds at least what the one before it holds.
fn make_monotonic(buckets: &mut [Bucket]) {
    let mut before = buckets.first().map_or(0.0, |bucket| bucket.count);
    for bucket in buckets.iter_mut().skip(1) {
        let is_rounding =
            (bucket.count - before).abs() <= SMALL_DIFFERENCE * (bucket.count.abs() + before.abs());
        if bucket.count < before || is_rounding {
            bucket.count = before;
        }
        before = bucket.count;
    }
}
