//! promtool tests of what is generated.

use weir_config::{OnNoData, SloConfig};

use crate::emit::{HEADER, line, quoted};
use crate::rules::id;
use crate::series::{Feed, Phase};
use crate::windows::{FAST, decimal, error_budget};

/// Seconds of a step of the first file's series, and between two evaluations.
const STEP: u32 = 15;
/// Events of a step while there is traffic.
const EVENTS: f64 = 150.0;

/// A test: its series, and what is asked when.
struct Case {
    name: &'static str,
    series: Vec<(String, String)>,
    asked: Vec<Asked>,
}

/// An expression whose value is known; without one there is no sample.
struct Asked {
    seconds: u32,
    expr: String,
    value: Option<f64>,
}

/// Tests of the alerts. None when no series can be thought of that the queries count.
pub(crate) fn main_file(slo: &SloConfig) -> Option<String> {
    let feed = Feed::of(slo)?;
    let cases = [healthy(slo, &feed), outage(slo, &feed), idle(slo, &feed), gone(slo, &feed), invalid(slo)];
    let cases = cases.into_iter().chain(quiet(slo, &feed)).collect::<Vec<_>>();
    Some(file(slo, &[""], &format!("{STEP}s"), &format!("{STEP}s"), &cases))
}

/// Tests of what takes days.
pub(crate) fn budget_file(slo: &SloConfig) -> Option<String> {
    let feed = Feed::of(slo)?;
    Some(file(slo, &["", "budget."], "5m", "1m", &[slow_burn(slo, &feed), uneven(slo, &feed)]))
}

fn phase(steps: u32, good: f64, bad: f64) -> Phase {
    Phase { steps, good, bad }
}

fn at(seconds: u32, expr: String, value: f64) -> Asked {
    Asked { seconds, expr, value: Some(value) }
}

/// How many alerts fire that these matchers select.
fn firing(slo: &SloConfig, matchers: &str) -> String {
    format!("count(ALERTS{{alertstate=\"firing\",{matchers}{}}}) or vector(0)", id(slo))
}

fn healthy(slo: &SloConfig, feed: &Feed) -> Case {
    Case {
        name: "all is well, and no bad event has ever been: the ratio is 0, and nothing fires",
        series: feed.over(&[phase(240, EVENTS, 0.0)]),
        asked: vec![
            at(3600, format!("sum(slo:error_ratio:rate5m{{{}}})", id(slo)), 0.0),
            at(3600, firing(slo, ""), 0.0),
        ],
    }
}

fn outage(slo: &SloConfig, feed: &Feed) -> Case {
    let began = 280 * STEP;
    // The long window has the burn rate once so much of it was outage.
    let needed = (FAST.threshold(slo) * f64::from(FAST.long_seconds())).ceil() as u32;
    // Averages of the 5-minute rate are behind it.
    let late = if slo.exclude_when.is_some() { 300 } else { 0 };
    let round = |seconds: u32| seconds / STEP * STEP;
    let burn = firing(slo, "alertname=\"SLOErrorBudgetBurn\",burn=\"fast\",severity=\"page\",");
    let out = firing(slo, "alertname=\"SLOOutage\",severity=\"page\",");
    Case {
        name: "a total outage pages: at once as an outage, and once the budget burns",
        series: feed.over(&[phase(280, EVENTS, 0.0), phase((needed + late) / STEP + 20, 0.0, EVENTS)]),
        asked: vec![
            at(began, out.clone(), 0.0),
            at(began + 60, out, 1.0),
            at(began + round(needed.saturating_sub(STEP)), burn.clone(), 0.0),
            at(began + round(needed + late + 3 * STEP), burn, 1.0),
        ],
    }
}

/// Too few events to say anything, unless one bad event is to page.
fn quiet(slo: &SloConfig, feed: &Feed) -> Option<Case> {
    let bad = slo.bad_events_min.saturating_sub(1).min(3) as f64;
    let over = format!(
        "count(slo:error_ratio:rate1h{{{}}} > {}) or vector(0)",
        id(slo),
        decimal(FAST.threshold(slo))
    );
    (bad > 0.0).then(|| Case {
        name: "a few bad events in a quiet hour are a high ratio, and page nobody",
        series: feed.over(&[phase(236, 0.001, 0.0), phase(4, 0.0, bad / 4.0)]),
        asked: vec![at(3600, over, 1.0), at(3600, firing(slo, "severity=\"page\","), 0.0)],
    })
}

fn idle(slo: &SloConfig, feed: &Feed) -> Case {
    let ratio = format!("slo:error_ratio:rate1h{{{}}}", id(slo));
    Case {
        name: "without traffic there is no ratio, and no alert but the one that says so",
        series: feed.over(&[phase(560, 0.0, 0.0)]),
        asked: vec![
            Asked { seconds: 3600, expr: ratio, value: None },
            at(3600, firing(slo, ""), 0.0),
            at(8400, firing(slo, "alertname=\"SLONoTraffic\",severity=\"info\","), 1.0),
            at(8400, firing(slo, "alertname!=\"SLONoTraffic\","), 0.0),
        ],
    }
}

fn gone(slo: &SloConfig, feed: &Feed) -> Case {
    let absent = firing(slo, "alertname=\"SLODataAbsent\",");
    let told = if slo.on_no_data == OnNoData::Ignore { 0.0 } else { 1.0 };
    Case {
        name: "the series are gone: that is said, after a while",
        series: feed.over(&[phase(120, EVENTS, 0.0)]),
        asked: vec![at(40 * 60, absent.clone(), 0.0), at(46 * 60, absent, told)],
    }
}

/// The recordings themselves are written: whatever the queries are, their mistake shows there.
fn invalid(slo: &SloConfig) -> Case {
    let recorded =
        |of: &str, number: u32| (format!("slo:events_{of}:rate5m{{{}}}", id(slo)), format!("{number}x120"));
    let told = firing(slo, "alertname=\"SLOInvalidData\",severity=\"ticket\",");
    Case {
        name: "more bad events than events: the queries do not fit together, and that is said",
        series: vec![recorded("bad", 20), recorded("total", 10)],
        asked: vec![at(14 * 60, told.clone(), 0.0), at(16 * 60, told, 1.0)],
    }
}

/// 4.5 times the rate at which the budget lasts: between a ticket and a page.
fn slow_burn(slo: &SloConfig, feed: &Feed) -> Case {
    let bad = 4.5 * error_budget(slo) * 10_000.0;
    let days = 2 * 24 * 60;
    let tickets = firing(slo, "alertname=\"SLOErrorBudgetBurn\",severity=\"ticket\",");
    let pages = firing(slo, "alertname=\"SLOErrorBudgetBurn\",severity=\"page\",");
    let consumed = format!("sum(slo:error_budget_consumed:ratio{{{}}})", id(slo));
    Case {
        name: "a slow burn opens tickets and uses up the budget; an outage that pages mutes them",
        series: feed.over(&[phase(days, 10_000.0 - bad, bad), phase(180, 0.0, 10_000.0)]),
        asked: vec![
            at(days * 60, tickets.clone(), 2.0),
            at(days * 60, pages.clone(), 0.0),
            at(days * 60, format!("round({consumed}, 0.1)"), 4.5),
            at(days * 60, firing(slo, "alertname=\"SLOErrorBudgetExhausted\","), 1.0),
            at((days + 175) * 60, format!("({pages}) > bool 0"), 1.0),
            at((days + 175) * 60, tickets, 0.0),
        ],
    }
}

/// Two busy hours without a mistake, two almost idle ones in which everything fails: what counts are events.
fn uneven(slo: &SloConfig, feed: &Feed) -> Case {
    let truth = 120.0 / 120_120.0 / error_budget(slo);
    let consumed = format!("slo:error_budget_consumed:ratio{{{}}}", id(slo));
    let between = format!(
        "count({consumed} > {} and {consumed} < {}) or vector(0)",
        decimal(truth * 0.85),
        decimal(truth * 1.15)
    );
    Case {
        name: "the budget is weighted by events, not by time",
        series: feed.over(&[phase(120, 1000.0, 0.0), phase(120, 0.0, 1.0)]),
        asked: vec![at(240 * 60, between, 1.0)],
    }
}

/// Groups are evaluated in a stated order, since what the others have recorded is seen for 5 minutes only.
fn file(slo: &SloConfig, parts: &[&str], evaluation: &str, interval: &str, cases: &[Case]) -> String {
    let mut out = format!("{HEADER}rule_files:\n");
    parts.iter().for_each(|part| line(&mut out, 1, &format!("- {}.{part}rules.yaml", slo.name)));
    line(&mut out, 0, "group_eval_order:");
    let budget = parts.iter().any(|part| !part.is_empty()).then_some("budget");
    for group in ["fast", "medium", "slow", "health"].into_iter().chain(budget) {
        line(&mut out, 1, &format!("- {}-{group}", slo.name));
    }
    line(&mut out, 0, &format!("evaluation_interval: {evaluation}"));
    line(&mut out, 0, "fuzzy_compare: true");
    line(&mut out, 0, "tests:");
    for case in cases {
        line(&mut out, 1, &format!("- name: {}", quoted(case.name)));
        line(&mut out, 2, &format!("interval: {interval}"));
        line(&mut out, 2, "input_series:");
        for (series, values) in &case.series {
            line(&mut out, 3, &format!("- series: {}", quoted(series)));
            line(&mut out, 4, &format!("values: {}", quoted(values)));
        }
        line(&mut out, 2, "promql_expr_test:");
        for asked in &case.asked {
            line(&mut out, 3, &format!("- expr: {}", quoted(&asked.expr)));
            line(&mut out, 4, &format!("eval_time: {}s", asked.seconds));
            if let Some(value) = asked.value {
                line(&mut out, 4, "exp_samples:");
                line(&mut out, 5, &format!("- {{labels: '{{}}', value: {}}}", decimal(value)));
            }
        }
    }
    out
}
