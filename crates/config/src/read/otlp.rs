//! `otlp`.

use std::net::SocketAddr;

use crate::read::exporters::size;
use crate::section::Section;
use crate::shape::{Environment, Field, Kind, Shape, refused};
use crate::{OtlpConfig, OtlpListener};

/// What to do about Prometheus' settings of its own OTLP receiver.
const METRICS: &str = "leave it out: weir's otlp takes logs and traces";

/// `otlp`.
pub(crate) static OTLP: Shape = Shape {
    name: "otlp",
    doc: "Listeners for logs and traces in OTLP; one left out is off.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("grpc", Kind::Section(&GRPC), "OTLP over gRPC."),
        Field::new("http", Kind::Section(&HTTP), "OTLP over HTTP, with protobuf bodies."),
        refused("promote_all_resource_attributes", METRICS),
        refused("promote_resource_attributes", METRICS),
        refused("ignore_resource_attributes", METRICS),
        refused("translation_strategy", METRICS),
        refused("keep_identifying_resource_attributes", METRICS),
        refused("convert_histograms_to_nhcb", METRICS),
        refused("promote_scope_metadata", METRICS),
        refused("label_name_underscore_sanitization", METRICS),
        refused("label_name_preserve_multiple_underscores", METRICS),
    ],
    includes: &[],
};

static GRPC: Shape = Shape {
    name: "otlp_grpc",
    doc: "The gRPC listener.",
    environment: Environment::Inherited,
    fields: &[Field::new("listen", Kind::Address, "IP address and port; port 0 takes any free one.")
        .or("127.0.0.1:4317")],
    includes: &[&LISTENER],
};

static HTTP: Shape = Shape {
    name: "otlp_http",
    doc: "The HTTP listener.",
    environment: Environment::Inherited,
    fields: &[Field::new("listen", Kind::Address, "IP address and port; port 0 takes any free one.")
        .or("127.0.0.1:4318")],
    includes: &[&LISTENER],
};

static LISTENER: Shape = Shape {
    name: "otlp_listener",
    doc: "Limits of a listener.",
    environment: Environment::Inherited,
    fields: &[
        Field::new("request_bytes_max", Kind::Size, "Bytes of a request after decompression.").or("16MiB"),
        Field::new(
            "in_flight_bytes_max",
            Kind::Size,
            "Bytes of all requests that are being handled; senders of more are told to come back.",
        )
        .or("64MiB"),
        Field::new(
            "connection_age_max",
            Kind::Duration,
            "Older connections are closed once their requests are answered, so that clients of several servers of one \
             name come to all of them. 0 closes none.",
        )
        .or("0s"),
    ],
    includes: &[],
};

/// Reads `otlp`.
pub(crate) fn read(section: &Section<'_>) -> OtlpConfig {
    OtlpConfig {
        grpc: section.switch("grpc").and_then(|grpc| listener(&grpc)),
        http: section.switch("http").and_then(|http| listener(&http)),
    }
}

/// Reports a second listener on an address that is taken; any number may take a free port.
pub(crate) fn check_addresses(listeners: &[(&str, Option<SocketAddr>)], report: impl Fn(&str, String)) {
    for (index, (name, address)) in listeners.iter().enumerate() {
        let Some(address) = address.filter(|address| address.port() != 0) else { continue };
        if let Some((owner, _)) = listeners[..index].iter().find(|(_, earlier)| *earlier == Some(address)) {
            report(name, format!("{owner} listens on {address} already"));
        }
    }
}

fn listener(section: &Section<'_>) -> Option<OtlpListener> {
    let listener = OtlpListener {
        request_bytes_max: size(section, "request_bytes_max"),
        in_flight_bytes_max: size(section, "in_flight_bytes_max"),
        connection_age_max: section.duration("connection_age_max").filter(|age| !age.is_zero()),
        listen: section.address("listen")?,
    };
    if listener.in_flight_bytes_max < listener.request_bytes_max {
        let hint = "raise it, or lower request_bytes_max";
        section.mistake(
            "in_flight_bytes_max",
            "is less than request_bytes_max: the largest request never fits",
            hint,
        );
    }
    Some(listener)
}
