//! `scrape_configs` and `host_metrics`.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::read::global::{self, FORMATS, LIMITS, nonzero};
use crate::read::http::{self, HTTP_CLIENT};
use crate::read::kubernetes::{self, KUBERNETES_SD};
use crate::read::relabel::{self, RELABEL};
use crate::read::targets::{self, FILE_SD, TARGET_GROUP};
use crate::section::Section;
use crate::shape::{Environment, Field, Kind, Shape, only, refused};
use crate::{Global, HostMetricsConfig, ScrapeConfig, ScrapeLimits, StaticConfig};

/// What to do instead of a discovery that is not built.
const DISCOVERY: &str =
    "list the targets in static_configs, or let a program write them into a file_sd_configs file";

/// `<scrape_config>`.
pub(crate) static SCRAPE: Shape = Shape {
    name: "scrape_config",
    doc: "A job: targets and how they are scraped.",
    environment: Environment::Verbatim,
    fields: &[
        Field::new("job_name", Kind::Text, "The job's name, unique.").required(),
        Field::new(
            "scrape_interval",
            Kind::Duration,
            "Time between scrapes of a target. From global when absent.",
        ),
        Field::new(
            "scrape_timeout",
            Kind::Duration,
            "Of one scrape; at most the interval. From global when absent.",
        ),
        Field::new("metrics_path", Kind::Text, "Path of the page.").or("/metrics"),
        Field::new("scheme", Kind::Word(&["http", "https"]), "Scheme of the page's URL.").or("http"),
        Field::new("params", Kind::Map(&Kind::List(&Kind::Text)), "Parameters of the page's URL."),
        Field::new("honor_labels", Kind::Flag, "Labels of the page win over those of the target.")
            .or("false"),
        Field::new("honor_timestamps", Kind::Flag, "Timestamps of the page are used.").or("true"),
        Field::new(
            "track_timestamps_staleness",
            Kind::Flag,
            "Series with timestamps of their own get staleness markers too.",
        )
        .or("false"),
        Field::new("enable_compression", Kind::Flag, "Ask for and accept gzip.").or("true"),
        Field::new("static_configs", Kind::List(&Kind::Section(&TARGET_GROUP)), "Targets, written out."),
        Field::new("file_sd_configs", Kind::List(&Kind::Section(&FILE_SD)), "Targets from files."),
        Field::new(
            "kubernetes_sd_configs",
            Kind::List(&Kind::Section(&KUBERNETES_SD)),
            "Targets from Kubernetes.",
        ),
        Field::new("relabel_configs", Kind::List(&Kind::Section(&RELABEL)), "Rules applied to targets."),
        Field::new(
            "metric_relabel_configs",
            Kind::List(&Kind::Section(&RELABEL)),
            "Rules applied to samples.",
        ),
        refused("fallback_scrape_protocol", "leave it out: a target must name the format of its page"),
        refused("keep_dropped_targets", "leave it out: dropped targets are not kept"),
        only("native_histogram_bucket_limit", &["0"], "leave it out: native histograms are not scraped yet"),
        only(
            "native_histogram_min_bucket_factor",
            &["0"],
            "leave it out: native histograms are not scraped yet",
        ),
    ],
    includes: &[&LIMITS, &FORMATS, &HTTP_CLIENT, &DISCOVERIES],
};

/// Prometheus' service discoveries that weir does not have.
static DISCOVERIES: Shape = Shape {
    name: "discoveries",
    doc: "Service discovery.",
    environment: Environment::Inherited,
    fields: &[
        refused("aws_sd_configs", DISCOVERY),
        refused("azure_sd_configs", DISCOVERY),
        refused("consul_sd_configs", DISCOVERY),
        refused("digitalocean_sd_configs", DISCOVERY),
        refused("dns_sd_configs", DISCOVERY),
        refused("docker_sd_configs", DISCOVERY),
        refused("dockerswarm_sd_configs", DISCOVERY),
        refused("ec2_sd_configs", DISCOVERY),
        refused("ecs_sd_configs", DISCOVERY),
        refused("elasticache_sd_configs", DISCOVERY),
        refused("eureka_sd_configs", DISCOVERY),
        refused("gce_sd_configs", DISCOVERY),
        refused("hetzner_sd_configs", DISCOVERY),
        refused("http_sd_configs", DISCOVERY),
        refused("ionos_sd_configs", DISCOVERY),
        refused("kuma_sd_configs", DISCOVERY),
        refused("lightsail_sd_configs", DISCOVERY),
        refused("linode_sd_configs", DISCOVERY),
        refused("marathon_sd_configs", DISCOVERY),
        refused("msk_sd_configs", DISCOVERY),
        refused("nerve_sd_configs", DISCOVERY),
        refused("nomad_sd_configs", DISCOVERY),
        refused("oci_sd_configs", DISCOVERY),
        refused("openstack_sd_configs", DISCOVERY),
        refused("outscale_sd_configs", DISCOVERY),
        refused("ovhcloud_sd_configs", DISCOVERY),
        refused("puppetdb_sd_configs", DISCOVERY),
        refused("rds_sd_configs", DISCOVERY),
        refused("scaleway_sd_configs", DISCOVERY),
        refused("serverset_sd_configs", DISCOVERY),
        refused("stackit_sd_configs", DISCOVERY),
        refused("triton_sd_configs", DISCOVERY),
        refused("uyuni_sd_configs", DISCOVERY),
        refused("vultr_sd_configs", DISCOVERY),
    ],
    includes: &[],
};

/// `host_metrics`.
pub(crate) static HOST_METRICS: Shape = Shape {
    name: "host_metrics",
    doc: "The node's own metrics under node_exporter's names.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("interval", Kind::Duration, "Time between readings.").or("15s"),
        Field::new("proc_path", Kind::Path, "Root of procfs.").or("/proc"),
        Field::new("sys_path", Kind::Path, "Root of sysfs.").or("/sys"),
        Field::new("root_path", Kind::Path, "Root of the host's files, for mount points.").or("/"),
    ],
    includes: &[],
};

/// What jobs take from other parts of the file.
#[derive(Clone, Copy)]
pub(crate) struct Inherited<'a> {
    pub(crate) global: &'a Global,
    pub(crate) limits: &'a ScrapeLimits,
    /// `kubernetes.node_name`.
    pub(crate) node: Option<&'a str>,
}

/// Reads `scrape_configs`.
pub(crate) fn read(jobs: &[Section<'_>], inherited: &Inherited<'_>) -> Vec<ScrapeConfig> {
    let configs: Vec<ScrapeConfig> = jobs.iter().map(|section| job(section, inherited)).collect();
    for (index, config) in configs.iter().enumerate() {
        if configs[..index].iter().any(|earlier| earlier.job_name == config.job_name) {
            let hint = "each job needs a name of its own";
            jobs[index].mistake("job_name", format!("`{}` is taken already", config.job_name), hint);
        }
    }
    configs
}

/// Reads `host_metrics`.
pub(crate) fn host_metrics(section: &Section<'_>) -> HostMetricsConfig {
    HostMetricsConfig {
        interval: positive(section, "interval"),
        proc_path: section.path("proc_path").unwrap_or_default(),
        sys_path: section.path("sys_path").unwrap_or_default(),
        root_path: section.path("root_path").unwrap_or_default(),
    }
}

/// Reads a duration with a default that must not be 0.
pub(crate) fn positive(section: &Section<'_>, name: &'static str) -> Duration {
    let duration = section.duration(name).unwrap_or_default();
    if duration.is_zero() {
        section.mistake(name, "must be longer than 0", "leave it out for the default");
    }
    duration
}

fn job(section: &Section<'_>, inherited: &Inherited<'_>) -> ScrapeConfig {
    let Inherited { global, limits, node } = *inherited;
    let job_name = section.text("job_name").unwrap_or_default();
    if section.has("job_name") && job_name.is_empty() {
        section.mistake("job_name", "is empty", "each job needs a name of its own");
    }
    let scrape_interval = nonzero(section.duration("scrape_interval")).unwrap_or(global.scrape_interval);
    let relabel_configs = relabel::read(section, "relabel_configs");
    ScrapeConfig {
        job_name,
        scrape_interval,
        scrape_timeout: global::timeout(section, scrape_interval, global.scrape_timeout),
        metrics_path: metrics_path(section),
        scheme: section
            .word("scheme", &[("http", "http"), ("https", "https")])
            .unwrap_or_default()
            .to_owned(),
        params: params(section),
        honor_labels: section.flag("honor_labels"),
        honor_timestamps: section.flag("honor_timestamps"),
        track_timestamps_staleness: section.flag("track_timestamps_staleness"),
        enable_compression: section.flag("enable_compression"),
        http: http::read(section),
        limits: global::limits(section, limits),
        static_configs: static_configs(section, section.has("relabel_configs")),
        file_sd_configs: section.sections("file_sd_configs").iter().map(targets::file_sd).collect(),
        kubernetes_sd_configs: section
            .sections("kubernetes_sd_configs")
            .iter()
            .map(|section| kubernetes::discovery(section, node))
            .collect(),
        relabel_configs,
        metric_relabel_configs: relabel::read(section, "metric_relabel_configs"),
    }
}

fn metrics_path(section: &Section<'_>) -> String {
    let path = section.text("metrics_path").unwrap_or_default();
    if !path.starts_with('/') {
        section.mistake(
            "metrics_path",
            "does not start with /",
            "write the path of the page, such as /metrics",
        );
    }
    path
}

fn params(section: &Section<'_>) -> BTreeMap<String, Vec<String>> {
    let read =
        |value: &crate::value::Value<'_>| value.items().iter().filter_map(|item| item.text()).collect();
    section.map("params").into_iter().map(|(name, value)| (name, read(&value))).collect()
}

fn static_configs(section: &Section<'_>, relabelled: bool) -> Vec<StaticConfig> {
    let groups = section.sections("static_configs");
    if !relabelled {
        groups.iter().for_each(targets::check_addresses);
    }
    groups.iter().map(targets::group).collect()
}
