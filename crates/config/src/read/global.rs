//! `global`.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::environment::expand_like_prometheus;
use crate::section::Section;
use crate::shape::{Environment, Field, Kind, Shape, only, refused};
use crate::{Global, ScrapeLimits};

/// What Prometheus falls back to when `scrape_interval` is 0 or absent.
const SCRAPE_INTERVAL: Duration = Duration::from_secs(60);
const SCRAPE_TIMEOUT: Duration = Duration::from_secs(10);

/// `global`.
pub(crate) static GLOBAL: Shape = Shape {
    name: "global",
    doc: "Defaults of every scrape job, and labels of everything that is sent.",
    environment: Environment::Verbatim,
    fields: &[
        Field::new("scrape_interval", Kind::Duration, "Time between scrapes of a target. Default 1m."),
        Field::new("scrape_timeout", Kind::Duration, "Of one scrape; at most the interval. Default 10s."),
        Field::new(
            "external_labels",
            Kind::Map(&Kind::Text),
            "Labels put on every series that does not have them. $NAME and ${NAME} are environment variables.",
        ),
        Field::new(
            "evaluation_interval",
            Kind::Inert(&Kind::Duration),
            "Of rules, which weir does not have; taken so that a prometheus.yml works unchanged.",
        ),
        Field::new("rule_query_offset", Kind::Inert(&Kind::Duration), "Of rules, which weir does not have."),
        refused("query_log_file", "leave it out: weir answers no queries"),
        refused("keep_dropped_targets", "leave it out: dropped targets are not kept"),
    ],
    includes: &[&LIMITS, &FORMATS],
};

/// Limits of a scrape, in `global` (as defaults) and in each job.
pub(crate) static LIMITS: Shape = Shape {
    name: "scrape_limits",
    doc: "Limits of a scrape; a page past one fails as a whole. 0 is none.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("body_size_limit", Kind::Size, "Bytes of an uncompressed page."),
        Field::new("sample_limit", Kind::Count(0, u64::MAX), "Samples after relabelling."),
        Field::new("label_limit", Kind::Count(0, u64::MAX), "Labels of a series."),
        Field::new("label_name_length_limit", Kind::Count(0, u64::MAX), "Bytes of a label's name."),
        Field::new("label_value_length_limit", Kind::Count(0, u64::MAX), "Bytes of a label's value."),
        Field::new("target_limit", Kind::Count(0, u64::MAX), "Targets of a job after relabelling."),
    ],
    includes: &[],
};

/// What Prometheus lets one choose about formats, in `global` and in each job.
pub(crate) static FORMATS: Shape = Shape {
    name: "scrape_formats",
    doc: "Formats of a page. Weir negotiates as Prometheus does by default and has no choice yet.",
    environment: Environment::Inherited,
    fields: &[
        Field::new(
            "scrape_protocols",
            Kind::OnlyList {
                items: &[
                    "OpenMetricsText1.0.0",
                    "OpenMetricsText0.0.1",
                    "PrometheusText1.0.0",
                    "PrometheusText0.0.4",
                ],
                remedy: "leave it out",
            },
            "",
        ),
        only(
            "metric_name_validation_scheme",
            &["utf8"],
            "leave it out, or drop names by metric_relabel_configs",
        ),
        only("metric_name_escaping_scheme", &["allow-utf-8"], "leave it out"),
        only("scrape_native_histograms", FALSE, "leave it out: native histograms are not scraped yet"),
        only(
            "always_scrape_classic_histograms",
            FALSE,
            "leave it out: classic histograms are always scraped",
        ),
        only(
            "convert_classic_histograms_to_nhcb",
            FALSE,
            "leave it out: histograms are sent as they are scraped",
        ),
        only("extra_scrape_metrics", FALSE, "leave it out"),
        refused("scrape_failure_log_file", "leave it out: failed scrapes are logged and shown on /targets"),
    ],
    includes: &[],
};

/// The ways to write false.
pub(crate) const FALSE: &[&str] = &["false", "no", "off", "False", "FALSE"];

/// The ways to write true.
pub(crate) const TRUE: &[&str] = &["true", "yes", "on", "True", "TRUE"];

/// Reads `global` and the limits that jobs inherit from it.
pub(crate) fn read(section: Option<&Section<'_>>) -> (Global, ScrapeLimits) {
    let Some(section) = section else { return (defaults(), ScrapeLimits::default()) };
    let interval = section.duration("scrape_interval");
    let scrape_interval = nonzero(interval).unwrap_or(SCRAPE_INTERVAL);
    let scrape_timeout = timeout(section, scrape_interval, SCRAPE_TIMEOUT);
    let global = Global { scrape_interval, scrape_timeout, external_labels: external_labels(section) };
    (global, limits(section, &ScrapeLimits::default()))
}

/// Reads `scrape_timeout`, which must not be longer than the interval; the default gives way to it.
pub(crate) fn timeout(section: &Section<'_>, interval: Duration, default: Duration) -> Duration {
    let Some(timeout) = nonzero(section.duration("scrape_timeout")) else { return default.min(interval) };
    if timeout > interval {
        section.mistake(
            "scrape_timeout",
            "is longer than the scrape interval",
            "a scrape must end before the next one starts",
        );
    }
    timeout
}

/// Reads the limits of a scrape; those that are 0 or absent are inherited.
pub(crate) fn limits(section: &Section<'_>, inherited: &ScrapeLimits) -> ScrapeLimits {
    let or = |given: Option<u64>, inherited| given.filter(|&limit| limit > 0).unwrap_or(inherited);
    ScrapeLimits {
        body_size_limit: or(section.size("body_size_limit"), inherited.body_size_limit),
        sample_limit: or(section.count("sample_limit"), inherited.sample_limit),
        label_limit: or(section.count("label_limit"), inherited.label_limit),
        label_name_length_limit: or(
            section.count("label_name_length_limit"),
            inherited.label_name_length_limit,
        ),
        label_value_length_limit: or(
            section.count("label_value_length_limit"),
            inherited.label_value_length_limit,
        ),
        target_limit: or(section.count("target_limit"), inherited.target_limit),
    }
}

/// Prometheus takes a duration of 0 for an absent one.
pub(crate) fn nonzero(duration: Option<Duration>) -> Option<Duration> {
    duration.filter(|duration| !duration.is_zero())
}

fn defaults() -> Global {
    Global {
        scrape_interval: SCRAPE_INTERVAL,
        scrape_timeout: SCRAPE_TIMEOUT,
        external_labels: BTreeMap::new(),
    }
}

fn external_labels(section: &Section<'_>) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for (name, value) in section.map("external_labels") {
        if name.is_empty() {
            value.mistake("a label needs a name");
        }
        let text = if value.node.is_null() { Some(String::new()) } else { value.text() };
        let Some(text) = text else { continue };
        match expand_like_prometheus(&text, value.reader.environment) {
            Ok(expanded) => drop(labels.insert(name, expanded)),
            Err(missing) => value.mistake_with(
                format!("the environment variable {missing} is not set"),
                format!("set {missing}, or write $$ for a dollar sign"),
            ),
        }
    }
    labels
}
