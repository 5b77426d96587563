//! The store as an exporter.

use std::time::Duration;

use tokio::sync::oneshot;
use tracing::warn;
use weir_delivery::{Backoff, Encoded, Exporter, Outcome, Retry, Settings};
use weir_model::{Batch, Reason, Signal};

use crate::batches::Written;
use crate::store::Store;
use crate::writer::{Job, WriteEnd, WriteJob};

/// Requests of a signal that wait or are stored at once; the writer joins them into one transaction.
const REQUESTS_MAX: usize = 4;
const BATCH_BYTES_MAX: usize = 4 << 20;
const BATCH_RECORDS_MAX: u64 = 10_000;
/// Short: a live tail shows what was stored.
const LINGER: Duration = Duration::from_millis(20);
const BACKOFF: Backoff = Backoff { min: Duration::from_millis(100), max: Duration::from_secs(10) };

/// Batches of one signal, as they came from the spool.
#[derive(Debug)]
pub struct Request {
    signal: Signal,
    batches: Vec<Batch>,
}

impl Store {
    /// How the delivery loop drives it, under the name `exporter`.
    pub fn delivery_settings(exporter: &str) -> Settings {
        Settings {
            exporter: exporter.to_owned(),
            requests_max: REQUESTS_MAX,
            batch_bytes_max: BATCH_BYTES_MAX,
            batch_records_max: BATCH_RECORDS_MAX,
            linger: LINGER,
            backoff: BACKOFF,
        }
    }
}

impl Exporter for Store {
    type Request = Request;

    /// Nothing is encoded: the writer reads the payloads.
    fn encode(&self, batches: &[Batch]) -> Encoded<Request> {
        let records = batches.iter().map(|batch| u64::from(batch.records)).sum();
        let request =
            batches.first().map(|first| Request { signal: first.signal, batches: batches.to_vec() });
        Encoded { request, records, dropped: Vec::new() }
    }

    /// A dropped future may have stored the batches; when they come again, that is noticed.
    async fn send(&self, request: &mut Request) -> Outcome {
        let (reply, end) = oneshot::channel();
        let job = WriteJob { signal: request.signal, batches: request.batches.clone(), reply };
        if !self.submit(Job::Write(job)) {
            return closed();
        }
        match end.await {
            Ok(WriteEnd::Written(written)) => outcome(&request.batches, &written),
            Ok(WriteEnd::Retry(cause)) => Outcome::Retry(Retry { after: None, cause }),
            Ok(WriteEnd::Rejected(cause)) => Outcome::Rejected { reason: Reason::Rejected, cause },
            Err(_) => closed(),
        }
    }
}

fn closed() -> Outcome {
    Outcome::Retry(Retry { after: None, cause: "the store is closed".to_owned() })
}

/// What is neither stored nor there already could not be read, or is a native histogram.
fn outcome(batches: &[Batch], written: &[Written]) -> Outcome {
    let total: u64 = batches.iter().map(|batch| u64::from(batch.records)).sum();
    let sum = |of: fn(&Written) -> u64| written.iter().map(of).sum::<u64>();
    let deduplicated = sum(|written| written.duplicates).min(total);
    let delivered = (deduplicated + sum(|written| written.stored)).min(total);
    let refused = sum(|written| written.refused).min(total - delivered);
    let malformed = total - delivered - refused;
    let dropped: Vec<(Reason, u64)> = [(Reason::Malformed, malformed), (Reason::Rejected, refused)]
        .into_iter()
        .filter(|(_, records)| *records > 0)
        .collect();
    if dropped.is_empty() {
        return Outcome::Delivered { deduplicated };
    }
    warn!(malformed, native_histograms = refused, "the store does not keep some records");
    Outcome::Partial { delivered, deduplicated, dropped, retry: None }
}
