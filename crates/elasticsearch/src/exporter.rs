//! The exporter.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tracing::error;
use weir_config::{DataStream, ElasticsearchConfig};
use weir_delivery::{Backoff, Encoded, Exporter, Outcome, Retry, Settings};
use weir_http_client::{ClientError, HttpClient, Seldom};
use weir_model::{Batch, Reason};

use crate::answer::{FILTER_PATH, Refusal, Results};
use crate::bulk::{Attempt, BulkClient};
use crate::codec::Codec;
use crate::dead_letter::DeadLetters;
use crate::document::DocumentWriter;
use crate::part::{Part, PartWriter};
use crate::sorting::{Sorted, Sorter};
use crate::template;

/// Records joined into one request: enough that its cost is spread, few enough that a bulk stays below a second.
const BATCH_RECORDS_MAX: u64 = 5_000;
/// How long a request that is not full waits for more. Small bulks cost Elasticsearch the most.
const LINGER: Duration = Duration::from_millis(200);
const BACKOFF: Backoff = Backoff { min: Duration::from_millis(200), max: Duration::from_secs(30) };
/// How often the same trouble is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// An Elasticsearch cluster.
pub struct Elasticsearch {
    bulk: BulkClient,
    nodes: Vec<Node>,
    next_node: AtomicUsize,
    data_stream: DataStream,
    /// Set once the template is there or not wanted.
    template: OnceCell<()>,
    bulk_bytes_max: u64,
    sorter: Arc<Sorter>,
    refusals: Seldom,
}

/// A node's URLs.
struct Node {
    url: String,
    bulk_url: String,
}

/// Why the exporter cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ElasticsearchError {
    /// The connection's settings are not usable.
    #[error("elasticsearch {name}: {source}")]
    Client {
        /// The exporter.
        name: String,
        /// Why.
        source: ClientError,
    },
    /// There is no node to send to.
    #[error("elasticsearch {name}: urls is empty")]
    NoUrl {
        /// The exporter.
        name: String,
    },
}

/// Bulk bodies, sent one after the other.
#[derive(Debug)]
pub struct Request {
    parts: VecDeque<Part>,
}

impl Elasticsearch {
    /// Makes the exporter; nothing is sent yet. Documents that are refused for good go to
    /// `<dead_letter_dir>/<name>.ndjson`.
    pub fn new(config: &ElasticsearchConfig, dead_letter_dir: &Path) -> Result<Self, ElasticsearchError> {
        let name = config.name.clone();
        if config.urls.is_empty() {
            return Err(ElasticsearchError::NoUrl { name });
        }
        let client = HttpClient::new(&config.http, config.timeout)
            .map_err(|source| ElasticsearchError::Client { name: name.clone(), source })?;
        let stream = config.data_stream.name();
        let node = |url: &String| {
            let url = url.trim_end_matches('/').to_owned();
            Node { bulk_url: format!("{url}/{stream}/_bulk?filter_path={FILTER_PATH}"), url }
        };
        let limit = config.dead_letter_bytes_max;
        Ok(Self {
            nodes: config.urls.iter().map(node).collect(),
            next_node: AtomicUsize::new(0),
            data_stream: config.data_stream.clone(),
            template: OnceCell::new_with((!config.install_template).then_some(())),
            bulk_bytes_max: config.bulk_bytes_max,
            sorter: Arc::new(Sorter {
                codec: Codec::new(config.compression),
                dead_letters: DeadLetters::new(dead_letter_dir, &name, limit, stream.clone()),
            }),
            refusals: Seldom::new(LOG_INTERVAL),
            bulk: BulkClient { exporter: name, client, trouble: Seldom::new(LOG_INTERVAL) },
        })
    }

    /// How the delivery loop drives it.
    pub fn settings(config: &ElasticsearchConfig) -> Settings {
        Settings {
            exporter: config.name.clone(),
            requests_max: config.requests_max.max(1) as usize,
            // A document is larger than its record by its ids and names; a body that grows too large is cut in two.
            batch_bytes_max: usize::try_from(config.bulk_bytes_max / 2).unwrap_or(usize::MAX).max(1),
            batch_records_max: BATCH_RECORDS_MAX,
            linger: LINGER,
            backoff: BACKOFF,
        }
    }

    /// The node of this attempt. They take turns, so that a retry goes to another one.
    fn node(&self) -> &Node {
        &self.nodes[self.next_node.fetch_add(1, Ordering::Relaxed) % self.nodes.len()]
    }

    async fn install_template(&self, node: &Node) -> Result<(), Retry> {
        let install = || template::install(&self.bulk.client, &node.url, &self.data_stream.dataset);
        match self.template.get_or_try_init(install).await {
            Ok(()) => Ok(()),
            Err(error) => {
                let cause = error.to_string();
                if self.bulk.trouble.pass(Instant::now()).is_some() {
                    error!(exporter = self.bulk.exporter, cause, "index template is not installed yet");
                }
                Err(Retry { after: None, cause })
            }
        }
    }

    /// Takes the results of a part: refused documents to the dead-letter file, those to be sent again into a part of
    /// their own. When the file cannot be written, its documents are to be sent again too.
    async fn settle(&self, part: Part, mut results: Results, tally: &mut Tally) {
        tally.delivered += results.delivered;
        tally.deduplicated += results.deduplicated;
        if results.refused.is_empty() && results.again.is_empty() {
            return;
        }
        let refused = std::mem::take(&mut results.refused);
        let sorter = self.sorter.clone();
        let again = results.again;
        let kept = part.clone();
        let sorted = spawn_blocking(move || sorter.sort_out(&kept, refused, again)).await;
        let sorted =
            sorted.unwrap_or_else(|error| Sorted::all_again(part, format!("sorting out failed: {error}")));
        if sorted.dead_letters > 0 {
            tally.dead_letters += sorted.dead_letters;
            self.log_refusal(sorted.dead_letters, &sorted.reason);
        }
        if let Some(part) = sorted.again {
            tally.again.push_back(part);
            tally.again_cause.get_or_insert(sorted.trouble.unwrap_or(results.again_cause));
        }
    }

    fn log_refusal(&self, documents: u64, reason: &str) {
        if let Some(more) = self.refusals.pass(Instant::now()) {
            let file = self.sorter.dead_letters.path().display();
            error!(exporter = self.bulk.exporter, documents, reason, %file, not_logged = more,
                "elasticsearch refused documents; they are in the dead-letter file");
        }
    }

    /// Takes a part that is too large as a whole: two halves, or a single document that will never fit.
    async fn split(&self, part: Part, reason: String, parts: &mut VecDeque<Part>, tally: &mut Tally) {
        if part.documents() < 2 {
            let status = StatusCode::PAYLOAD_TOO_LARGE;
            return self.settle(part.clone(), all_refused(&part, status, &reason), tally).await;
        }
        let sorter = self.sorter.clone();
        let kept = part.clone();
        match spawn_blocking(move || kept.open().map(|open| open.halves(&sorter.codec))).await {
            Ok(Ok([left, right])) => {
                parts.push_front(right);
                parts.push_front(left);
            }
            failed => {
                tally.again.push_back(part);
                tally.again_cause.get_or_insert(format!("splitting failed: {failed:?}"));
            }
        }
    }
}

impl Exporter for Elasticsearch {
    type Request = Request;

    fn encode(&self, batches: &[Batch]) -> Encoded<Request> {
        let total = batches.iter().map(|batch| u64::from(batch.records)).sum::<u64>();
        let mut writer = DocumentWriter::new(&self.data_stream);
        let codec = &self.sorter.codec;
        let (records, parts) = codec.with(|scratch| {
            let mut lines = PartWriter::new(codec, scratch, self.bulk_bytes_max);
            let records = batches.iter().map(|batch| writer.put_batch(batch, &mut lines)).sum::<u64>();
            (records, lines.finish())
        });
        let malformed = total.saturating_sub(records);
        Encoded {
            request: (records > 0).then(|| Request { parts: parts.into() }),
            records,
            dropped: if malformed > 0 { vec![(Reason::Malformed, malformed)] } else { Vec::new() },
        }
    }

    /// A dropped future may have written dead letters, which the next attempt then writes again.
    async fn send(&self, request: &mut Request) -> Outcome {
        let node = self.node();
        if let Err(retry) = self.install_template(node).await {
            return Outcome::Retry(retry);
        }
        // `request` changes only at the end, so that a dropped future leaves it as it was.
        let mut parts = request.parts.clone();
        let mut tally = Tally::default();
        let mut retry = None;
        while let Some(part) = parts.pop_front() {
            match self.bulk.send(&node.bulk_url, &part).await {
                Attempt::Done(results) => self.settle(part, results, &mut tally).await,
                Attempt::Refused { status, reason } => {
                    let results = all_refused(&part, status, &reason);
                    self.settle(part, results, &mut tally).await;
                }
                Attempt::TooLarge { reason } => self.split(part, reason, &mut parts, &mut tally).await,
                Attempt::Retry(again) => {
                    parts.push_front(part);
                    retry = Some(again);
                    break;
                }
            }
        }
        let retry = retry.or_else(|| tally.again_cause.take().map(|cause| Retry { after: None, cause }));
        tally.again.append(&mut parts);
        request.parts = std::mem::take(&mut tally.again);
        tally.outcome(retry)
    }
}

/// What the attempts at one request came to.
#[derive(Default)]
struct Tally {
    delivered: u64,
    deduplicated: u64,
    dead_letters: u64,
    again: VecDeque<Part>,
    again_cause: Option<String>,
}

impl Tally {
    fn outcome(self, retry: Option<Retry>) -> Outcome {
        let Self { delivered, deduplicated, dead_letters, .. } = self;
        match retry {
            None if dead_letters == 0 => Outcome::Delivered { deduplicated },
            Some(retry) if delivered + dead_letters == 0 => Outcome::Retry(retry),
            retry => {
                let dropped =
                    if dead_letters > 0 { vec![(Reason::DeadLetter, dead_letters)] } else { Vec::new() };
                Outcome::Partial { delivered, deduplicated, dropped, retry }
            }
        }
    }
}

fn all_refused(part: &Part, status: StatusCode, reason: &str) -> Results {
    let refusal = |position| Refusal { position, status: status.as_u16(), reason: reason.to_owned() };
    let refused = (0..part.documents() as usize).map(refusal).collect();
    Results { refused, ..Results::default() }
}

#[cfg(test)]
mod tests;
