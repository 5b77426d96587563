//! Every part of the pipeline with its flow (docs/api.md, Pipeline).

use serde::Serialize;

/// The pipeline at an instant. Rates are over `window_seconds`; totals count since the start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pipeline {
    /// What rates are over.
    pub window_seconds: f64,
    /// `ready` or `not_ready`.
    pub state: PipelineState,
    /// Why it is not ready.
    pub reasons: Vec<String>,
    /// Those that are on.
    pub receivers: Vec<ReceiverFlow>,
    /// What drops records before the spool, if it did or can.
    pub processors: Vec<ProcessorFlow>,
    /// The spool.
    pub spool: SpoolFlow,
    /// The destinations.
    pub exporters: Vec<ExporterFlow>,
    /// Everything dropped anywhere.
    pub drops: Vec<Drops>,
}

/// Whether it takes records in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PipelineState {
    /// It does.
    Ready,
    /// It does not, or not all of them.
    NotReady,
}

/// A receiver.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReceiverFlow {
    /// Its name in metrics.
    pub name: String,
    /// Where it listens.
    pub endpoint: Option<String>,
    /// One entry per signal that it can bring.
    pub flows: Vec<ReceivedFlow>,
}

/// What a receiver brings of a signal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReceivedFlow {
    /// Which signal.
    pub signal: String,
    /// Records taken in.
    pub records_total: u64,
    /// Their rate.
    pub records_per_second: f64,
    /// Encoded bytes taken into the spool.
    pub bytes_total: Option<u64>,
    /// Their rate.
    pub bytes_per_second: Option<f64>,
}

/// What drops records before the spool.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProcessorFlow {
    /// Its name in metrics.
    pub name: String,
    /// One entry per signal.
    pub flows: Vec<DroppedFlow>,
}

/// What is dropped of a signal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DroppedFlow {
    /// Which signal.
    pub signal: String,
    /// By reason.
    pub dropped: Vec<DropCount>,
}

/// Records dropped for a reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DropCount {
    /// Why.
    pub reason: String,
    /// How many.
    pub records_total: u64,
    /// Their rate.
    pub records_per_second: f64,
}

/// The spool.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpoolFlow {
    /// Bytes of all segments.
    pub bytes: u64,
    /// Bytes that they may have.
    pub bytes_max: u64,
    /// Whether the last write found no room on the disk.
    pub disk_full: bool,
    /// Times that syncing failed.
    pub sync_failures: u64,
    /// One entry per signal.
    pub flows: Vec<SpooledFlow>,
}

/// The spool's log of a signal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpooledFlow {
    /// Which signal.
    pub signal: String,
    /// Records taken in and not yet in the spool.
    pub pending: u64,
    /// Bytes of its segments.
    pub bytes: u64,
    /// Age of the oldest record that some exporter has not settled.
    pub oldest_seconds: Option<f64>,
    /// Damaged places found.
    pub damaged_frames: u64,
}

/// An exporter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExporterFlow {
    /// Its name in the configuration.
    pub name: String,
    /// What it is.
    pub kind: ExporterKind,
    /// Where it delivers to.
    pub endpoint: Option<String>,
    /// How it fares.
    pub state: ExporterState,
    /// Since when no request gets through, in milliseconds since 1970.
    pub retrying_since_ms: Option<f64>,
    /// The words of the last failed attempt.
    pub last_error: Option<String>,
    /// Requests under way.
    pub in_flight: u64,
    /// Until held records are dropped or new ones refused, as things stand.
    pub time_to_loss_seconds: Option<f64>,
    /// One entry per signal that it takes.
    pub flows: Vec<DeliveredFlow>,
}

/// What an exporter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExporterKind {
    /// The embedded store.
    Store,
    /// Prometheus remote-write.
    RemoteWrite,
    /// Elasticsearch.
    Elasticsearch,
    /// Jaeger.
    Jaeger,
    /// Another weir.
    Forward,
    /// Standard output.
    Print,
}

/// How an exporter fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExporterState {
    /// It delivers.
    Ok,
    /// No request gets through.
    Retrying,
    /// It had nothing to deliver yet.
    Idle,
}

/// What an exporter delivers of a signal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeliveredFlow {
    /// Which signal.
    pub signal: String,
    /// Records delivered, those included that the destination already had.
    pub records_total: u64,
    /// Their rate.
    pub records_per_second: f64,
    /// Bytes delivered, as the spool holds them.
    pub bytes_total: Option<u64>,
    /// Their rate.
    pub bytes_per_second: Option<f64>,
    /// Of the delivered records, those that the destination already had.
    pub deduplicated_total: u64,
    /// Records neither delivered nor dropped.
    pub held: u64,
    /// The mean time from reception to delivery over the window.
    pub lag_seconds: Option<f64>,
    /// Age of the oldest record that is held.
    pub oldest_seconds: Option<f64>,
    /// Records given up, by reason.
    pub dropped: Vec<DropCount>,
}

/// Records dropped somewhere for a reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drops {
    /// Which signal.
    pub signal: String,
    /// A processor, a receiver or an exporter.
    pub component: String,
    /// Why, how many, how fast.
    #[serde(flatten)]
    pub count: DropCount,
}
