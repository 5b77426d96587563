//! The exporter.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use tracing::warn;
use weir_config::{RemoteWriteConfig, RemoteWriteMessage};
use weir_delivery::{Backoff, Encoded, Exporter, Outcome, Retry, Settings};
use weir_http_client::{ClientError, HttpClient, Seldom, describe, read_text};
use weir_model::{Batch, Reason};

use crate::answer::{Verdict, judge};
use crate::encode::{EncodedPart, Encoder, Part, dropped};

/// Uncompressed bytes joined into one request. Prometheus accepts 32 MiB.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// The longest that a small batch waits for others. A scrape is delivered at once, so `batch_send_deadline` counts
/// only where it is shorter.
const LINGER_MAX: Duration = Duration::from_millis(200);
/// Bytes kept of a receiver's words.
const WORDS_MAX: usize = 1024;
/// How often refused samples are logged.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// A receiver of Prometheus remote-write.
pub struct RemoteWrite {
    name: String,
    url: String,
    message: RemoteWriteMessage,
    client: HttpClient,
    headers: HeaderMap,
    encoder: Encoder,
    refusals: Seldom,
}

/// Why the exporter cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RemoteWriteError {
    /// The connection's settings are not usable.
    #[error("remote_write {name}: {source}")]
    Client {
        /// The exporter.
        name: String,
        /// Why.
        source: ClientError,
    },
}

/// Compressed bodies, sent one after the other.
#[derive(Debug)]
pub struct Request {
    parts: VecDeque<Part>,
}

impl RemoteWrite {
    /// Makes the exporter; nothing is sent yet.
    pub fn new(config: &RemoteWriteConfig) -> Result<Self, RemoteWriteError> {
        let client = HttpClient::new(&config.http, config.remote_timeout)
            .map_err(|source| RemoteWriteError::Client { name: config.name.clone(), source })?;
        Ok(Self {
            name: config.name.clone(),
            url: config.url.clone(),
            message: config.message,
            client,
            headers: headers(config.message),
            encoder: Encoder::new(config),
            refusals: Seldom::new(LOG_INTERVAL),
        })
    }

    /// How the delivery loop drives it.
    pub fn settings(config: &RemoteWriteConfig) -> Settings {
        Settings {
            exporter: config.name.clone(),
            requests_max: config.shards.max(1) as usize,
            batch_bytes_max: BATCH_BYTES_MAX,
            batch_records_max: u64::from(config.samples_per_send),
            linger: config.batch_send_deadline.min(LINGER_MAX),
            backoff: Backoff { min: config.backoff_min, max: config.backoff_max },
        }
    }

    /// One attempt at one body. A dropped future leaves nothing behind here.
    async fn attempt(&self, part: &Part) -> Attempt {
        let request = match self.client.request(Method::POST, &self.url).await {
            Ok(request) => request.headers(self.headers.clone()).body(part.body.clone()),
            Err(error) => return Attempt::Retry(Retry { after: None, cause: error.to_string() }),
        };
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Attempt::Retry(Retry { after: None, cause: describe(&error) }),
        };
        let verdict =
            judge(self.message, response.status(), response.headers(), part.records, SystemTime::now());
        let words = words(&mut response).await;
        match verdict {
            Verdict::Delivered => Attempt::Done { delivered: part.records, lost: None },
            Verdict::Retry { after } => Attempt::Retry(Retry { after, cause: words }),
            Verdict::Written { records, lost_as } => {
                Attempt::Done { delivered: records, lost: Some((lost_as, part.records - records, words)) }
            }
            Verdict::Refused { hint } => self.refused(part, response.status(), words, hint),
        }
    }

    /// A body that was refused whole may hold one batch that the receiver does not want beside others that it does:
    /// a receiver of 1.0 takes all samples of a request or none, and some have a limit on its size.
    fn refused(&self, part: &Part, status: StatusCode, words: String, hint: Option<&str>) -> Attempt {
        let may_fit = matches!(status, StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE);
        match self.encoder.split(part) {
            Some(halves) if may_fit => Attempt::Split(halves),
            _ => {
                let words = hint.map_or_else(|| words.clone(), |hint| format!("{words}; {hint}"));
                Attempt::Done { delivered: 0, lost: Some((Reason::Rejected, part.records, words)) }
            }
        }
    }

    fn log_loss(&self, records: u64, cause: &str) {
        if let Some(more) = self.refusals.pass(Instant::now()) {
            warn!(exporter = self.name, records, cause, not_logged = more, "receiver refused samples");
        }
    }
}

/// How an attempt at one body ended.
enum Attempt {
    /// So many were written; the others are lost under a reason, with the receiver's words.
    Done {
        delivered: u64,
        lost: Option<(Reason, u64, String)>,
    },
    Retry(Retry),
    /// To be sent as two.
    Split([EncodedPart; 2]),
}

impl Exporter for RemoteWrite {
    type Request = Request;

    fn encode(&self, batches: &[Batch]) -> Encoded<Request> {
        let encoded = self.encoder.encode_all(batches);
        let dropped = dropped(&encoded);
        let parts: VecDeque<Part> = encoded.into_iter().filter_map(|encoded| encoded.part).collect();
        let records = parts.iter().map(|part| part.records).sum();
        Encoded { request: (records > 0).then_some(Request { parts }), records, dropped }
    }

    async fn send(&self, request: &mut Request) -> Outcome {
        // `request` changes only at the end, so that a dropped future leaves it as it was.
        let mut parts = request.parts.clone();
        let mut tally = Tally::default();
        let mut retry = None;
        while let Some(part) = parts.pop_front() {
            match self.attempt(&part).await {
                Attempt::Done { delivered, lost } => tally.add(delivered, lost, |records, cause| {
                    self.log_loss(records, cause);
                }),
                Attempt::Split(halves) => {
                    halves
                        .into_iter()
                        .rev()
                        .filter_map(|half| half.part)
                        .for_each(|half| parts.push_front(half));
                }
                Attempt::Retry(again) => {
                    parts.push_front(part);
                    retry = Some(again);
                    break;
                }
            }
        }
        request.parts = parts;
        tally.outcome(retry)
    }
}

/// What the attempts at one request came to.
#[derive(Default)]
struct Tally {
    delivered: u64,
    dropped: Vec<(Reason, u64)>,
    cause: String,
}

impl Tally {
    fn add(&mut self, delivered: u64, lost: Option<(Reason, u64, String)>, log: impl FnOnce(u64, &str)) {
        self.delivered += delivered;
        let Some((reason, records, cause)) = lost else { return };
        log(records, &cause);
        if records > 0 {
            self.dropped.push((reason, records));
        }
        self.cause = cause;
    }

    fn outcome(mut self, retry: Option<Retry>) -> Outcome {
        match (self.delivered, &mut self.dropped[..], retry) {
            (_, [], None) => Outcome::Delivered { deduplicated: 0 },
            (0, [], Some(retry)) => Outcome::Retry(retry),
            (0, [(reason, _)], None) => Outcome::Rejected { reason: *reason, cause: self.cause },
            (delivered, _, retry) => {
                Outcome::Partial { delivered, deduplicated: 0, dropped: self.dropped, retry }
            }
        }
    }
}

/// The status and the first words of an answer's body. Reading it also frees the connection for the next request.
async fn words(response: &mut Response) -> String {
    let status = response.status();
    let text = read_text(response, WORDS_MAX).await;
    if text.is_empty() {
        format!("server answered {status}")
    } else {
        format!("server answered {status}: {text}")
    }
}

fn headers(message: RemoteWriteMessage) -> HeaderMap {
    let (content_type, version) = match message {
        // Receivers of 1.0 may not know the parameter.
        RemoteWriteMessage::V1 => ("application/x-protobuf", "0.1.0"),
        RemoteWriteMessage::V2 => ("application/x-protobuf;proto=io.prometheus.write.v2.Request", "2.0.0"),
    };
    HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (CONTENT_ENCODING, HeaderValue::from_static("snappy")),
        (HeaderName::from_static("x-prometheus-remote-write-version"), HeaderValue::from_static(version)),
    ])
}

#[cfg(test)]
mod tests;
