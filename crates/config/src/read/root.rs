//! The file as a whole.

use weir_model::Signal;

use crate::read::exporters::{self, ELASTICSEARCH, FORWARD, JAEGER};
use crate::read::global::{self, GLOBAL};
use crate::read::kubernetes::{self, KUBERNETES};
use crate::read::logs::{self, JOURNALD, LOGS};
use crate::read::names::Names;
use crate::read::otlp::{self, OTLP};
use crate::read::remote_write::{self, REMOTE_WRITE};
use crate::read::runtime::{self, LIMITS, SPOOL, TELEMETRY};
use crate::read::scrape::{self, HOST_METRICS, Inherited, SCRAPE, positive};
use crate::read::tail_sampling::{self, SPAN_METRICS, TAIL_SAMPLING};
use crate::section::Section;
use crate::shape::{Environment, Field, Kind, Shape, refused};
use crate::{Config, TelemetryConfig};

/// The file.
pub(crate) static ROOT: Shape = Shape {
    name: "weir",
    doc: "The configuration of weir. A key left out switches that part off.",
    environment: Environment::Expanded,
    fields: &[
        Field::new("global", Kind::Section(&GLOBAL), GLOBAL.doc),
        Field::new(
            "scrape_configs",
            Kind::List(&Kind::Section(&SCRAPE)),
            "Targets to scrape, as in Prometheus.",
        ),
        Field::new(
            "remote_write",
            Kind::List(&Kind::Section(&REMOTE_WRITE)),
            "Destinations of metrics, as in Prometheus.",
        ),
        Field::new("host_metrics", Kind::Section(&HOST_METRICS), HOST_METRICS.doc),
        Field::new("kubernetes", Kind::Section(&KUBERNETES), KUBERNETES.doc),
        Field::new("logs", Kind::List(&Kind::Section(&LOGS)), LOGS.doc),
        Field::new("journald", Kind::Section(&JOURNALD), JOURNALD.doc),
        Field::new("otlp", Kind::Section(&OTLP), OTLP.doc),
        Field::new("resource", Kind::Section(&RESOURCE), RESOURCE.doc),
        Field::new("correlation", Kind::Section(&CORRELATION), CORRELATION.doc),
        Field::new("sampling", Kind::Section(&SAMPLING), SAMPLING.doc),
        Field::new("tail_sampling", Kind::Section(&TAIL_SAMPLING), TAIL_SAMPLING.doc),
        Field::new("span_metrics", Kind::Section(&SPAN_METRICS), SPAN_METRICS.doc),
        Field::new("elasticsearch", Kind::List(&Kind::Section(&ELASTICSEARCH)), "Destinations of logs."),
        Field::new("jaeger", Kind::List(&Kind::Section(&JAEGER)), "Destinations of traces."),
        Field::new("forward", Kind::List(&Kind::Section(&FORWARD)), "Other weirs."),
        Field::new("spool", Kind::Section(&SPOOL), SPOOL.doc),
        Field::new("limits", Kind::Section(&LIMITS), LIMITS.doc),
        Field::new("telemetry", Kind::Section(&TELEMETRY), TELEMETRY.doc),
        Field::new(
            "shutdown_timeout",
            Kind::Duration,
            "How long a stop may take; what is not delivered by then stays in the spool.",
        )
        .or("30s"),
        refused("rule_files", "evaluate rules where the metrics are stored"),
        refused("alerting", "send alerts from where the metrics are stored"),
        refused("scrape_config_files", "put the jobs into scrape_configs"),
        refused("remote_read", "leave it out: weir answers no queries"),
        refused("storage", "leave it out: weir's store is the spool section"),
        refused("tracing", "use telemetry.traces"),
        refused("runtime", "leave it out: it tunes Go's garbage collector"),
    ],
    includes: &[],
};

static RESOURCE: Shape = Shape {
    name: "resource",
    doc: "What this node is.",
    environment: Environment::Inherited,
    fields: &[Field::new(
        "attributes",
        Kind::Map(&Kind::Text),
        "Attributes put on every record of every signal that does not have them.",
    )],
    includes: &[],
};

static CORRELATION: Shape = Shape {
    name: "correlation",
    doc: "How logs and traces find each other.",
    environment: Environment::Inherited,
    fields: &[Field::new(
        "keys",
        Kind::List(&Kind::Text),
        "JSON keys, log attributes and baggage entries that hold a correlation id, in order of preference.",
    )],
    includes: &[],
};

static SAMPLING: Shape = Shape {
    name: "sampling",
    doc: "What share is kept.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("traces", Kind::Section(&SAMPLING_TRACES), SAMPLING_TRACES.doc),
        Field::new("logs", Kind::Section(&SAMPLING_LOGS), SAMPLING_LOGS.doc),
    ],
    includes: &[],
};

static SAMPLING_TRACES: Shape = Shape {
    name: "sampling_traces",
    doc: "Head sampling of traces.",
    environment: Environment::Inherited,
    fields: &[Field::new("ratio", Kind::Ratio, "Share of traces that is kept, 0 to 1.").or("1")],
    includes: &[],
};

static SAMPLING_LOGS: Shape = Shape {
    name: "sampling_logs",
    doc: "Sampling of logs.",
    environment: Environment::Inherited,
    fields: &[Field::new(
        "follow_traces",
        Kind::Flag,
        "Whether log records with a trace id are kept and dropped together with that trace.",
    )
    .or("false")],
    includes: &[],
};

/// Reads the file; `None` after a mistake that leaves nothing to put in its place.
pub(crate) fn read(root: &Section<'_>) -> Option<Config> {
    let (global, limits) = global::read(root.section("global").as_ref());
    let kubernetes = root.section("kubernetes").map(|section| kubernetes::kubernetes(&section));
    let inherited = Inherited {
        global: &global,
        limits: &limits,
        node: kubernetes.as_ref().map(|kubernetes| kubernetes.node_name.as_str()),
    };
    let scrape_configs = scrape::read(&root.sections("scrape_configs"), &inherited);
    let mut names = Names::of_exporters();
    let remote_write = remote_write::read_all(&root.sections("remote_write"), &mut names);
    let elasticsearch = named(root, "elasticsearch", &mut names, exporters::elasticsearch);
    let jaeger =
        named(root, "jaeger", &mut names, |section, name| exporters::otlp(section, name, &[Signal::Traces]));
    let forwarded = [Signal::Logs, Signal::Traces];
    let forward =
        named(root, "forward", &mut names, |section, name| exporters::otlp(section, name, &forwarded));
    let otlp = root.section("otlp").map(|otlp| otlp::read(&otlp)).unwrap_or_default();
    let sampling = root.section_or_empty("sampling");
    let telemetry = runtime::telemetry(&root.section_or_empty("telemetry"));
    check_addresses(root, &otlp, telemetry.as_ref());
    Some(Config {
        global,
        scrape_configs,
        remote_write,
        host_metrics: root.switch("host_metrics").map(|section| scrape::host_metrics(&section)),
        kubernetes,
        logs: logs::read(&root.sections("logs")),
        journald: root.switch("journald").map(|section| logs::journald(&section)),
        otlp,
        resource: root.section_or_empty("resource").text_map("attributes"),
        correlation_keys: root.section_or_empty("correlation").texts("keys"),
        traces_ratio: sampling.section_or_empty("traces").ratio("ratio").unwrap_or(1.0),
        logs_follow_traces: sampling.section_or_empty("logs").flag("follow_traces"),
        tail_sampling: root.switch("tail_sampling").map(|section| tail_sampling::tail_sampling(&section)),
        span_metrics: root.switch("span_metrics").map(|section| tail_sampling::span_metrics(&section)),
        elasticsearch,
        jaeger,
        forward,
        spool: runtime::spool(&root.section_or_empty("spool")),
        limits: runtime::limits(&root.section_or_empty("limits")),
        shutdown_timeout: positive(root, "shutdown_timeout"),
        telemetry: telemetry?,
    })
}

fn named<T>(
    root: &Section<'_>,
    list: &'static str,
    names: &mut Names,
    read: impl Fn(&Section<'_>, String) -> T,
) -> Vec<T> {
    let sections = root.sections(list);
    let numbered = sections.iter().enumerate();
    numbered.map(|(index, section)| read(section, names.take(section, list, index))).collect()
}

fn check_addresses(root: &Section<'_>, otlp: &crate::OtlpConfig, telemetry: Option<&TelemetryConfig>) {
    let of = |listener: &Option<crate::OtlpListener>| listener.as_ref().map(|listener| listener.listen);
    let listeners = [
        ("telemetry", telemetry.map(|telemetry| telemetry.listen)),
        ("otlp.grpc", of(&otlp.grpc)),
        ("otlp.http", of(&otlp.http)),
    ];
    otlp::check_addresses(&listeners, |name, message| {
        root.mistake("otlp", format!("{name}: {message}"), "give each listener an address of its own");
    });
}
