//! The tables of OpenSLO v1.

use crate::shape::{Environment, Field, Kind, Shape};

const API_VERSION: Field = Field::new("apiVersion", Kind::Text, "openslo/v1.").required();
const KIND: Field = Field::new("kind", Kind::Text, "What the document is.").required();
const META: Field = Field::new("metadata", Kind::Section(&METADATA), METADATA.doc).required();

/// A document of a kind that says nothing about what is counted; its `spec` is not looked at.
pub(super) static OTHER: Shape = Shape {
    name: "openslo_other",
    doc: "A document that weir has no use for.",
    environment: Environment::Verbatim,
    fields: &[API_VERSION, KIND, META, Field::new("spec", Kind::Map(&Kind::Text), "Anything.")],
    includes: &[],
};

/// `kind: SLI`.
pub(super) static INDICATOR: Shape = Shape {
    name: "openslo_sli",
    doc: "A service level indicator.",
    environment: Environment::Verbatim,
    fields: &[
        API_VERSION,
        KIND,
        META,
        Field::new("spec", Kind::Section(&INDICATOR_SPEC), "What is counted.").required(),
    ],
    includes: &[],
};

/// `kind: SLO`.
pub(super) static SLO: Shape = Shape {
    name: "openslo_slo",
    doc: "A service level objective.",
    environment: Environment::Verbatim,
    fields: &[
        API_VERSION,
        KIND,
        META,
        Field::new("spec", Kind::Section(&SLO_SPEC), "The objective.").required(),
    ],
    includes: &[],
};

static METADATA: Shape = Shape {
    name: "openslo_metadata",
    doc: "Name, labels and annotations.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("name", Kind::Text, "Letters, digits and `-`; unique.").required(),
        Field::new("displayName", Kind::Text, "For people."),
        Field::new("labels", Kind::Map(&Kind::Text), "Labels of alerts, such as owner."),
        Field::new("annotations", Kind::Map(&Kind::Text), "weir.dev/... are settings of weir."),
    ],
    includes: &[],
};

static SLO_SPEC: Shape = Shape {
    name: "openslo_slo_spec",
    doc: "The objective.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("description", Kind::Text, "What users get."),
        Field::new("service", Kind::Text, "Whose objective it is.").required(),
        Field::new("indicator", Kind::Section(&INLINE), "What is counted, or indicatorRef."),
        Field::new("indicatorRef", Kind::Text, "The name of an SLI in these files."),
        Field::new("timeWindow", Kind::List(&Kind::Section(&WINDOW)), "[{duration: 30d, isRolling: true}]")
            .required(),
        Field::new("budgetingMethod", Kind::Word(&["Occurrences"]), "Events count, not slices of time.")
            .or("Occurrences"),
        Field::new("objectives", Kind::List(&Kind::Section(&OBJECTIVE)), "[{target: 0.999}]").required(),
        Field::new(
            "alertPolicies",
            Kind::List(&Kind::Map(&Kind::Text)),
            "Names of policies; conditions stay empty.",
        ),
    ],
    includes: &[],
};

static INLINE: Shape = Shape {
    name: "openslo_indicator",
    doc: "An indicator of this SLO alone.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("metadata", Kind::Section(&METADATA), METADATA.doc),
        Field::new("spec", Kind::Section(&INDICATOR_SPEC), "What is counted.").required(),
    ],
    includes: &[],
};

static INDICATOR_SPEC: Shape = Shape {
    name: "openslo_indicator_spec",
    doc: "What is counted.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("description", Kind::Text, "For people."),
        Field::new("ratioMetric", Kind::Section(&RATIO), RATIO.doc),
        Field::new(
            "thresholdMetric",
            Kind::Section(&METRIC),
            "A histogram; the objective has the threshold.",
        ),
    ],
    includes: &[],
};

static RATIO: Shape = Shape {
    name: "openslo_ratio",
    doc: "Events, and those of them that are good or bad.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("counter", Kind::Flag, "Whether the metrics are counters, as they must be.").or("true"),
        Field::new("good", Kind::Section(&METRIC), "Good events."),
        Field::new("bad", Kind::Section(&METRIC), "Bad events."),
        Field::new("total", Kind::Section(&METRIC), "All events.").required(),
    ],
    includes: &[],
};

static METRIC: Shape = Shape {
    name: "openslo_metric",
    doc: "Where a number comes from.",
    environment: Environment::Inherited,
    fields: &[Field::new("metricSource", Kind::Section(&SOURCE), SOURCE.doc).required()],
    includes: &[],
};

static SOURCE: Shape = Shape {
    name: "openslo_source",
    doc: "A query.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("type", Kind::Word(&["Prometheus"]), "Prometheus.").or("Prometheus"),
        Field::new("metricSourceRef", Kind::Text, "The name of a DataSource."),
        Field::new("spec", Kind::Section(&QUERY), "The query.").required(),
    ],
    includes: &[],
};

static QUERY: Shape = Shape {
    name: "openslo_query",
    doc: "A selector, or an expression with $window.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("query", Kind::Text, "Such as http_requests_total{service=\"checkout\"}.").required(),
        Field::new("histogram", Kind::Word(&["native", "classic"]), "Of a threshold metric."),
    ],
    includes: &[],
};

static WINDOW: Shape = Shape {
    name: "openslo_window",
    doc: "The time over which the target is to be met.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("duration", Kind::Text, "28d or longer.").required(),
        Field::new("isRolling", Kind::Flag, "Whether it ends now, as it must.").or("false"),
        Field::new("calendar", Kind::Map(&Kind::Text), "Of a window that is not rolling."),
    ],
    includes: &[],
};

static OBJECTIVE: Shape = Shape {
    name: "openslo_objective",
    doc: "The target.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("displayName", Kind::Text, "For people."),
        Field::new("target", Kind::Text, "The share of good events, such as 0.999."),
        Field::new("targetPercent", Kind::Text, "The same in percent."),
        Field::new("op", Kind::Word(&["lte", "lt"]), "Of a threshold metric.").or("lte"),
        Field::new("value", Kind::Text, "The threshold in seconds."),
    ],
    includes: &[],
};
