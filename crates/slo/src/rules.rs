//! Recordings, and where alerts stand among them.

use weir_config::{SloConfig, SloIndicator};

use crate::alerts;
use crate::query::{Query, Selector};
use crate::windows::{decimal, error_budget, promql};

/// A rule group.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) interval: &'static str,
    pub(crate) rules: Vec<Rule>,
}

/// A rule.
#[derive(Clone, Debug)]
pub(crate) enum Rule {
    Record { name: String, expr: String, labels: Vec<(String, String)> },
    Alert(Alert),
}

/// An alerting rule.
#[derive(Clone, Debug)]
pub(crate) struct Alert {
    pub(crate) name: &'static str,
    pub(crate) expr: String,
    pub(crate) wait: Option<&'static str>,
    pub(crate) keep_firing_for: Option<&'static str>,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) annotations: Vec<(String, String)>,
}

/// The groups that page and open tickets.
pub(crate) fn main_groups(slo: &SloConfig, runbooks: &str) -> Vec<Group> {
    let group = |part: &str, interval: &'static str, rules: Vec<Rule>| Group {
        name: format!("{}-{part}", slo.name),
        interval,
        rules,
    };
    let windows = |windows: &[&str]| -> Vec<Rule> {
        windows.iter().flat_map(|window| of_window(slo, window)).collect()
    };
    let with = |mut rules: Vec<Rule>, alerts: Vec<Alert>| {
        rules.extend(alerts.into_iter().map(Rule::Alert));
        rules
    };
    vec![
        group("fast", "5s", with(windows(&["1m", "5m", "1h"]), alerts::fast(slo, runbooks))),
        group("medium", "30s", with(windows(&["30m", "6h"]), alerts::medium(slo, runbooks))),
        group("slow", "2m", with(windows(&["2h", "1d", "3d"]), alerts::slow(slo, runbooks))),
        group("health", "1m", with(Vec::new(), alerts::health(slo, runbooks))),
    ]
}

/// The group that keeps the period's account.
pub(crate) fn budget_group(slo: &SloConfig, runbooks: &str) -> Group {
    let id = id(slo);
    let period = promql(slo.period);
    let budget = decimal(error_budget(slo));
    let over_period = |of: &str| format!("avg_over_time(slo:events_{of}:rate5m{{{id}}}[{period}:5m])");
    let mut info = labels(slo);
    info.extend(slo.labels.iter().map(|(name, value)| (name.clone(), value.clone())));
    info.push(("objective".to_owned(), decimal(slo.target)));
    info.push(("window".to_owned(), period.clone()));
    let mut rules = vec![
        record(slo, "slo:events_total:rate_period", over_period("total")),
        record(slo, "slo:events_bad:rate_period", over_period("bad")),
        record(
            slo,
            "slo:error_budget_consumed:ratio",
            format!(
                "slo:events_bad:rate_period{{{id}}} / (slo:events_total:rate_period{{{id}}} > 0) / {budget}"
            ),
        ),
        record(
            slo,
            "slo:error_budget_remaining:ratio",
            format!("1 - slo:error_budget_consumed:ratio{{{id}}}"),
        ),
        record(slo, "slo:burn_rate:ratio1h", format!("slo:error_ratio:rate1h{{{id}}} / {budget}")),
        record(slo, "slo:objective:ratio", format!("vector({})", decimal(slo.target))),
        Rule::Record { name: "slo_info".to_owned(), expr: "vector(1)".to_owned(), labels: info },
    ];
    rules.push(Rule::Alert(alerts::exhausted(slo, runbooks)));
    // Less than the 5 minutes for which a sample is seen.
    Group { name: format!("{}-budget", slo.name), interval: "2m", rules }
}

/// The labels of every series of an SLO.
pub(crate) fn labels(slo: &SloConfig) -> Vec<(String, String)> {
    [("service", &slo.service), ("slo", &slo.name), ("slo_id", &slo.name)]
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .to_vec()
}

/// The matcher of an SLO's series.
pub(crate) fn id(slo: &SloConfig) -> String {
    format!("slo_id=\"{}\"", slo.name)
}

fn record(slo: &SloConfig, name: &str, expr: String) -> Rule {
    Rule::Record { name: name.to_owned(), expr, labels: labels(slo) }
}

/// Events, bad events and their ratio over a window.
fn of_window(slo: &SloConfig, window: &str) -> [Rule; 3] {
    let id = id(slo);
    let (total, bad) = if is_direct(slo, window) { direct(slo, window) } else { averaged(slo, window) };
    [
        record(slo, &format!("slo:events_total:rate{window}"), total),
        record(slo, &format!("slo:events_bad:rate{window}"), bad),
        record(
            slo,
            &format!("slo:error_ratio:rate{window}"),
            format!("slo:events_bad:rate{window}{{{id}}} / (slo:events_total:rate{window}{{{id}}} > 0)"),
        ),
    ]
}

/// Ranges of days over many series are expensive; and what is left out of the 5-minute rate while events do not count must
/// stay out of longer windows.
fn is_direct(slo: &SloConfig, window: &str) -> bool {
    match window {
        "1m" | "5m" => true,
        "1d" | "3d" => false,
        _ => slo.exclude_when.is_none(),
    }
}

/// From the series themselves.
fn direct(slo: &SloConfig, window: &str) -> (String, String) {
    let (total, bad) = match &slo.indicator {
        SloIndicator::Bad { bad, total } => {
            let (total, bad) = (read(total).rate(window), read(bad).rate(window));
            let bad = or_none(&bad, &total);
            (total, bad)
        }
        SloIndicator::Good { good, total } => {
            let (total, good) = (read(total).rate(window), read(good).rate(window));
            let bad = format!("{total} - ({})", or_none(&good, &total));
            (total, bad)
        }
        SloIndicator::Latency { histogram, native: true, threshold } => {
            let rate = format!("sum(rate({}[{window}]))", selector(histogram).text());
            let total = format!("histogram_count({rate})");
            // Without events the fraction is no number, which the comparison leaves out.
            let slow = format!("{total} * (1 - histogram_fraction(0, {}, {rate})) > 0", decimal(*threshold));
            let bad = or_none(&slow, &total);
            (total, bad)
        }
        SloIndicator::Latency { histogram, native: false, threshold } => {
            let selector = selector(histogram);
            let total = format!("sum(rate({}[{window}]))", selector.derived("_count", None));
            let fast = format!(
                "sum(rate({}[{window}]))",
                selector.derived("_bucket", Some(&bound_matcher(*threshold)))
            );
            // Without the bucket there is no ratio, rather than a wrong one.
            let bad = format!("{total} - {fast}");
            (total, bad)
        }
    };
    match &slo.exclude_when {
        // As long as the window reaches back into the time that does not count.
        Some(when) => {
            let unless = format!("unless on () count_over_time(({when})[{window}:15s])");
            (format!("({total}) {unless}"), format!("({bad}) {unless}"))
        }
        None => (total, bad),
    }
}

/// From the 5-minute rates, weighted by their events. A step without a rate counts as one without events, so that a
/// window that is not full yet does not make few events many.
fn averaged(slo: &SloConfig, window: &str) -> (String, String) {
    let id = id(slo);
    let (step, steps) = match window {
        "30m" => ("1m", 30),
        "1h" => ("1m", 60),
        "2h" => ("1m", 120),
        "6h" => ("1m", 360),
        "1d" => ("5m", 288),
        _ => ("5m", 864),
    };
    let average =
        |of: &str| format!("sum_over_time(slo:events_{of}:rate5m{{{id}}}[{window}:{step}]) / {steps}");
    (average("total"), average("bad"))
}

/// A count whose series may never have been made: then it is 0 as long as there are events.
fn or_none(count: &str, total: &str) -> String {
    format!("({count}) or 0 * ({total})")
}

/// Selects the bucket of a classic histogram; Prometheus 3 writes whole bounds with `.0`.
pub(crate) fn bound_matcher(threshold: f64) -> String {
    let bound = decimal(threshold);
    if bound.contains('.') { format!("le=\"{bound}\"") } else { format!("le=~\"{bound}|{bound}\\\\.0\"") }
}

pub(crate) fn read(query: &str) -> Query {
    Query::read(query).expect("the query was checked when the SLO was read")
}

/// A histogram's selector.
pub(crate) fn selector(histogram: &str) -> Selector {
    match read(histogram) {
        Query::Selector(selector) => selector,
        Query::Expression(text) => Selector { metric: text, matchers: Vec::new() },
    }
}
