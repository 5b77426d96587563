//! `tail_sampling` and `span_metrics`.

use std::time::Duration;

use crate::read::names::Names;
use crate::read::scrape::positive;
use crate::section::Section;
use crate::shape::{Environment, Field, Kind, Shape};
use crate::value::Value;
use crate::{SpanMetricsConfig, TailPolicyConfig, TailRule, TailSamplingConfig, parse_duration};

/// Bounds of the classic histogram, as OpenTelemetry advises for `http.server.request.duration`, and two beyond.
const BUCKETS: [Duration; 16] = [
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(75),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_millis(750),
    Duration::from_secs(1),
    Duration::from_millis(2500),
    Duration::from_secs(5),
    Duration::from_millis(7500),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(60),
];

/// Policies that one configuration may have.
const POLICIES_MAX: usize = 64;

/// `tail_sampling`.
pub(crate) static TAIL_SAMPLING: Shape = Shape {
    name: "tail_sampling",
    doc: "Of a collector: whole traces are kept or dropped. A trace is kept if any policy keeps it.",
    environment: Environment::Inherited,
    fields: &[
        Field::new(
            "decision_wait",
            Kind::Duration,
            "How long after its first span a trace is decided over at the latest.",
        )
        .or("30s"),
        Field::new(
            "decision_wait_after_root",
            Kind::Duration,
            "How long after its root span a trace is decided over, for spans that were sent later than it.",
        )
        .or("5s"),
        Field::new(
            "undecided_bytes_max",
            Kind::Size,
            "Bytes of undecided traces in memory; above it the oldest are decided over early, which is counted.",
        )
        .or("128MiB"),
        Field::new(
            "decisions_max",
            Kind::Count(1, 100_000_000),
            "Decisions that are remembered, so that late spans follow them; each takes about 60 bytes of memory.",
        )
        .or("1000000"),
        Field::new("policies", Kind::List(&Kind::Section(&POLICY)), "What is kept.").required(),
    ],
    includes: &[],
};

static POLICY: Shape = Shape {
    name: "tail_sampling_policy",
    doc: "A name and one rule.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("name", Kind::Text, "Name in metrics; unique. Letters, digits, `_`, `.` and `-`."),
        Field::new("error", Kind::Section(&ERROR), ERROR.doc),
        Field::new("latency", Kind::Section(&LATENCY), LATENCY.doc),
        Field::new("attribute", Kind::Section(&ATTRIBUTE), ATTRIBUTE.doc),
        Field::new("rate", Kind::Section(&RATE), RATE.doc),
        Field::new("probability", Kind::Section(&PROBABILITY), PROBABILITY.doc),
        Field::new("trace_ids", Kind::List(&Kind::Text), "Keeps these traces: 32 hexadecimal digits each."),
    ],
    includes: &[],
};

static ERROR: Shape = Shape {
    name: "tail_sampling_error",
    doc: "Keeps traces with a span whose status is an error.",
    environment: Environment::Inherited,
    fields: &[],
    includes: &[],
};

static LATENCY: Shape = Shape {
    name: "tail_sampling_latency",
    doc: "Keeps slow traces.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("above", Kind::Duration, "From the first start of a span to the last end.").required()
    ],
    includes: &[],
};

static ATTRIBUTE: Shape = Shape {
    name: "tail_sampling_attribute",
    doc: "Keeps traces by an attribute of a span or resource.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("key", Kind::Text, "The attribute's key.").required(),
        Field::new("values", Kind::List(&Kind::Text), "Its values, as text. Default: any value."),
    ],
    includes: &[],
};

static RATE: Shape = Shape {
    name: "tail_sampling_rate",
    doc: "Keeps up to so many traces per second of each service, that of the root span.",
    environment: Environment::Inherited,
    fields: &[Field::new("traces_per_second", Kind::Count(1, 1_000_000), "Of each service.").required()],
    includes: &[],
};

static PROBABILITY: Shape = Shape {
    name: "tail_sampling_probability",
    doc: "Keeps a share of all traces, the same ones as any other sampler of that share.",
    environment: Environment::Inherited,
    fields: &[Field::new("ratio", Kind::Ratio, "The share, 0 to 1.").required()],
    includes: &[],
};

/// `span_metrics`.
pub(crate) static SPAN_METRICS: Shape = Shape {
    name: "span_metrics",
    doc: "Of a collector: requests, errors and durations counted from spans before they are sampled, sent to \
          remote_write.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("interval", Kind::Duration, "How often the counts are sent.").or("15s"),
        Field::new(
            "series_max",
            Kind::Count(1, 10_000_000),
            "Combinations of service, operation, kind and status; spans of further ones are counted together \
             under otel_metric_overflow=\"true\".",
        )
        .or("10000"),
        Field::new(
            "buckets",
            Kind::List(&Kind::Duration),
            "Upper bounds of the classic histogram, rising. Default: 5ms to 60s.",
        ),
        Field::new(
            "instance",
            Kind::Text,
            "Label instance of every series, which must differ between collectors. Default: the host's name.",
        ),
    ],
    includes: &[],
};

/// Reads `tail_sampling`.
pub(crate) fn tail_sampling(section: &Section<'_>) -> TailSamplingConfig {
    let sections = section.sections("policies");
    if section.has("policies") && sections.is_empty() {
        section.mistake(
            "policies",
            "has no policy: nothing would be kept",
            "add one, such as {probability: {ratio: 0.1}}",
        );
    }
    if sections.len() > POLICIES_MAX {
        section.mistake("policies", format!("are more than {POLICIES_MAX}"), "join some of them");
    }
    let mut names = Names::default();
    let policies = sections.iter().enumerate().filter_map(|(index, policy)| {
        let name = names.take(policy, "policy", index);
        rule(policy).map(|rule| TailPolicyConfig { name, rule })
    });
    TailSamplingConfig {
        policies: policies.collect(),
        decision_wait: positive(section, "decision_wait"),
        decision_wait_after_root: section.duration("decision_wait_after_root").unwrap_or_default(),
        undecided_bytes_max: super::exporters::size(section, "undecided_bytes_max"),
        decisions_max: section.count("decisions_max").unwrap_or_default(),
    }
}

/// Reads the one rule of a policy.
fn rule(policy: &Section<'_>) -> Option<TailRule> {
    let ids = policy.items("trace_ids");
    let mut rules = vec![
        policy.switch("error").map(|_| Some(TailRule::Error)),
        policy.switch("latency").map(|latency| latency.duration("above").map(TailRule::Latency)),
        policy.switch("attribute").map(|attribute| {
            let values = attribute.texts("values");
            attribute.text("key").map(|key| TailRule::Attribute { key, values })
        }),
        policy.switch("rate").map(|rate| rate.count("traces_per_second").map(TailRule::Rate)),
        policy.switch("probability").map(|share| share.ratio("ratio").map(TailRule::Probability)),
        policy.has("trace_ids").then(|| Some(TailRule::TraceIds(ids.iter().filter_map(trace_id).collect()))),
    ];
    rules.retain(Option::is_some);
    if rules.len() != 1 {
        let hint = "a policy has one of error, latency, attribute, rate, probability, trace_ids";
        policy.value.mistake_with(format!("has {} rules", rules.len()), hint);
    }
    rules.pop().flatten().flatten()
}

fn trace_id(value: &Value<'_>) -> Option<[u8; 16]> {
    value.parsed(|text| {
        let number = u128::from_str_radix(text, 16).ok().filter(|_| text.len() == 32);
        number.map(u128::to_be_bytes).ok_or_else(|| "is no trace id of 32 hexadecimal digits".to_owned())
    })
}

/// Reads `span_metrics`.
pub(crate) fn span_metrics(section: &Section<'_>) -> SpanMetricsConfig {
    let given = section.items("buckets");
    let buckets: Vec<Duration> = given.iter().filter_map(|value| value.parsed(parse_duration)).collect();
    if buckets.windows(2).any(|pair| pair[0] >= pair[1]) || buckets.first().is_some_and(Duration::is_zero) {
        section.mistake("buckets", "do not rise", "list each bound once, the lowest above 0 first");
    }
    SpanMetricsConfig {
        interval: positive(section, "interval"),
        series_max: section.count("series_max").unwrap_or_default(),
        buckets: if buckets.is_empty() { BUCKETS.to_vec() } else { buckets },
        instance: section.text("instance"),
    }
}

#[cfg(test)]
mod tests;
