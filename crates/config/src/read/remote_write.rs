//! `remote_write`.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::read::global::{FALSE, TRUE};
use crate::read::http::{self, HTTP_CLIENT};
use crate::read::names::{EXPORTER_NAME, Names};
use crate::read::relabel::{self, RELABEL};
use crate::read::scrape::positive;
use crate::section::{Section, secret};
use crate::shape::{Environment, Field, Kind, Shape, only, refused};
use crate::{RemoteWriteConfig, RemoteWriteMessage, Secret};

/// Requests under way at once when `max_shards` does not say.
const SHARDS: u64 = 4;

/// Values of `protobuf_message`.
const MESSAGES: [(&str, RemoteWriteMessage); 2] = [
    ("prometheus.WriteRequest", RemoteWriteMessage::V1),
    ("io.prometheus.write.v2.Request", RemoteWriteMessage::V2),
];

/// `<remote_write>`.
pub(crate) static REMOTE_WRITE: Shape = Shape {
    name: "remote_write",
    doc: "A destination of metrics that takes Prometheus remote-write.",
    environment: Environment::Verbatim,
    fields: &[
        EXPORTER_NAME,
        Field::new("url", Kind::Url(&["http", "https"]), "Where to.").required(),
        Field::new("remote_timeout", Kind::Duration, "Of one attempt.").or("30s"),
        Field::new(
            "protobuf_message",
            Kind::Word(&["prometheus.WriteRequest", "io.prometheus.write.v2.Request"]),
            "The version of the protocol: 1.0 or 2.0.",
        )
        .or("prometheus.WriteRequest"),
        Field::new("write_relabel_configs", Kind::List(&Kind::Section(&RELABEL)), "Rules applied to series."),
        Field::new("headers", Kind::Map(&Kind::Secret), "Headers put on every request."),
        Field::new("queue_config", Kind::Section(&QUEUE), "How requests are filled and tried again."),
        Field::new(
            "send_native_histograms",
            Kind::Inert(&Kind::Flag),
            "Has no effect: native histograms are not scraped yet, so that there are none to send.",
        ),
        only("send_exemplars", TRUE, "leave it out: exemplars are always sent"),
        only("round_robin_dns", FALSE, "leave it out"),
        only("failed_request_logging", FALSE, "leave it out: failed requests are logged as weir logs"),
        refused("metadata_config", "leave it out: metadata goes with the series under protocol 2.0"),
        refused("sigv4", CREDENTIALS),
        refused("azuread", CREDENTIALS),
        refused("google_iam", CREDENTIALS),
    ],
    includes: &[&HTTP_CLIENT],
};

/// What to do instead of a cloud's own way to sign in.
const CREDENTIALS: &str = "use basic_auth, authorization or a client certificate, or a proxy that signs";

static QUEUE: Shape = Shape {
    name: "queue_config",
    doc: "How requests are filled and tried again. The queue itself is the spool.",
    environment: Environment::Inherited,
    fields: &[
        Field::new(
            "max_shards",
            Kind::Count(1, 1000),
            "Requests under way at once; the number is fixed. Default 4, or min_shards if that is more.",
        ),
        Field::new("max_samples_per_send", Kind::Count(1, 1_000_000), "Samples of a request.").or("2000"),
        Field::new("batch_send_deadline", Kind::Duration, "How long a request waits to fill.").or("5s"),
        Field::new("min_backoff", Kind::Duration, "Wait after a first failure.").or("30ms"),
        Field::new("max_backoff", Kind::Duration, "Longest wait between attempts.").or("5s"),
        Field::new("min_shards", Kind::Count(1, 1000), "Kept by having max_shards at all times."),
        Field::new(
            "capacity",
            Kind::Inert(&Kind::Count(1, u64::MAX)),
            "Has no effect: samples wait in the spool, and in memory a shard holds no more than one request.",
        ),
        only("retry_on_http_429", TRUE, "leave it out: weir always tries again after 429"),
        only("sample_age_limit", &["0s", "0"], "use spool.age_max, which holds for every exporter"),
    ],
    includes: &[],
};

/// Settings of `queue_config`.
struct Queue {
    shards: u32,
    samples_per_send: u32,
    batch_send_deadline: Duration,
    backoff_min: Duration,
    backoff_max: Duration,
}

/// Reads `remote_write`.
pub(crate) fn read(section: &Section<'_>, name: String) -> RemoteWriteConfig {
    let mut http = http::read(section);
    for (header, value) in headers(section) {
        http.headers.insert(header, value);
    }
    let queue = queue(&section.section_or_empty("queue_config"));
    RemoteWriteConfig {
        name,
        url: section.url("url").unwrap_or_default(),
        remote_timeout: positive(section, "remote_timeout"),
        message: section.word("protobuf_message", &MESSAGES).unwrap_or(RemoteWriteMessage::V1),
        write_relabel_configs: relabel::read(section, "write_relabel_configs"),
        http,
        shards: queue.shards,
        samples_per_send: queue.samples_per_send,
        batch_send_deadline: queue.batch_send_deadline,
        backoff_min: queue.backoff_min,
        backoff_max: queue.backoff_max,
    }
}

/// Reads the list, giving each entry its name.
pub(crate) fn read_all(sections: &[Section<'_>], names: &mut Names) -> Vec<RemoteWriteConfig> {
    let read = |(index, section)| read(section, names.take(section, "remote_write", index));
    sections.iter().enumerate().map(read).collect()
}

fn headers(section: &Section<'_>) -> BTreeMap<String, Secret> {
    let given = section.map("headers");
    given.iter().for_each(|(name, value)| http::check_header(name, value));
    given.into_iter().filter_map(|(name, value)| Some((name, secret(value)?))).collect()
}

fn queue(section: &Section<'_>) -> Queue {
    let shards_min = section.count("min_shards").unwrap_or(1);
    let shards = section.count("max_shards").unwrap_or(SHARDS.max(shards_min));
    if shards_min > shards {
        section.mistake("min_shards", "is more than max_shards", "lower it");
    }
    let queue = Queue {
        shards: shards as u32,
        samples_per_send: section.count("max_samples_per_send").unwrap_or_default() as u32,
        batch_send_deadline: section.duration("batch_send_deadline").unwrap_or_default(),
        backoff_min: positive(section, "min_backoff"),
        backoff_max: positive(section, "max_backoff"),
    };
    if queue.backoff_max < queue.backoff_min {
        section.mistake("max_backoff", "is shorter than min_backoff", "raise it");
    }
    queue
}
