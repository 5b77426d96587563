//! Prometheus' `global` and `scrape_configs`, and the node's own metrics.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use weir_relabel::Rule;

use crate::{HttpClientConfig, KubernetesSdConfig};

/// Prometheus' `global`.
#[derive(Clone, Debug, PartialEq)]
pub struct Global {
    /// Default 1 m.
    pub scrape_interval: Duration,
    /// Default 10 s.
    pub scrape_timeout: Duration,
    /// Labels added to every series that does not have them.
    pub external_labels: BTreeMap<String, String>,
}

/// One job.
#[derive(Clone, Debug, PartialEq)]
pub struct ScrapeConfig {
    /// The job's name, unique.
    pub job_name: String,
    /// From `global` when absent.
    pub scrape_interval: Duration,
    /// From `global` when absent; at most the interval.
    pub scrape_timeout: Duration,
    /// Default `/metrics`.
    pub metrics_path: String,
    /// `http` (default) or `https`.
    pub scheme: String,
    /// URL parameters.
    pub params: BTreeMap<String, Vec<String>>,
    /// Labels of the page win over those of the target.
    pub honor_labels: bool,
    /// Timestamps of the page are used. Default: yes.
    pub honor_timestamps: bool,
    /// Series with timestamps of their own get staleness markers too. Default: no.
    pub track_timestamps_staleness: bool,
    /// Ask for and accept gzip. Default: yes.
    pub enable_compression: bool,
    /// Connection and credentials.
    pub http: HttpClientConfig,
    /// Limits; 0 is none.
    pub limits: ScrapeLimits,
    /// Targets in the file itself.
    pub static_configs: Vec<StaticConfig>,
    /// Targets in other files.
    pub file_sd_configs: Vec<FileSdConfig>,
    /// Targets from Kubernetes.
    pub kubernetes_sd_configs: Vec<KubernetesSdConfig>,
    /// Applied to targets.
    pub relabel_configs: Vec<Rule>,
    /// Applied to samples.
    pub metric_relabel_configs: Vec<Rule>,
}

/// Limits of a scrape; a page past one fails as a whole. 0 is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScrapeLimits {
    /// Bytes of an uncompressed page.
    pub body_size_limit: u64,
    /// Samples after relabelling.
    pub sample_limit: u64,
    /// Labels per series.
    pub label_limit: u64,
    /// Bytes of a label's name.
    pub label_name_length_limit: u64,
    /// Bytes of a label's value.
    pub label_value_length_limit: u64,
    /// Targets of the job after relabelling.
    pub target_limit: u64,
}

/// Targets with common labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticConfig {
    /// `host:port`.
    pub targets: Vec<String>,
    /// Added to each.
    pub labels: BTreeMap<String, String>,
}

/// Targets from JSON or YAML files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSdConfig {
    /// Path patterns; `*` in the last part only.
    pub files: Vec<PathBuf>,
    /// How often files are read again, besides on a change. Default 5 m.
    pub refresh_interval: Duration,
}

/// The node's own metrics under node_exporter's names.
#[derive(Clone, Debug, PartialEq)]
pub struct HostMetricsConfig {
    /// Default 15 s.
    pub interval: Duration,
    /// Root of procfs. Default `/proc`.
    pub proc_path: PathBuf,
    /// Root of sysfs. Default `/sys`.
    pub sys_path: PathBuf,
    /// Root of the host's files, for mount points. Default `/`.
    pub root_path: PathBuf,
}
