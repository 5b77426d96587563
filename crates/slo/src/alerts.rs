//! Alerts of an SLO.

use weir_config::{OnNoData, SloConfig, SloIndicator};

use crate::query::Query;
use crate::rules::{Alert, bound_matcher, id, labels, read, selector};
use crate::windows::{FAST, MEDIUM, Pair, SLOW, TREND, decimal};

/// Events in a minute below which an outage is not told from chance.
const OUTAGE_EVENTS_MIN: u32 = 30;
/// The share of a minute's events that is an outage: 12 seconds in which everything fails.
const OUTAGE_SHARE: f64 = 0.2;
/// A share that an outage can still reach.
const OUTAGE_SHARE_MAX: f64 = 0.9;
const BURN: &str = "SLOErrorBudgetBurn";

/// What pages first.
pub(crate) fn fast(slo: &SloConfig, runbooks: &str) -> Vec<Alert> {
    let id = id(slo);
    // Of an objective that allows much, an outage is more than what pages anyway.
    let share = FAST.threshold(slo).clamp(OUTAGE_SHARE, OUTAGE_SHARE_MAX);
    let share = (share * 100.0).ceil() / 100.0;
    let outage = alert(
        slo,
        runbooks,
        "SLOOutage",
        "page",
        format!(
            "slo:error_ratio:rate1m{{{id}}} > {}\nand on (slo_id) slo:events_total:rate1m{{{id}}} * 60 >= {OUTAGE_EVENTS_MIN}",
            decimal(share)
        ),
        &format!("more than {} % of all events of the last minute are bad", decimal(share * 100.0)),
    );
    vec![Alert { keep_firing_for: Some("2m"), ..outage }, burn(slo, runbooks, &FAST)]
}

/// What pages when the budget goes slower.
pub(crate) fn medium(slo: &SloConfig, runbooks: &str) -> Vec<Alert> {
    vec![burn(slo, runbooks, &MEDIUM)]
}

/// What opens tickets.
pub(crate) fn slow(slo: &SloConfig, runbooks: &str) -> Vec<Alert> {
    vec![burn(slo, runbooks, &SLOW), burn(slo, runbooks, &TREND)]
}

/// Whether the numbers mean anything.
pub(crate) fn health(slo: &SloConfig, runbooks: &str) -> Vec<Alert> {
    let id = id(slo);
    let severity = match slo.on_no_data {
        OnNoData::Page => Some("page"),
        OnNoData::Ticket => Some("ticket"),
        OnNoData::Ignore => None,
    };
    let absent = severity.map(|severity| Alert {
        wait: Some("5m"),
        ..alert(
            slo,
            runbooks,
            "SLODataAbsent",
            severity,
            absence(slo),
            "its series are gone; nothing is watched",
        )
    });
    let invalid = alert(
        slo,
        runbooks,
        "SLOInvalidData",
        "ticket",
        format!(
            "slo:events_bad:rate5m{{{id}}} > 1.01 * slo:events_total:rate5m{{{id}}}\n\
             or slo:events_bad:rate5m{{{id}}} < -0.01 * slo:events_total:rate5m{{{id}}}"
        ),
        "more events are good or bad than there are events; its queries do not fit together",
    );
    let idle = alert(
        slo,
        runbooks,
        "SLONoTraffic",
        "info",
        format!("slo:events_total:rate1h{{{id}}} == 0"),
        "there were no events for two hours",
    );
    let rest = [Alert { wait: Some("15m"), ..invalid }, Alert { wait: Some("1h"), ..idle }];
    absent.into_iter().chain(rest).collect()
}

/// The period's budget is gone.
pub(crate) fn exhausted(slo: &SloConfig, runbooks: &str) -> Alert {
    let expr = format!("slo:error_budget_remaining:ratio{{{}}} < 0", id(slo));
    let words = "the error budget of the period is used up";
    Alert { wait: Some("15m"), ..alert(slo, runbooks, "SLOErrorBudgetExhausted", "ticket", expr, words) }
}

fn burn(slo: &SloConfig, runbooks: &str, pair: &Pair) -> Alert {
    let (id, threshold) = (id(slo), decimal(pair.threshold(slo)));
    let Pair { name, short, long, severity, keep_firing_for, .. } = *pair;
    let mut expr = format!(
        "(slo:error_ratio:rate{short}{{{id}}} > {threshold} and slo:error_ratio:rate{long}{{{id}}} > {threshold})\n\
         and on (slo_id) slo:events_bad:rate{long}{{{id}}} * {} >= {}",
        pair.long_seconds(),
        slo.bad_events_min
    );
    if severity == "ticket" {
        // Who is paged needs no ticket.
        expr.push_str(&format!(
            "\nunless on (slo_id) ALERTS{{alertname=\"{BURN}\",alertstate=\"firing\",severity=\"page\",{id}}}"
        ));
    }
    let words = format!(
        "its error budget burns {} times faster than it may, over {short} and {long}",
        decimal(pair.burn_rate(slo.period))
    );
    let mut alert = alert(slo, runbooks, BURN, severity, expr, &words);
    let more = [("burn", name), ("window_short", short), ("window_long", long)];
    alert.labels.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Alert { keep_firing_for: Some(keep_firing_for), ..alert }
}

/// What has a value when the series that count events are gone.
fn absence(slo: &SloConfig) -> String {
    let series = match &slo.indicator {
        SloIndicator::Bad { total, .. } | SloIndicator::Good { total, .. } => match read(total) {
            Query::Selector(selector) => selector.text(),
            Query::Expression(_) => return format!("absent(slo:events_total:rate5m{{{}}})", id(slo)),
        },
        SloIndicator::Latency { histogram, native: true, .. } => selector(histogram).text(),
        SloIndicator::Latency { histogram, native: false, threshold } => {
            selector(histogram).derived("_bucket", Some(&bound_matcher(*threshold)))
        }
    };
    format!("absent_over_time({series}[10m])")
}

fn alert(
    slo: &SloConfig,
    runbooks: &str,
    name: &'static str,
    severity: &str,
    expr: String,
    words: &str,
) -> Alert {
    let mut labels = labels(slo);
    labels.push(("severity".to_owned(), severity.to_owned()));
    let own = slo.labels.iter().filter(|(name, _)| !labels.iter().any(|(taken, _)| taken == *name));
    let own: Vec<_> = own.map(|(name, value)| (name.clone(), value.clone())).collect();
    labels.extend(own);
    let runbook =
        slo.runbook.clone().unwrap_or_else(|| format!("{}/{name}.md", runbooks.trim_end_matches('/')));
    let mut annotations = vec![
        ("summary".to_owned(), format!("{}: {words}", slo.name)),
        ("description".to_owned(), description(slo)),
        ("runbook_url".to_owned(), runbook),
    ];
    annotations.extend(slo.dashboard.iter().map(|url| ("dashboard_url".to_owned(), url.clone())));
    Alert { name, expr, wait: None, keep_firing_for: None, labels, annotations }
}

fn description(slo: &SloConfig) -> String {
    let target = decimal(slo.target * 100.0);
    let promise = format!("{target} % of events must be good.");
    if slo.description.is_empty() { promise } else { format!("{} {promise}", slo.description.trim()) }
}
