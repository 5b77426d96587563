//! `elasticsearch`, `jaeger` and `forward`.

use weir_model::Signal;

use crate::read::http::{self, HTTP_CLIENT};
use crate::read::names::EXPORTER_NAME;
use crate::read::scrape::positive;
use crate::section::Section;
use crate::shape::{Environment, Field, Kind, Shape};
use crate::value::url;
use crate::{Compression, DataStream, ElasticsearchConfig, OtlpExporterConfig, OtlpProtocol};

/// Schemes of HTTP and gRPC endpoints.
const HTTP: &[&str] = &["http", "https"];

/// The level of gzip when none is named.
const GZIP_LEVEL: u64 = 1;

/// Characters that Elasticsearch refuses in the parts of a data stream's name, and `-`, which separates them.
const NOT_IN_DATA_STREAM: &str = "\\/*?\"<>| ,#:-";

/// Longest part of a data stream's name, in bytes.
const DATA_STREAM_PART_MAX: usize = 100;

/// `<elasticsearch>`.
pub(crate) static ELASTICSEARCH: Shape = Shape {
    name: "elasticsearch",
    doc: "A destination of logs: an Elasticsearch cluster.",
    environment: Environment::Expanded,
    fields: &[
        EXPORTER_NAME,
        Field::new("urls", Kind::List(&Kind::Url(HTTP)), "Nodes of the cluster, used in turn.").required(),
        Field::new("data_stream", Kind::Section(&DATA_STREAM), "Where documents go."),
        Field::new("bulk_bytes_max", Kind::Size, "Bytes of a bulk request before compression.").or("5MiB"),
        Field::new("requests_max", Kind::Count(1, 1000), "Bulk requests under way at once.").or("2"),
        Field::new("timeout", Kind::Duration, "Of one attempt.").or("60s"),
        Field::new("install_template", Kind::Flag, "Whether weir installs its index template.").or("true"),
        Field::new(
            "dead_letter_bytes_max",
            Kind::Size,
            "Bytes of the file of refused documents before it is rotated; one older file is kept.",
        )
        .or("64MiB"),
        Field::new("compression", Kind::Word(&["none", "gzip"]), "Of bulk requests.").or("gzip"),
        COMPRESSION_LEVEL,
    ],
    includes: &[&HTTP_CLIENT],
};

const COMPRESSION_LEVEL: Field =
    Field::new("compression_level", Kind::Count(1, 12), "Of gzip; more is smaller and slower.").or("1");

static DATA_STREAM: Shape = Shape {
    name: "data_stream",
    doc: "The data stream logs-<dataset>-<namespace>.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("dataset", Kind::Text, "What the documents are, in lower case.").or("weir"),
        Field::new("namespace", Kind::Text, "Whose they are, in lower case.").or("default"),
    ],
    includes: &[],
};

/// `<jaeger>`.
pub(crate) static JAEGER: Shape = Shape {
    name: "jaeger",
    doc: "A destination of traces that takes OTLP.",
    environment: Environment::Expanded,
    fields: &[Field::new("signals", Kind::List(&Kind::Word(&["traces"])), "What is sent: traces.")],
    includes: &[&OTLP_EXPORTER, &HTTP_CLIENT],
};

/// `<forward>`.
pub(crate) static FORWARD: Shape = Shape {
    name: "forward",
    doc: "Another weir, or any other destination of logs and traces that takes OTLP.",
    environment: Environment::Expanded,
    fields: &[Field::new(
        "signals",
        Kind::List(&Kind::Word(&["logs", "traces"])),
        "What is sent. Default: logs and traces.",
    )],
    includes: &[&OTLP_EXPORTER, &HTTP_CLIENT],
};

static OTLP_EXPORTER: Shape = Shape {
    name: "otlp_exporter",
    doc: "How OTLP is sent.",
    environment: Environment::Inherited,
    fields: &[
        EXPORTER_NAME,
        Field::new(
            "endpoint",
            Kind::Url(HTTP),
            "http://host:port, without a path for gRPC; for HTTP, /v1/traces and /v1/logs are appended.",
        )
        .required(),
        Field::new("protocol", Kind::Word(&["grpc", "http/protobuf"]), "How OTLP is carried.").or("grpc"),
        Field::new("headers", Kind::Map(&Kind::Secret), "gRPC metadata or HTTP headers of every request."),
        Field::new("request_bytes_max", Kind::Size, "Bytes of a request before compression.").or("1MiB"),
        Field::new("requests_max", Kind::Count(1, 1000), "Requests under way at once.").or("4"),
        Field::new("timeout", Kind::Duration, "Of one attempt.").or("10s"),
        Field::new("compression", Kind::Word(&["none", "gzip"]), "Of requests.").or("none"),
        COMPRESSION_LEVEL,
    ],
    includes: &[],
};

/// Reads an entry of `elasticsearch`.
pub(crate) fn elasticsearch(section: &Section<'_>, name: String) -> ElasticsearchConfig {
    let urls = section.items("urls");
    if section.has("urls") && urls.is_empty() {
        section.mistake("urls", "names no node", "name at least one, such as http://elasticsearch:9200");
    }
    ElasticsearchConfig {
        name,
        urls: urls.iter().filter_map(|value| value.parsed(|text| url(text, HTTP))).collect(),
        data_stream: data_stream(section),
        http: http::read(section),
        compression: compression(section),
        bulk_bytes_max: size(section, "bulk_bytes_max"),
        requests_max: section.count("requests_max").unwrap_or_default() as u32,
        timeout: positive(section, "timeout"),
        install_template: section.flag("install_template"),
        dead_letter_bytes_max: size(section, "dead_letter_bytes_max"),
    }
}

/// Reads an entry of `jaeger` or `forward`, which sends the signals of `sent` when it does not say.
pub(crate) fn otlp(section: &Section<'_>, name: String, sent: &[Signal]) -> OtlpExporterConfig {
    let headers = section.map("headers");
    headers.iter().for_each(|(header, value)| http::check_header(header, value));
    let protocol = protocol(section);
    OtlpExporterConfig {
        name,
        endpoint: endpoint(section, protocol),
        protocol,
        signals: signals(section, sent),
        compression: compression(section),
        http: http::read(section),
        headers: section.secret_map("headers"),
        request_bytes_max: size(section, "request_bytes_max"),
        requests_max: section.count("requests_max").unwrap_or_default() as u32,
        timeout: positive(section, "timeout"),
    }
}

/// Reads a size with a default that must not be 0.
pub(crate) fn size(section: &Section<'_>, name: &'static str) -> u64 {
    let size = section.size(name).unwrap_or_default();
    if size == 0 {
        section.mistake(name, "must be more than 0", "leave it out for the default");
    }
    size
}

fn data_stream(section: &Section<'_>) -> DataStream {
    let given = section.section_or_empty("data_stream");
    let part = |name: &'static str| {
        let part = given.text(name).unwrap_or_default();
        let wrong = |each: char| NOT_IN_DATA_STREAM.contains(each) || each.is_uppercase();
        if part.is_empty() || part.len() > DATA_STREAM_PART_MAX || part.chars().any(wrong) {
            let hint = "use lower-case letters, digits, `_` and `.`, at most 100 bytes";
            given.mistake(name, format!("`{part}` cannot be part of a data stream's name"), hint);
        }
        part
    };
    DataStream { dataset: part("dataset"), namespace: part("namespace") }
}

fn compression(section: &Section<'_>) -> Compression {
    let level = section.count("compression_level").unwrap_or(GZIP_LEVEL);
    let words = [("none", None), ("gzip", Some(level as u8))];
    match section.word("compression", &words).flatten() {
        Some(level) => Compression::Gzip(level),
        None => Compression::None,
    }
}

fn protocol(section: &Section<'_>) -> OtlpProtocol {
    let words = [("grpc", OtlpProtocol::Grpc), ("http/protobuf", OtlpProtocol::HttpProtobuf)];
    section.word("protocol", &words).unwrap_or(OtlpProtocol::Grpc)
}

fn endpoint(section: &Section<'_>, protocol: OtlpProtocol) -> String {
    let endpoint = section.url("endpoint").unwrap_or_default();
    let path = endpoint.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path);
    if protocol == OtlpProtocol::Grpc && path.is_some_and(|path| !path.is_empty()) {
        let hint = "write http://host:port, or set protocol to http/protobuf";
        section.mistake("endpoint", "has a path, which gRPC does not take", hint);
    }
    endpoint
}

fn signals(section: &Section<'_>, sent: &[Signal]) -> Vec<Signal> {
    if !section.has("signals") {
        section.items("signals");
        return sent.to_vec();
    }
    let given = section.items("signals");
    if given.is_empty() {
        section.mistake("signals", "names no signal", "leave it out for all");
    }
    let mut signals = Vec::new();
    for value in given {
        let known = sent.iter().find(|signal| value.text().is_some_and(|text| text == signal.as_str()));
        match known {
            Some(signal) if signals.contains(signal) => value.mistake("is named twice"),
            Some(signal) => signals.push(*signal),
            None => {
                let list: Vec<&str> = sent.iter().map(|signal| signal.as_str()).collect();
                value.mistake_with("cannot be sent there", format!("what can: {}", list.join(", ")));
            }
        }
    }
    signals
}
