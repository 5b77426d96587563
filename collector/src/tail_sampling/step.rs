//! Carrying out decisions: journal, append, settle.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use weir_intake::Intake;
use weir_ledger::{Ledger, Settlement};
use weir_model::{Batch, OrderKey, Reason, Receiver, Signal, UnixNanos};
use weir_spool::{AppendError, EntryId, Position, Reader, Spool};

use super::assembly::Ended;
use super::decision::Decision;
use super::journal::{Journal, Record};
use super::metrics::TailSamplingMetrics;
use super::output;
use super::trace::{TraceId, Undecided};
use crate::files::FileError;

/// The component under which drops are counted.
const COMPONENT: &str = "tail_sampling";
/// The wait after a failed write of the journal.
const RETRY: Duration = Duration::from_secs(1);

/// Told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stopped;

/// Where undecided traces come from.
pub(super) struct Origin {
    pub(super) reader: Reader,
    pub(super) ledger: Ledger,
    pub(super) exporter: &'static str,
}

impl Origin {
    /// The entries are done with.
    pub(super) fn settle(&self, closed: &[(EntryId, Ended)]) {
        let ids: Vec<EntryId> = closed.iter().map(|(id, _)| *id).collect();
        for (_, ended) in closed {
            let reasons = [(Reason::Sampled, ended.dropped), (Reason::Malformed, ended.malformed)];
            let dropped: Vec<_> = reasons.into_iter().filter(|(_, spans)| *spans > 0).collect();
            let settlement = Settlement { delivered: ended.kept, deduplicated: 0, dropped };
            let spans = ended.kept + ended.dropped + ended.malformed;
            self.ledger.settle(Signal::Traces, self.exporter, spans, &settlement);
        }
        self.reader.settle(&ids);
    }
}

/// Where kept traces go.
pub(super) struct Destination {
    pub(super) intake: Intake,
    pub(super) spool: Spool,
    pub(super) ledger: Ledger,
    /// None while a blocking thread has it.
    pub(super) journal: Option<Journal>,
    pub(super) stop: CancellationToken,
}

/// Decisions over whole traces, and what they keep.
pub(super) struct Step {
    pub(super) decisions: Vec<(TraceId, Decision)>,
    /// The request of what is kept, and its spans.
    kept: Option<(Bytes, u32)>,
}

impl Step {
    /// A step of these traces, each with its decision.
    pub(super) fn new(traces: &[(TraceId, Undecided, Decision)]) -> Self {
        let kept: Vec<_> = traces.iter().filter(|(_, _, decision)| decision.kept).collect();
        let spans = kept.iter().flat_map(|(_, trace, _)| &trace.spans);
        let count: usize = kept.iter().map(|(_, trace, _)| trace.spans.len()).sum();
        let thresholds: HashMap<_, _> =
            kept.iter().map(|(id, _, decision)| (*id, decision.threshold)).collect();
        let request = Bytes::from(output::request(spans));
        // Every span was read when it came, so this does not fail; a threshold left out is better than a span.
        let payload = output::with_thresholds(&request, &thresholds).unwrap_or_else(|error| {
            error!(%error, "thresholds are not written");
            request.clone()
        });
        Self {
            decisions: traces.iter().map(|(id, _, decision)| (*id, *decision)).collect(),
            kept: (count > 0).then_some((payload, count as u32)),
        }
    }
}

impl Destination {
    /// Writes the decisions down, then appends what is kept. Dropped half way, or stopped, the step is void after the
    /// next start unless the append came through.
    pub(super) async fn carry_out(
        &mut self,
        step: &Step,
        metrics: &TailSamplingMetrics,
    ) -> Result<(), Stopped> {
        let end = self.spool.end(Signal::Traces);
        let append_at = step.kept.as_ref().map(|_| end);
        let record = Record { append_at, decisions: step.decisions.clone() };
        self.with_journal(metrics, move |journal| journal.append(&record, end)).await?;
        let Some((payload, spans)) = &step.kept else { return Ok(()) };
        let spans_counted = u64::from(*spans);
        let batch = Batch {
            signal: Signal::Traces,
            records: *spans,
            key: OrderKey::ANY,
            received: UnixNanos::now(),
            payload: payload.clone(),
        };
        self.ledger.receive(Signal::Traces, Receiver::TailSampling, spans_counted);
        match self.intake.append_until(Receiver::TailSampling, batch, &self.stop).await {
            Ok(_) => Ok(()),
            Err(AppendError::TooLarge { bytes, bytes_max }) => {
                warn!(bytes, bytes_max, spans, "kept spans are dropped; a larger spool.bytes_max keeps them");
                self.ledger.drop_pending(Signal::Traces, COMPONENT, Reason::TooLarge, spans_counted);
                Ok(())
            }
            Err(_) => {
                self.ledger.refuse(Signal::Traces, Receiver::TailSampling, spans_counted);
                Err(Stopped)
            }
        }
    }

    /// Removes what the journal need not hold any more.
    pub(super) async fn tidy(
        &mut self,
        through: Position,
        unsettled: Position,
        metrics: &TailSamplingMetrics,
    ) -> Result<(), Stopped> {
        let end = self.spool.end(Signal::Traces);
        self.with_journal(metrics, move |journal| journal.tidy(through, unsettled, end)).await
    }

    /// Runs `work` on the blocking pool until it succeeds.
    async fn with_journal<F>(&mut self, metrics: &TailSamplingMetrics, work: F) -> Result<(), Stopped>
    where
        F: Fn(&mut Journal) -> Result<(), FileError> + Clone + Send + 'static,
    {
        let mut has_failed = false;
        loop {
            let Some(mut journal) = self.journal.take() else { return Err(Stopped) };
            let work = work.clone();
            let done = spawn_blocking(move || {
                let outcome = work(&mut journal);
                (journal, outcome)
            });
            let Ok((journal, outcome)) = done.await else { return Err(Stopped) };
            self.journal = Some(journal);
            match outcome {
                Ok(()) => {
                    if has_failed {
                        info!("the journal of decisions is written again");
                    }
                    return Ok(());
                }
                Err(error) => {
                    metrics.journal_errors.inc();
                    if !std::mem::replace(&mut has_failed, true) {
                        error!(%error, "tail sampling waits until the journal of decisions can be written");
                    }
                }
            }
            tokio::select! {
                () = sleep(RETRY) => {}
                () = self.stop.cancelled() => return Err(Stopped),
            }
        }
    }
}
