//! OpenSLO v1 documents.

mod shapes;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::section::{Section, closest};
use crate::value::Value;
use crate::{OnNoData, SloConfig, SloIndicator, parse_duration};

use shapes::{INDICATOR, OTHER, SLO};

const API: &str = "openslo/v1";
const KINDS: [&str; 7] =
    ["Service", "DataSource", "SLI", "SLO", "AlertPolicy", "AlertCondition", "AlertNotificationTarget"];
/// Annotations that weir reads begin so; others are left alone.
const PREFIX: &str = "weir.dev/";
const ANNOTATIONS: [&str; 5] = ["min-bad-events", "on-no-data", "exclude-when", "runbook", "dashboard"];
/// Labels that weir puts on alerts itself.
const RESERVED_LABELS: [&str; 8] =
    ["alertname", "service", "slo", "slo_id", "severity", "burn", "window_short", "window_long"];
/// Below it, the fastest burn rate of which somebody is paged is more than all events.
const TARGET_MIN: f64 = 0.94;
const PERIOD_MIN: Duration = Duration::from_secs(28 * 24 * 60 * 60);
const BAD_EVENTS_MIN: u64 = 10;

/// Checks a query. The error completes the sentence that starts with the query.
pub(crate) type CheckQuery<'a> = &'a dyn Fn(&str) -> Result<(), String>;

/// Reads the documents of a file.
pub(crate) fn read(documents: &[Value<'_>], check: CheckQuery<'_>) -> Vec<SloConfig> {
    let mut indicators = BTreeMap::new();
    let mut slos = Vec::new();
    for document in documents.iter().filter(|document| !document.node.is_null()) {
        match kind(document).as_deref() {
            Some("SLI") => {
                let section = Section::open(document.clone(), &INDICATOR);
                head(&section);
                let meta = metadata(&section);
                if let Some(spec) = section.section("spec") {
                    indicators.insert(meta.name, spec_of(&spec, check));
                }
            }
            Some("SLO") => slos.push(Section::open(document.clone(), &SLO)),
            Some(_) => skip(document),
            None => {}
        }
    }
    let mut read: Vec<SloConfig> = Vec::new();
    for section in &slos {
        let Some(slo) = slo(section, &indicators, check) else { continue };
        if read.iter().any(|earlier| earlier.name == slo.name) {
            section.mistake(
                "metadata",
                format!("`{}` is the name of another SLO", slo.name),
                "name each otherwise",
            );
        }
        read.push(slo);
    }
    read
}

/// Documents that say nothing about what is counted.
fn skip(document: &Value<'_>) {
    let section = Section::open(document.clone(), &OTHER);
    head(&section);
    metadata(&section);
    let _ = section.get("spec");
}

fn kind(document: &Value<'_>) -> Option<String> {
    let entries = document.entries();
    let text = |name: &str| {
        let value = entries.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        value.map_or_else(
            || {
                document.mistake_with(
                    format!("has no {name}"),
                    format!("begin with apiVersion: {API} and a kind"),
                );
                None
            },
            |value| value.text().map(|text| (text, value.clone())),
        )
    };
    let (api, at) = text("apiVersion")?;
    if api != API {
        at.mistake_with(format!("`{api}` is not what weir reads"), format!("write the document as {API}"));
        return None;
    }
    let (kind, at) = text("kind")?;
    if !KINDS.contains(&kind.as_str()) {
        let hint = closest(&kind, KINDS.into_iter()).map(|near| format!("did you mean `{near}`?"));
        at.mistake_with(
            format!("`{kind}` is no kind of {API}"),
            hint.unwrap_or_else(|| format!("kinds: {}", KINDS.join(", "))),
        );
        return None;
    }
    Some(kind)
}

fn head(section: &Section<'_>) {
    let _ = (section.text("apiVersion"), section.text("kind"));
}

/// What all documents have: name, labels and annotations.
struct Meta<'r> {
    name: String,
    labels: BTreeMap<String, String>,
    annotations: Vec<(String, Value<'r>)>,
}

fn metadata<'r>(section: &Section<'r>) -> Meta<'r> {
    let metadata = section.section_or_empty("metadata");
    let _ = metadata.text("displayName");
    let label = |(name, value): (String, Value<'_>)| {
        if RESERVED_LABELS.contains(&name.as_str()) {
            value.mistake_with("is a label that weir sets", "name it otherwise");
        }
        let first = value.node.items().next().is_some();
        let value = if first { value.items().into_iter().next()? } else { value };
        Some((name, value.text()?))
    };
    Meta {
        name: metadata.text("name").unwrap_or_default(),
        labels: metadata
            .get("labels")
            .map(|labels| labels.entries())
            .unwrap_or_default()
            .into_iter()
            .filter_map(label)
            .collect(),
        annotations: metadata.get("annotations").map(|all| all.entries()).unwrap_or_default(),
    }
}

/// An indicator as it stands, without the objective's threshold.
#[derive(Clone)]
enum Found {
    Ready(SloIndicator),
    Latency { histogram: String, native: bool },
}

fn slo(
    section: &Section<'_>,
    indicators: &BTreeMap<String, Option<Found>>,
    check: CheckQuery<'_>,
) -> Option<SloConfig> {
    head(section);
    let meta = metadata(section);
    let spec = section.section("spec")?;
    let _ =
        (spec.get("alertPolicies").map(alert_policies), spec.word("budgetingMethod", &[("Occurrences", ())]));
    let found = match (spec.section("indicator"), spec.text("indicatorRef")) {
        (Some(inline), None) => {
            if inline.get("metadata").is_some() {
                metadata(&inline);
            }
            inline.section("spec").and_then(|spec| spec_of(&spec, check))
        }
        (None, Some(name)) => match indicators.get(&name) {
            Some(found) => found.clone(),
            None => {
                spec.mistake(
                    "indicatorRef",
                    format!("there is no SLI `{name}` in these files"),
                    "add it, or write it under indicator",
                );
                None
            }
        },
        _ => {
            spec.mistake("indicator", "an SLO has one indicator", "write indicator or indicatorRef");
            None
        }
    };
    let (service, description) = (spec.text("service"), spec.text("description"));
    let (objective, period) = (objective(&spec), period(&spec));
    let (target, threshold) = objective?;
    let mut slo = SloConfig {
        name: meta.name,
        service: service.unwrap_or_default(),
        description: description.unwrap_or_default(),
        labels: meta.labels,
        period: period?,
        target,
        indicator: joined(&spec, found?, threshold)?,
        bad_events_min: BAD_EVENTS_MIN,
        on_no_data: OnNoData::Ticket,
        exclude_when: None,
        runbook: None,
        dashboard: None,
    };
    meta.annotations.iter().for_each(|(name, value)| annotate(&mut slo, name, value, check));
    Some(slo)
}

fn joined(spec: &Section<'_>, found: Found, threshold: Option<f64>) -> Option<SloIndicator> {
    match (found, threshold) {
        (Found::Ready(indicator), None) => Some(indicator),
        (Found::Latency { histogram, native }, Some(threshold)) => {
            Some(SloIndicator::Latency { histogram, native, threshold })
        }
        (Found::Ready(_), Some(_)) => {
            spec.mistake("objectives", "a ratio has no value", "leave op and value out");
            None
        }
        (Found::Latency { .. }, None) => {
            spec.mistake("objectives", "a threshold metric needs a value", "add op: lte and value: SECONDS");
            None
        }
    }
}

/// The indicator of an SLI's or inline `spec`.
fn spec_of(spec: &Section<'_>, check: CheckQuery<'_>) -> Option<Found> {
    let _ = spec.text("description");
    match (spec.section("ratioMetric"), spec.section("thresholdMetric")) {
        (Some(ratio), None) => ratio_of(&ratio, check),
        (None, Some(threshold)) => {
            let source = threshold.section("metricSource")?;
            let (query, native) = source_of(&source, check)?;
            let Some(native) = native else {
                source.mistake("spec", "a threshold needs a histogram", "add histogram: native or classic");
                return None;
            };
            Some(Found::Latency { histogram: query, native })
        }
        _ => {
            spec.value.mistake_with("is no indicator", "write one of ratioMetric and thresholdMetric");
            None
        }
    }
}

fn ratio_of(ratio: &Section<'_>, check: CheckQuery<'_>) -> Option<Found> {
    let _ = ratio.flag("counter");
    let query = |name: &'static str| {
        let source = ratio.section(name).and_then(|metric| metric.section("metricSource"));
        source.and_then(|source| source_of(&source, check)).map(|(query, _)| query)
    };
    let (good, bad, total) = (query("good"), query("bad"), query("total"));
    match (ratio.has("good"), ratio.has("bad")) {
        (true, false) => Some(Found::Ready(SloIndicator::Good { good: good?, total: total? })),
        (false, true) => Some(Found::Ready(SloIndicator::Bad { bad: bad?, total: total? })),
        _ => {
            ratio
                .value
                .mistake_with("counts neither good nor bad events, or both", "write one of good and bad");
            None
        }
    }
}

/// The query of a metric source, and whether it is a native histogram, where it is one.
fn source_of(source: &Section<'_>, check: CheckQuery<'_>) -> Option<(String, Option<bool>)> {
    let _ = (source.word("type", &[("Prometheus", ())]), source.text("metricSourceRef"));
    let spec = source.section("spec")?;
    let native =
        spec.has("histogram").then(|| spec.word("histogram", &[("native", true), ("classic", false)]));
    if native.is_none() {
        let _ = spec.get("histogram");
    }
    let query = spec.get("query")?;
    query.parsed(|text| check(text).map(|()| text.to_owned())).map(|text| (text, native.flatten()))
}

/// Target, and value of a threshold metric.
fn objective(spec: &Section<'_>) -> Option<(f64, Option<f64>)> {
    let mut read: Vec<_> = spec.sections("objectives").iter().map(read_objective).collect();
    if read.len() == 1 {
        return read.pop()?;
    }
    let hint = "an SLO has one objective; write another SLO";
    spec.mistake("objectives", format!("{} objectives", read.len()), hint);
    None
}

fn read_objective(objective: &Section<'_>) -> Option<(f64, Option<f64>)> {
    let _ = (objective.text("displayName"), objective.word("op", &[("lte", ()), ("lt", ())]));
    let number = |name: &'static str| {
        let value = objective.get(name)?;
        value.parsed(|text| text.parse::<f64>().map_err(|_| "is no number".to_owned()))
    };
    let (target, percent, value) = (number("target"), number("targetPercent"), number("value"));
    let target = target.or_else(|| percent.map(|percent| (percent * 1e10).round() / 1e12));
    let target = target.filter(|target| (TARGET_MIN..1.0).contains(target));
    if target.is_none() {
        let hint = format!("write target: a number of {TARGET_MIN} or more and less than 1, such as 0.999");
        objective.mistake("target", "is not one that burn rates can watch", hint);
    }
    Some((target?, value))
}

fn period(spec: &Section<'_>) -> Option<Duration> {
    let mut read: Vec<_> = spec.sections("timeWindow").iter().map(read_window).collect();
    if read.len() == 1 {
        return read.pop()?;
    }
    spec.mistake("timeWindow", "is not one time window", "write [{duration: 30d, isRolling: true}]");
    None
}

fn read_window(window: &Section<'_>) -> Option<Duration> {
    let (is_rolling, _) = (window.flag("isRolling"), window.get("calendar"));
    if !is_rolling {
        let hint = "write isRolling: true; PromQL has no range that ends with the month";
        window.mistake("isRolling", "only rolling windows are watched", hint);
    }
    let duration = window.get("duration")?.parsed(parse_duration)?;
    if duration < PERIOD_MIN {
        window.mistake("duration", "is too short for windows of up to 3 days", "write 28d or longer");
    }
    (is_rolling && duration >= PERIOD_MIN).then_some(duration)
}

/// Alerts are made for each SLO; conditions of one's own are not taken.
fn alert_policies(policies: Value<'_>) {
    for policy in policies.items() {
        let spec = policy.entries().into_iter().find(|(key, _)| key == "spec");
        let conditions =
            spec.and_then(|(_, spec)| spec.entries().into_iter().find(|(key, _)| key == "conditions"));
        if let Some((_, conditions)) = conditions.filter(|(_, value)| !value.node.is_void()) {
            conditions
                .mistake_with("are not taken", "leave them empty: weir makes burn-rate alerts for each SLO");
        }
    }
}

fn annotate(slo: &mut SloConfig, name: &str, value: &Value<'_>, check: CheckQuery<'_>) {
    let Some(name) = name.strip_prefix(PREFIX) else { return };
    match name {
        "min-bad-events" => {
            let count = value.parsed(|text| text.parse().map_err(|_| "is no whole number".to_owned()));
            slo.bad_events_min = count.unwrap_or(BAD_EVENTS_MIN);
        }
        "on-no-data" => {
            let word = |text: &str| match text {
                "page" => Ok(OnNoData::Page),
                "ticket" => Ok(OnNoData::Ticket),
                "ignore" => Ok(OnNoData::Ignore),
                _ => Err("is none of page, ticket, ignore".to_owned()),
            };
            slo.on_no_data = value.parsed(word).unwrap_or(OnNoData::Ticket);
        }
        "exclude-when" => {
            // Any expression with a value will do, which a query with a window is, too.
            slo.exclude_when =
                value.parsed(|text| check(&format!("{text} #$window")).map(|()| text.to_owned()));
        }
        "runbook" => slo.runbook = value.text(),
        "dashboard" => slo.dashboard = value.text(),
        _ => {
            let near =
                closest(name, ANNOTATIONS.into_iter()).map(|near| format!("did you mean `{PREFIX}{near}`?"));
            let known = || format!("known: {}", ANNOTATIONS.map(|name| format!("{PREFIX}{name}")).join(", "));
            value.mistake_with("is no annotation of weir", near.unwrap_or_else(known));
        }
    }
}
