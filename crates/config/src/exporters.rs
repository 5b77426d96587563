//! Destinations.

use std::collections::BTreeMap;
use std::time::Duration;

use weir_model::Signal;
use weir_relabel::Rule;

use crate::HttpClientConfig;

/// Prometheus' `remote_write`.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteWriteConfig {
    /// Unique; `remote_write`, then `remote_write-2`, ... when absent.
    pub name: String,
    /// Where to.
    pub url: String,
    /// Default 30 s.
    pub remote_timeout: Duration,
    /// `protobuf_message`. Prometheus' default: 1.0.
    pub message: RemoteWriteMessage,
    /// Applied to series before they are sent.
    pub write_relabel_configs: Vec<Rule>,
    /// Connection and credentials.
    pub http: HttpClientConfig,
    /// `queue_config.max_shards`: requests under way at once. Default 4.
    pub shards: u32,
    /// `queue_config.max_samples_per_send`. Default 2000.
    pub samples_per_send: u32,
    /// `queue_config.batch_send_deadline`: how long a request waits to fill. Default 5 s as in Prometheus; weir sends
    /// at once what a scrape brought, so this bounds only the joining of small batches.
    pub batch_send_deadline: Duration,
    /// `queue_config.min_backoff`. Default 30 ms.
    pub backoff_min: Duration,
    /// `queue_config.max_backoff`. Default 5 s.
    pub backoff_max: Duration,
}

/// Prometheus' `protobuf_message`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteWriteMessage {
    /// `prometheus.WriteRequest`
    V1,
    /// `io.prometheus.write.v2.Request`
    V2,
}

/// An Elasticsearch cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct ElasticsearchConfig {
    /// Unique; `elasticsearch`, then `elasticsearch-2`, ... when absent.
    pub name: String,
    /// Nodes, used in turn.
    pub urls: Vec<String>,
    /// Where documents go.
    pub data_stream: DataStream,
    /// Connection and credentials.
    pub http: HttpClientConfig,
    /// `Authorization: ApiKey`, through `http.authorization`; of bulk bodies. Default gzip level 1.
    pub compression: Compression,
    /// Bytes of a bulk body before compression. Default 5 MiB.
    pub bulk_bytes_max: u64,
    /// Bulk requests under way at once. Default 2.
    pub requests_max: u32,
    /// Of one attempt. Default 60 s.
    pub timeout: Duration,
    /// Whether weir installs its index template. Default yes.
    pub install_template: bool,
    /// Bytes of the dead-letter file before it is rotated (one older file is kept). Default 64 MiB.
    pub dead_letter_bytes_max: u64,
}

/// `logs-<dataset>-<namespace>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataStream {
    /// Default `weir`.
    pub dataset: String,
    /// Default `default`.
    pub namespace: String,
}

impl DataStream {
    /// The data stream's name.
    pub fn name(&self) -> String {
        format!("logs-{}-{}", self.dataset, self.namespace)
    }
}

/// An OTLP destination: Jaeger or another weir.
#[derive(Clone, Debug, PartialEq)]
pub struct OtlpExporterConfig {
    /// Unique; `jaeger` or `forward`, then with `-2`, ... when absent.
    pub name: String,
    /// `http://host:port`, for gRPC without a path; for HTTP `/v1/traces` and `/v1/logs` are appended.
    pub endpoint: String,
    /// Default gRPC.
    pub protocol: OtlpProtocol,
    /// What is sent; Jaeger takes traces only.
    pub signals: Vec<Signal>,
    /// Default none.
    pub compression: Compression,
    /// Connection and credentials.
    pub http: HttpClientConfig,
    /// gRPC metadata or HTTP headers.
    pub headers: BTreeMap<String, crate::Secret>,
    /// Bytes of a request before compression. Default 1 MiB.
    pub request_bytes_max: u64,
    /// Requests under way at once. Default 4.
    pub requests_max: u32,
    /// Of one attempt. Default 10 s.
    pub timeout: Duration,
}

/// How OTLP is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtlpProtocol {
    /// `grpc`
    Grpc,
    /// `http/protobuf`
    HttpProtobuf,
}

/// How bodies are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip at a level of 1 to 12.
    Gzip(u8),
}
