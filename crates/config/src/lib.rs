//! The configuration file: reading with positions, every mistake at once, defaults.

mod environment;
mod exporters;
mod http;
mod kubernetes;
mod load;
mod logs;
mod mistake;
mod openslo;
mod otlp;
mod quantity;
mod read;
mod render;
mod runtime;
mod scalar;
mod schema;
mod scrape;
mod section;
mod shape;
mod tail_sampling;
mod value;
mod yaml;

use std::collections::BTreeMap;
use std::time::Duration;

pub use exporters::{
    Compression, DataStream, ElasticsearchConfig, OtlpExporterConfig, OtlpProtocol, RemoteWriteConfig,
    RemoteWriteMessage,
};
pub use http::{Authorization, BasicAuth, HttpClientConfig, TlsConfig};
pub use kubernetes::{
    AttachMetadata, KubernetesAccess, KubernetesConfig, KubernetesRole, KubernetesSdConfig,
    KubernetesSelector,
};
pub use load::{Loaded, load, parse, parse_in, parse_slos, parse_target_groups};
pub use logs::{JournaldConfig, LineFormat, LogsConfig, StartAt};
pub use mistake::{Mistake, Mistakes, Place};
pub use openslo::{OnNoData, SloConfig, SloIndicator};
pub use otlp::{OtlpConfig, OtlpListener};
pub use quantity::{duration as parse_duration, size as parse_bytes};
pub use runtime::{
    Durability, LimitsConfig, LogFormat, MemoryLimit, SpoolConfig, TelemetryConfig, TracesConfig, WhenFull,
};
pub use scalar::Secret;
pub use schema::schema;
pub use scrape::{FileSdConfig, Global, HostMetricsConfig, ScrapeConfig, ScrapeLimits, StaticConfig};
pub use tail_sampling::{SpanMetricsConfig, TailPolicyConfig, TailRule, TailSamplingConfig};
pub use value::without_userinfo;

/// A whole configuration, checked, with defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Prometheus' `global`.
    pub global: Global,
    /// Prometheus' `scrape_configs`.
    pub scrape_configs: Vec<ScrapeConfig>,
    /// Prometheus' `remote_write`.
    pub remote_write: Vec<RemoteWriteConfig>,
    /// The node's own metrics; off when absent.
    pub host_metrics: Option<HostMetricsConfig>,
    /// The node's place in a cluster; none when absent.
    pub kubernetes: Option<KubernetesConfig>,
    /// Log files to tail.
    pub logs: Vec<LogsConfig>,
    /// The systemd journal; off when absent.
    pub journald: Option<JournaldConfig>,
    /// OTLP listeners.
    pub otlp: OtlpConfig,
    /// Attributes put on every record of every signal, where it does not have them already.
    pub resource: BTreeMap<String, String>,
    /// JSON keys, log attributes and baggage entries that hold a correlation id, in order of preference.
    pub correlation_keys: Vec<String>,
    /// Share of traces kept by head sampling, 0 to 1; 1 when absent.
    pub traces_ratio: f64,
    /// Whether log records that carry a trace id follow that trace's head sampling decision. Default: no.
    pub logs_follow_traces: bool,
    /// Tail sampling, of a collector; off when absent.
    pub tail_sampling: Option<TailSamplingConfig>,
    /// Span metrics, of a collector; off when absent.
    pub span_metrics: Option<SpanMetricsConfig>,
    /// Elasticsearch destinations.
    pub elasticsearch: Vec<ElasticsearchConfig>,
    /// Jaeger destinations (OTLP, traces only).
    pub jaeger: Vec<OtlpExporterConfig>,
    /// Other weirs (OTLP).
    pub forward: Vec<OtlpExporterConfig>,
    /// The spool.
    pub spool: SpoolConfig,
    /// Memory.
    pub limits: LimitsConfig,
    /// Weir's own endpoints, logs and traces.
    pub telemetry: TelemetryConfig,
    /// How long a stop may take before what is still held stays in the spool. Default 30 s.
    pub shutdown_timeout: Duration,
}
