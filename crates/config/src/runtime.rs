//! The spool, limits and weir's own telemetry.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The spool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolConfig {
    /// Where segments, cursors, checkpoints and dead letters live. Default `/var/lib/weir`.
    pub path: PathBuf,
    /// Bytes of all segments together. Default 2 GiB.
    pub bytes_max: u64,
    /// Batches older than this are dropped and counted as expired. Default 24 h.
    pub age_max: Duration,
    /// When a record counts as accepted.
    pub durability: Durability,
    /// What happens at `bytes_max`.
    pub when_full: WhenFull,
}

/// When a record counts as accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Once written; synced every second. Survives the process's death.
    ProcessCrash,
    /// Once synced.
    PowerLoss,
}

/// What happens when the spool has reached its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// Receivers wait; OTLP senders are told to come back.
    Block,
    /// The oldest segment is dropped and counted.
    DropOldest,
}

/// Memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitsConfig {
    /// The budget of what is buffered; half of it is left for the rest of the process.
    pub memory: MemoryLimit,
}

/// The budget from which all buffers take their share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryLimit {
    /// From the cgroup's limit, 512 MiB where there is none.
    Auto,
    /// As given.
    Bytes(u64),
}

/// Weir's own endpoints, logs and traces.
#[derive(Clone, Debug, PartialEq)]
pub struct TelemetryConfig {
    /// Default 127.0.0.1:9464.
    pub listen: SocketAddr,
    /// `error`, `warn`, `info` (default), `debug`, `trace`.
    pub log_level: String,
    /// How own log lines look.
    pub log_format: LogFormat,
    /// Own traces; off when absent.
    pub traces: Option<TracesConfig>,
}

/// How own log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people (default).
    Text,
    /// One object per line.
    Json,
}

/// Where own traces go.
#[derive(Clone, Debug, PartialEq)]
pub struct TracesConfig {
    /// OTLP gRPC endpoint.
    pub endpoint: String,
    /// Share of own traces, 0 to 1. Default 1.
    pub ratio: f64,
}
