//! One request: encoded once, attempted until it is settled.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tracing::{Instrument, debug, error, info_span};
use weir_ledger::Settlement;
use weir_model::{Batch, OWN_TRACES, Reason, UnixNanos};

use crate::encoding::{EncodingCost, encode};
use crate::gate::Gate;
use crate::metrics::LaneMetrics;
use crate::status::Health;
use crate::window::Window;
use crate::{Exporter, Outcome, Retry, Settings};

/// Tells when everything must be over, once it must.
pub(crate) type Stop = watch::Receiver<Option<Instant>>;

/// What the requests of a lane share.
#[derive(Debug)]
pub(crate) struct Context<E> {
    pub(crate) exporter: Arc<E>,
    pub(crate) settings: Arc<Settings>,
    /// The age at which a batch is given up.
    pub(crate) age_max: Duration,
    /// Shared with the exporter's other signals.
    pub(crate) gate: Arc<Gate>,
    pub(crate) health: Arc<Health>,
    pub(crate) window: Window,
    pub(crate) cost: EncodingCost,
    pub(crate) metrics: LaneMetrics,
}

/// How a request ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Every record is accounted for.
    Settled(Settlement),
    /// The delivery was stopped; the batches go back to the spool.
    GivenUp,
}

/// A request under way.
struct Progress {
    settlement: Settlement,
    /// Records that are not settled yet.
    left: u64,
    /// Attempts in a row that went wrong.
    failures: u32,
    newest: UnixNanos,
}

/// Delivers `batches`. A panic of the exporter is passed on.
pub(crate) async fn deliver<E: Exporter>(
    context: Arc<Context<E>>,
    batches: Vec<Batch>,
    mut stop: Stop,
) -> Verdict {
    let records: u64 = batches.iter().map(|batch| u64::from(batch.records)).sum();
    let newest = batches.iter().map(|batch| batch.received).max().unwrap_or_default();
    let encoded = match encode(&context.exporter, batches, &context.cost).await {
        Ok(encoded) => encoded,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => return Verdict::GivenUp,
        },
    };
    let settlement = Settlement { dropped: encoded.dropped, ..Settlement::default() };
    let mut progress = Progress { settlement, left: encoded.records, failures: 0, newest };
    context.check_encoded(records, &progress);
    let Some(mut request) = encoded.request else { return Verdict::Settled(progress.settlement) };
    loop {
        if wait_for_gate(&context.gate, &mut stop).await.is_break() {
            return Verdict::GivenUp;
        }
        let span = info_span!(
            target: OWN_TRACES,
            "export",
            exporter = %context.settings.exporter,
            records = progress.left,
            attempt = progress.failures + 1,
        );
        let outcome = context.exporter.send(&mut request).instrument(span).await;
        let Some(retry) = context.judge(outcome, &mut progress) else {
            return Verdict::Settled(progress.settlement);
        };
        if context.is_expired(progress.newest) {
            progress.settlement.dropped.push((Reason::Expired, progress.left));
            return Verdict::Settled(progress.settlement);
        }
        let until = context.next_attempt(&retry, &mut progress);
        if wait_until(until, &mut stop).await.is_break() {
            return Verdict::GivenUp;
        }
    }
}

impl<E: Exporter> Context<E> {
    /// Enters an attempt's outcome. Returns why and when to try again, unless everything is settled.
    fn judge(&self, outcome: Outcome, progress: &mut Progress) -> Option<Retry> {
        match outcome {
            Outcome::Delivered { deduplicated } => {
                self.metrics.delivered.inc();
                self.note_answer();
                progress.settlement.delivered += progress.left;
                progress.settlement.deduplicated += deduplicated;
                None
            }
            Outcome::Retry(retry) => {
                self.metrics.retry.inc();
                Some(retry)
            }
            Outcome::Rejected { reason, cause } => {
                self.metrics.rejected.inc();
                self.health.rejected(&cause);
                progress.settlement.dropped.push((reason, progress.left));
                None
            }
            Outcome::Partial { delivered, deduplicated, dropped, retry } => {
                self.metrics.partial.inc();
                self.note_answer();
                let ended = delivered + dropped.iter().map(|&(_, records)| records).sum::<u64>();
                progress.settlement.delivered += delivered;
                progress.settlement.deduplicated += deduplicated;
                progress.settlement.dropped.extend(dropped);
                self.judge_rest(ended, retry, progress)
            }
        }
    }

    /// What a partial outcome leaves to be done.
    fn judge_rest(&self, ended: u64, retry: Option<Retry>, progress: &mut Progress) -> Option<Retry> {
        let is_over = retry.is_none();
        if ended > progress.left || is_over && ended < progress.left {
            // The ledger shows the difference as an imbalance.
            error!(
                exporter = self.settings.exporter,
                records = progress.left,
                accounted = ended,
                "exporter accounts for another number of records than it was given"
            );
        }
        progress.left = progress.left.saturating_sub(ended);
        if ended > 0 {
            progress.failures = 0;
        }
        retry.filter(|_| progress.left > 0)
    }

    fn note_answer(&self) {
        self.window.grow();
        self.health.delivered();
    }

    fn check_encoded(&self, records: u64, progress: &Progress) {
        let dropped: u64 = progress.settlement.dropped.iter().map(|&(_, records)| records).sum();
        if progress.left + dropped != records {
            error!(
                exporter = self.settings.exporter,
                records,
                encoded = progress.left,
                dropped,
                "exporter encoded another number of records than it was given"
            );
        }
    }

    /// Makes room for the destination and tells when to try again.
    fn next_attempt(&self, retry: &Retry, progress: &mut Progress) -> Instant {
        progress.failures = progress.failures.saturating_add(1);
        self.window.shrink();
        self.health.retrying(&retry.cause);
        debug!(
            exporter = self.settings.exporter,
            cause = retry.cause,
            failures = progress.failures,
            "retrying"
        );
        match retry.after {
            Some(after) => {
                let until = Instant::now() + self.settings.backoff.asked_for(after);
                self.gate.close_until(until);
                until
            }
            None => Instant::now() + self.settings.backoff.wait(progress.failures),
        }
    }

    fn is_expired(&self, newest: UnixNanos) -> bool {
        UnixNanos::now().seconds_since(newest) > self.age_max.as_secs_f64()
    }
}

async fn wait_for_gate(gate: &Gate, stop: &mut Stop) -> ControlFlow<()> {
    while let Some(opens) = gate.opens() {
        wait_until(opens, stop).await?;
    }
    is_stopped(stop)
}

/// Waits until `time`. Breaks when the delivery is stopped.
async fn wait_until(time: Instant, stop: &mut Stop) -> ControlFlow<()> {
    is_stopped(stop)?;
    tokio::select! {
        // An error means that nobody is left to stop it in order; then the task is aborted.
        _ = stop.wait_for(|deadline| deadline.is_some()) => ControlFlow::Break(()),
        () = sleep_until(time) => ControlFlow::Continue(()),
    }
}

fn is_stopped(stop: &Stop) -> ControlFlow<()> {
    if stop.borrow().is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}
