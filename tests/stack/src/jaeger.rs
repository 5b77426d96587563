//! Jaeger 2: the trace store, or the same binary as a plain OpenTelemetry collector.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use serde_json::Value;

use crate::{Server, StartError, free_port, locate, try_get_json, try_get_text};

const START_TIMEOUT: Duration = Duration::from_secs(60);

/// What it is started as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JaegerMode {
    /// OTLP in, Badger on disk, query API.
    Store,
    /// OTLP in, a tenth of all traces decided over 2 s after their first span, OTLP out: the tier's peer in benches.
    TailSampling {
        /// Where to.
        to: String,
    },
    /// OTLP in, batch, OTLP out to this endpoint (`host:port`): the peer in benches.
    Collector {
        /// Where to.
        to: String,
        /// With the batch processor or without.
        batch: bool,
    },
}

/// A Jaeger with its folder.
#[derive(Debug)]
pub struct Jaeger {
    folder: PathBuf,
    grpc_port: u16,
    http_port: u16,
    query_port: u16,
    health_port: u16,
    server: Option<Server>,
}

impl Jaeger {
    /// Starts one with its data under `folder`.
    pub fn start(mode: &JaegerMode, folder: &Path) -> Result<Self, StartError> {
        let mut jaeger = Self {
            folder: folder.to_owned(),
            grpc_port: free_port(),
            http_port: free_port(),
            query_port: free_port(),
            health_port: free_port(),
            server: None,
        };
        let failed = |source| StartError::Spawn { name: "jaeger".to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        fs::write(folder.join("jaeger.yaml"), jaeger.config(mode)).map_err(failed)?;
        jaeger.start_again()?;
        Ok(jaeger)
    }

    fn config(&self, mode: &JaegerMode) -> String {
        let Self { grpc_port, http_port, health_port, .. } = self;
        let receivers = format!(
            "receivers:\n  otlp:\n    protocols:\n      grpc: {{endpoint: \"127.0.0.1:{grpc_port}\", \
             max_recv_msg_size_mib: 16}}\n      http: {{endpoint: \"127.0.0.1:{http_port}\"}}\n"
        );
        let health =
            format!("  healthcheckv2: {{use_v2: true, http: {{endpoint: \"127.0.0.1:{health_port}\"}}}}\n");
        let telemetry = "  telemetry: {logs: {level: warn}, metrics: {level: none}}\n";
        let service = format!("extensions:\n{health}service:\n  extensions: [healthcheckv2]\n{telemetry}");
        match mode {
            JaegerMode::Store => self.store_config(&receivers, &health, telemetry),
            JaegerMode::Collector { to, batch } => {
                let order = if *batch { "[batch]" } else { "[]" };
                Self::collector_config((&receivers, &service), to, "{batch: {}}", order)
            }
            JaegerMode::TailSampling { to } => {
                let processors = "{tail_sampling: {decision_wait: 2s, num_traces: 2000000, policies: [{name: tenth, \
                                  type: probabilistic, probabilistic: {sampling_percentage: 10}}]}, batch: {}}";
                Self::collector_config((&receivers, &service), to, processors, "[tail_sampling, batch]")
            }
        }
    }

    /// An OTLP collector with these processors, in order, and their configuration.
    fn collector_config(parts: (&str, &str), to: &str, processors: &str, order: &str) -> String {
        let (receivers, service) = parts;
        format!(
            "{receivers}processors: {processors}\nexporters:\n  otlp:\n    endpoint: \"{to}\"\n    compression: none\n    \
             tls: {{insecure: true}}\n{service}  pipelines:\n    traces: {{receivers: [otlp], processors: {order}, \
             exporters: [otlp]}}\n"
        )
    }

    fn store_config(&self, receivers: &str, health: &str, telemetry: &str) -> String {
        let data = self.folder.join("data");
        let (keys, values) = (data.join("keys"), data.join("values"));
        let (query, query_grpc) = (self.query_port, free_port());
        format!(
            "extensions:\n{health}  jaeger_storage:\n    backends:\n      disk:\n        badger:\n          directories: \
             {{keys: \"{}\", values: \"{}\"}}\n          ephemeral: false\n          consistency: true\n  jaeger_query:\n    \
             storage: {{traces: disk}}\n    http: {{endpoint: \"127.0.0.1:{query}\"}}\n    grpc: {{endpoint: \
             \"127.0.0.1:{query_grpc}\"}}\n{receivers}exporters:\n  jaeger_storage_exporter: {{trace_storage: disk}}\n\
             service:\n  extensions: [healthcheckv2, jaeger_storage, jaeger_query]\n{telemetry}  pipelines:\n    \
             traces: {{receivers: [otlp], processors: [], exporters: [jaeger_storage_exporter]}}\n",
            keys.display(),
            values.display()
        )
    }

    /// Starts it after a stop, on the same ports and data.
    pub fn start_again(&mut self) -> Result<(), StartError> {
        let mut command = Command::new(locate("jaeger")?);
        command.arg("--config").arg(self.folder.join("jaeger.yaml"));
        let status = format!("http://127.0.0.1:{}/status", self.health_port);
        let log = self.folder.join("jaeger.log");
        let ready = || try_get_text(&status).is_ok_and(|text| text.contains("StatusOK"));
        self.server = Some(Server::start("jaeger", &mut command, &log, START_TIMEOUT, ready)?);
        Ok(())
    }

    /// SIGTERM and wait.
    pub fn stop(&mut self) -> Option<ExitStatus> {
        self.server.take().map(Server::stop)
    }

    /// OTLP gRPC endpoint, `http://127.0.0.1:PORT`.
    pub fn grpc_endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.grpc_port)
    }

    /// OTLP HTTP endpoint.
    pub fn http_endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.http_port)
    }

    /// Its process id, when it runs.
    pub fn id(&self) -> Option<u32> {
        self.server.as_ref().map(Server::id)
    }

    /// The spans of a trace as the query API shows them.
    pub fn spans(&self, trace_id: &str) -> Result<Vec<Value>, String> {
        let mut answer = self.query(&format!("traces/{trace_id}"))?;
        Ok(answer["data"][0]["spans"].as_array_mut().map(std::mem::take).unwrap_or_default())
    }

    /// `GET /api/<path>` of the query API.
    pub fn query(&self, path: &str) -> Result<Value, String> {
        try_get_json(&format!("http://127.0.0.1:{}/api/{path}", self.query_port))
    }
}
