//! The loop.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};
use weir_config::TailSamplingConfig;
use weir_model::UnixNanos;
use weir_spool::{Entry, TakeLimits};

use super::assembly::{Assembly, Passed, Waits};
use super::decision::{Decision, Decisions};
use super::metrics::TailSamplingMetrics;
use super::policy::{Policies, Verdict};
use super::step::{Destination, Origin, Step, Stopped};
use super::trace::{Cause, TraceId, Undecided};

/// How often due traces are decided over. A rate per second is a number per round.
const ROUND: Duration = Duration::from_millis(if cfg!(test) { 50 } else { 1000 });
/// What is taken from the spool at once.
const TAKE: TakeLimits = TakeLimits { bytes_max: 4 << 20, records_max: 100_000, entries_max: 256 };
/// Bytes of kept traces after which a step is complete. A trace is never divided.
const STEP_BYTES: usize = 1 << 20;
/// Traces after which a step is complete.
const STEP_TRACES: usize = 50_000;

/// Takes entries, assembles, decides, carries out.
pub(super) struct Sampler {
    changes: watch::Receiver<TailSamplingConfig>,
    undecided_bytes_max: u64,
    policies: Policies,
    assembly: Assembly,
    decisions: Decisions,
    origin: Origin,
    destination: Destination,
    metrics: TailSamplingMetrics,
    last_round: Instant,
}

impl Sampler {
    pub(super) fn new(
        changes: watch::Receiver<TailSamplingConfig>,
        origin: Origin,
        destination: Destination,
        decisions: Decisions,
        metrics: TailSamplingMetrics,
    ) -> Self {
        let config = changes.borrow().clone();
        let mut sampler = Self {
            changes,
            undecided_bytes_max: 0,
            policies: Policies::new(&[]),
            assembly: Assembly::new(waits(&config)),
            decisions,
            origin,
            destination,
            metrics,
            last_round: Instant::now(),
        };
        sampler.apply(&config);
        sampler
    }

    /// Until stopped. Dropped half way, what is not settled is taken again after the next start.
    pub(super) async fn run(mut self) {
        let stop = self.destination.stop.clone();
        let mut changes = self.changes.clone();
        let mut rounds = interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Ok(()) = changes.changed() => {
                    let config = changes.borrow_and_update().clone();
                    self.apply(&config);
                    Ok(())
                }
                _ = rounds.tick() => self.round().await,
                entries = self.origin.reader.take(&TAKE) => self.take(entries).await,
            };
            if done == Err(Stopped) {
                return;
            }
            self.show();
        }
    }

    fn apply(&mut self, config: &TailSamplingConfig) {
        self.undecided_bytes_max = config.undecided_bytes_max;
        self.metrics.undecided_bytes_max.set(i64::try_from(config.undecided_bytes_max).unwrap_or(i64::MAX));
        self.decisions.set_max(config.decisions_max);
        self.assembly.set_waits(waits(config));
        self.policies = Policies::new(&config.policies);
        self.assembly.ask_again(&self.policies);
        for decision in ["kept", "dropped"] {
            self.metrics.traces.with_label_values(&[decision]);
            self.metrics.late_spans.with_label_values(&[decision]);
        }
        for cause in Cause::ALL {
            self.metrics.decisions.with_label_values(&[cause.as_str()]);
        }
        for policy in self.policies.names() {
            self.metrics.kept.with_label_values(&[policy]);
        }
    }

    async fn take(&mut self, entries: Vec<Entry>) -> Result<(), Stopped> {
        for entry in entries {
            let Passed { repeated, late_dropped, late_kept } =
                self.assembly.take(&entry, &self.policies, &self.decisions);
            drop(entry);
            self.metrics.repeated_spans.inc_by(repeated);
            self.metrics.late_spans.with_label_values(&["dropped"]).inc_by(late_dropped);
            self.metrics.late_spans.with_label_values(&["kept"]).inc_by(late_kept);
            while self.assembly.bytes() > self.undecided_bytes_max && self.assembly.traces() > 0 {
                let next = self.assembly.take_next();
                self.decide(next, Some(Cause::Evicted)).await?;
            }
        }
        self.settle();
        Ok(())
    }

    async fn round(&mut self) -> Result<(), Stopped> {
        let due = self.assembly.take_due(UnixNanos::now());
        self.decide(due, None).await?;
        self.settle();
        let unsettled = self.assembly.unsettled();
        self.decisions.trim(unsettled);
        let through = self.assembly.through();
        self.destination.tidy(through, unsettled, &self.metrics).await
    }

    /// Decides over traces that were taken out, for `cause` or their own, and carries it out.
    async fn decide(
        &mut self,
        traces: Vec<(TraceId, Undecided)>,
        cause: Option<Cause>,
    ) -> Result<(), Stopped> {
        let elapsed = self.last_round.elapsed();
        self.last_round = Instant::now();
        let verdicts = self.policies.decide(&traces, elapsed);
        let mut complete = Vec::new();
        let mut bytes = 0;
        for ((id, trace), verdict) in traces.into_iter().zip(verdicts) {
            let decision = self.decision(&trace, verdict, cause);
            if decision.kept {
                bytes += trace.spans.iter().map(|held| held.span.len()).sum::<usize>();
            }
            complete.push((id, trace, decision));
            if bytes >= STEP_BYTES || complete.len() >= STEP_TRACES {
                self.carry_out(std::mem::take(&mut complete)).await?;
                bytes = 0;
            }
        }
        if complete.is_empty() { Ok(()) } else { self.carry_out(complete).await }
    }

    fn decision(&self, trace: &Undecided, verdict: Verdict, cause: Option<Cause>) -> Decision {
        let through = self.assembly.through();
        if let Some(decided) = trace.decided {
            self.metrics.decisions.with_label_values(&[Cause::Late.as_str()]).inc();
            return Decision { through, ..decided };
        }
        // Spans without a trace id are nobody's sample.
        let kept = verdict.kept || trace.facts.is_idless;
        let word = if kept { "kept" } else { "dropped" };
        self.metrics.traces.with_label_values(&[word]).inc();
        self.metrics.decisions.with_label_values(&[cause.unwrap_or(trace.cause()).as_str()]).inc();
        if let Some(policy) = verdict.policy.filter(|_| verdict.kept) {
            self.metrics.kept.with_label_values(&[self.policies.names()[policy].as_str()]).inc();
        }
        Decision { threshold: verdict.threshold, kept, through }
    }

    async fn carry_out(&mut self, traces: Vec<(TraceId, Undecided, Decision)>) -> Result<(), Stopped> {
        let step = Step::new(&traces);
        self.destination.carry_out(&step, &self.metrics).await?;
        for (id, trace, decision) in traces {
            self.decisions.put(id, decision);
            self.assembly.end(&trace.parts, decision.kept);
        }
        Ok(())
    }

    /// Only what was carried out is settled: an entry is closed by the last of its traces.
    fn settle(&mut self) {
        let closed = self.assembly.take_closed();
        if !closed.is_empty() {
            self.origin.settle(&closed);
        }
    }

    fn show(&self) {
        self.metrics.undecided_traces.set(self.assembly.traces() as i64);
        self.metrics.undecided_bytes.set(i64::try_from(self.assembly.bytes()).unwrap_or(i64::MAX));
        self.metrics.remembered.set(self.decisions.len() as i64);
    }
}

fn waits(config: &TailSamplingConfig) -> Waits {
    Waits { decision: config.decision_wait, after_root: config.decision_wait_after_root }
}
