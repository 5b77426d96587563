//! `spool`, `limits` and `telemetry`.

use crate::read::exporters::size;
use crate::read::scrape::positive;
use crate::section::Section;
use crate::shape::{Environment, Field, Kind, Shape};
use crate::{
    Durability, LimitsConfig, LogFormat, MemoryLimit, SpoolConfig, TelemetryConfig, TracesConfig, WhenFull,
};

/// `spool`.
pub(crate) static SPOOL: Shape = Shape {
    name: "spool",
    doc: "Where records wait on disk for their exporters.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("path", Kind::Path, "Folder of segments, cursors, checkpoints and dead letters.")
            .or("/var/lib/weir"),
        Field::new("bytes_max", Kind::Size, "Bytes of all segments together. A single batch (a scraped page, an OTLP request, a line) may take an eighth.").or("2GiB"),
        Field::new("age_max", Kind::Duration, "Records older than this are dropped and counted.").or("24h"),
        Field::new(
            "durability",
            Kind::Word(&["process-crash", "power-loss"]),
            "What an accepted record survives: weir's death (written), or the machine's (synced, slower).",
        )
        .or("process-crash"),
        Field::new(
            "when_full",
            Kind::Word(&["block", "drop-oldest"]),
            "What happens at bytes_max: receivers wait, or the oldest records are dropped and counted.",
        )
        .or("block"),
    ],
    includes: &[],
};

/// `limits`.
pub(crate) static LIMITS: Shape = Shape {
    name: "limits",
    doc: "Memory.",
    environment: Environment::Inherited,
    fields: &[Field::new(
        "memory",
        Kind::SizeOr("auto"),
        "The budget of what is buffered: OTLP requests being handled, recent batches, batches on their way to \
         the disk; they take at most half of it. auto: from the cgroup's limit, 512 MiB where there is none.",
    )
    .or("auto")],
    includes: &[],
};

/// `telemetry`.
pub(crate) static TELEMETRY: Shape = Shape {
    name: "telemetry",
    doc: "What weir tells about itself.",
    environment: Environment::Inherited,
    fields: &[
        Field::new(
            "listen",
            Kind::Address,
            "Of /metrics and the other endpoints; port 0 takes any free one.",
        )
        .or("127.0.0.1:9464"),
        Field::new("log_level", Kind::Word(&["error", "warn", "info", "debug", "trace"]), "What is logged.")
            .or("info"),
        Field::new("log_format", Kind::Word(&["text", "json"]), "How own log lines look.").or("text"),
        Field::new("traces", Kind::Section(&TRACES), "Own traces; off when absent."),
    ],
    includes: &[],
};

static TRACES: Shape = Shape {
    name: "telemetry_traces",
    doc: "Where weir's own traces go.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("endpoint", Kind::Url(&["http"]), "OTLP gRPC, http://host:port.").required(),
        Field::new("ratio", Kind::Ratio, "Share of own traces that is kept, 0 to 1.").or("1"),
    ],
    includes: &[],
};

/// Reads `spool`.
pub(crate) fn spool(section: &Section<'_>) -> SpoolConfig {
    let durability = [("process-crash", Durability::ProcessCrash), ("power-loss", Durability::PowerLoss)];
    let when_full = [("block", WhenFull::Block), ("drop-oldest", WhenFull::DropOldest)];
    SpoolConfig {
        path: section.path("path").unwrap_or_default(),
        bytes_max: size(section, "bytes_max"),
        age_max: positive(section, "age_max"),
        durability: section.word("durability", &durability).unwrap_or(Durability::ProcessCrash),
        when_full: section.word("when_full", &when_full).unwrap_or(WhenFull::Block),
    }
}

/// Reads `limits`.
pub(crate) fn limits(section: &Section<'_>) -> LimitsConfig {
    LimitsConfig { memory: section.size_or("memory").map_or(MemoryLimit::Auto, MemoryLimit::Bytes) }
}

/// Reads `telemetry`.
pub(crate) fn telemetry(section: &Section<'_>) -> Option<TelemetryConfig> {
    let levels = ["error", "warn", "info", "debug", "trace"].map(|level| (level, level));
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    Some(TelemetryConfig {
        log_level: section.word("log_level", &levels).unwrap_or_default().to_owned(),
        log_format: section.word("log_format", &formats).unwrap_or(LogFormat::Text),
        traces: section.section("traces").map(|traces| self::traces(&traces)),
        listen: section.address("listen")?,
    })
}

fn traces(section: &Section<'_>) -> TracesConfig {
    TracesConfig {
        endpoint: section.url("endpoint").unwrap_or_default(),
        ratio: section.ratio("ratio").unwrap_or(1.0),
    }
}
