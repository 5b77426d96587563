//! Series for promtool that an indicator counts.

use std::fmt::Write;

use promql_parser::label::{MatchOp, Matcher};
use weir_config::{SloConfig, SloIndicator};

use crate::query::{Query, Selector};
use crate::rules::{read, selector};
use crate::windows::decimal;

/// Values that a label may have where a matcher leaves a choice.
const CANDIDATES: [&str; 8] = ["200", "500", "503", "ok", "error", "GET", "x", "0"];

/// Steps in which so many good and bad events come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Phase {
    pub(crate) steps: u32,
    pub(crate) good: f64,
    pub(crate) bad: f64,
}

/// A series, and the events that it counts.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    series: String,
    good: bool,
    bad: bool,
}

/// How an indicator is fed.
#[derive(Clone, Debug)]
pub(crate) enum Feed {
    Counters(Vec<Counted>),
    Native { series: String, threshold: f64 },
}

impl Feed {
    /// None when no series can be thought of that the queries count.
    pub(crate) fn of(slo: &SloConfig) -> Option<Self> {
        let counted = |series: String, good: bool, bad: bool| Counted { series, good, bad };
        Some(match &slo.indicator {
            SloIndicator::Bad { bad, total } => Self::Counters(
                split(total, bad)?
                    .into_iter()
                    .map(|(series, counts_all, counts_part)| counted(series, counts_all, counts_part))
                    .collect(),
            ),
            SloIndicator::Good { good, total } => Self::Counters(
                split(total, good)?
                    .into_iter()
                    .map(|(series, counts_all, counts_part)| counted(series, counts_part, counts_all))
                    .collect(),
            ),
            SloIndicator::Latency { histogram, native: true, threshold } => {
                let selector = selector(histogram);
                Self::Native {
                    series: series(&selector.metric, &labels(&[&selector.matchers], &[])?),
                    threshold: *threshold,
                }
            }
            SloIndicator::Latency { histogram, native: false, threshold } => {
                let selector = selector(histogram);
                let labels = labels(&[&selector.matchers], &[])?;
                let bucket = |le: &str| {
                    let mut labels = labels.clone();
                    labels.push(("le".to_owned(), le.to_owned()));
                    series(&format!("{}_bucket", selector.metric), &labels)
                };
                let bound = decimal(*threshold);
                let bound = if bound.contains('.') { bound } else { format!("{bound}.0") };
                Self::Counters(vec![
                    counted(bucket(&bound), true, false),
                    counted(bucket("+Inf"), true, true),
                    counted(series(&format!("{}_count", selector.metric), &labels), true, true),
                ])
            }
        })
    }

    /// Input series of a promtool test: name and values.
    pub(crate) fn over(&self, phases: &[Phase]) -> Vec<(String, String)> {
        match self {
            Self::Counters(all) => all
                .iter()
                .map(|counted| {
                    (counted, phases.iter().map(|phase| counted.per_step(phase)).collect::<Vec<_>>())
                })
                // A series that never counted was never made.
                .filter(|(counted, steps)| counted.good || steps.iter().any(|step| *step > 0.0))
                .map(|(counted, steps)| (counted.series.clone(), counter_values(phases, &steps)))
                .collect(),
            Self::Native { series, threshold } => vec![(series.clone(), native_values(phases, *threshold))],
        }
    }
}

impl Counted {
    fn per_step(&self, phase: &Phase) -> f64 {
        let of = |counts: bool, events: f64| if counts { events } else { 0.0 };
        of(self.good, phase.good) + of(self.bad, phase.bad)
    }
}

/// Series of all events and of a part of them: name, whether it counts events outside of the part, and those within.
fn split(total: &str, part: &str) -> Option<Vec<(String, bool, bool)>> {
    let (Query::Selector(total), Query::Selector(part)) = (read(total), read(part)) else { return None };
    let of = |selector: &Selector, labels: Vec<(String, String)>| series(&selector.metric, &labels);
    let within = labels(&[&part.matchers, &total.matchers], &[])?;
    if total.metric == part.metric {
        let outside = labels(&[&total.matchers], &part.matchers)?;
        return Some(vec![(of(&total, outside), true, false), (of(&total, within), false, true)]);
    }
    let all = of(&total, labels(&[&total.matchers], &[])?);
    Some(vec![(all, true, true), (of(&part, labels(&[&part.matchers], &[])?), false, true)])
}

/// Labels that meet all matchers of `wanted`, and not all of `unwanted`.
fn labels(wanted: &[&Vec<Matcher>], unwanted: &[Matcher]) -> Option<Vec<(String, String)>> {
    let all: Vec<&Matcher> = wanted.iter().copied().flatten().collect();
    let mut labels: Vec<(String, String)> = Vec::new();
    for matcher in &all {
        if labels.iter().any(|(name, _)| *name == matcher.name) {
            continue;
        }
        let of_name: Vec<&Matcher> = all.iter().copied().filter(|other| other.name == matcher.name).collect();
        let avoid: Vec<&Matcher> = unwanted.iter().filter(|other| other.name == matcher.name).collect();
        let value = value(&of_name, &avoid).or_else(|| value(&of_name, &[]))?;
        labels.push((matcher.name.clone(), value));
    }
    let meets = |labels: &[(String, String)], matcher: &Matcher| {
        let value = labels.iter().find(|(name, _)| *name == matcher.name).map_or("", |(_, value)| value);
        matches(matcher, value)
    };
    if !unwanted.is_empty() && unwanted.iter().all(|matcher| meets(&labels, matcher)) {
        let free = unwanted.iter().find(|matcher| !labels.iter().any(|(name, _)| *name == matcher.name))?;
        labels.push((free.name.clone(), value(&[], &[free])?));
    }
    labels.retain(|(_, value)| !value.is_empty());
    Some(labels)
}

/// A value that meets all of `wanted` and none of `unwanted`.
fn value(wanted: &[&Matcher], unwanted: &[&Matcher]) -> Option<String> {
    let of_matchers = wanted.iter().chain(unwanted).flat_map(|matcher| guesses(&matcher.value));
    let candidates = of_matchers.chain(CANDIDATES.map(str::to_owned)).chain([String::new()]);
    candidates.into_iter().find(|value| {
        wanted.iter().all(|matcher| matches(matcher, value))
            && !unwanted.iter().any(|matcher| matches(matcher, value))
    })
}

/// Texts that a simple pattern may match.
fn guesses(pattern: &str) -> Vec<String> {
    pattern
        .split('|')
        .map(|part| {
            part.trim_matches(['(', ')'])
                .replace(".+", "x")
                .replace(".*", "x")
                .replace(r"\.", "\0")
                .replace('.', "0")
                .replace('\0', ".")
        })
        .collect()
}

fn matches(matcher: &Matcher, value: &str) -> bool {
    match &matcher.op {
        MatchOp::Equal => matcher.value == value,
        MatchOp::NotEqual => matcher.value != value,
        MatchOp::Re(pattern) => pattern.is_match(value),
        MatchOp::NotRe(pattern) => !pattern.is_match(value),
    }
}

fn series(metric: &str, labels: &[(String, String)]) -> String {
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    format!("{metric}{{{}}}", labels.join(","))
}

fn counter_values(phases: &[Phase], steps: &[f64]) -> String {
    let mut values = String::from("0");
    let mut count = 0.0;
    for (phase, step) in phases.iter().zip(steps) {
        // Writing to a string does not fail.
        let _ = write!(values, " {}+{}x{}", decimal(count + step), decimal(*step), phase.steps - 1);
        count += step * f64::from(phase.steps);
    }
    values
}

/// A native histogram of schema 0, whose fast events are in a bucket below the threshold and whose slow ones are in one
/// above.
fn native_values(phases: &[Phase], threshold: f64) -> String {
    let fast = threshold.log2().floor() as i32;
    let slow = threshold.log2().ceil() as i32 + 1;
    let histogram = |good: f64, bad: f64| {
        let between = "0 ".repeat((slow - fast - 1) as usize);
        let sum = good * 2_f64.powi(fast - 1) + bad * 2_f64.powi(slow);
        format!(
            "{{{{schema:0 sum:{} count:{} offset:{fast} buckets:[{} {between}{}]}}}}",
            decimal(sum),
            decimal(good + bad),
            decimal(good),
            decimal(bad)
        )
    };
    let mut values = histogram(0.0, 0.0);
    let (mut good, mut bad) = (0.0, 0.0);
    for phase in phases {
        let (next_good, next_bad) = (good + phase.good, bad + phase.bad);
        let step = histogram(phase.good, phase.bad);
        let _ = write!(values, " {}+{step}x{}", histogram(next_good, next_bad), phase.steps - 1);
        good += phase.good * f64::from(phase.steps);
        bad += phase.bad * f64::from(phase.steps);
    }
    values
}
