//! What a collector has between its listeners and the main spool: the spool of undecided traces and its readers.

use std::path::PathBuf;

use prometheus::{IntGauge, Registry};
use weir_agent::identity::Identity;
use weir_collector::{SpanMetrics, SpanMetricsParts, TailSampling, TailSamplingParts};
use weir_config::{Config, TailSamplingConfig};
use weir_intake::{Intake, IntakeSettings};
use weir_ledger::Ledger;
use weir_model::{Receiver, Signal};
use weir_spool::{Spool, SpoolSettings};

use super::budget::Budget;
use super::settings::spool_settings;
use super::{RunError, watch};

/// The name under which tail sampling reads the spool of undecided traces.
pub(super) const TAIL_SAMPLING: &str = "tail_sampling";
/// The name under which span metrics read spans.
pub(super) const SPAN_METRICS: &str = "span_metrics";
/// The part of `spool.bytes_max` that undecided traces may take: one in this many.
const SPOOL_SHARE: u64 = 4;

/// Undecided traces, before anything runs.
pub(super) struct Undecided {
    pub(super) intake: Intake,
    pub(super) ledger: Ledger,
    pub(super) spool: Spool,
}

impl Undecided {
    /// Opens their spool where the configuration has tail sampling. Where it has none, there must be none left.
    pub(super) fn open(
        config: &Config,
        budget: &Budget,
        intake: IntakeSettings,
    ) -> Result<Option<Self>, RunError> {
        let settings = SpoolSettings {
            path: config.spool.path.join("undecided"),
            bytes_max: config.spool.bytes_max / SPOOL_SHARE,
            // An entry is held until its last trace is decided over, which its age must not cut short.
            drop_oldest: false,
            ..spool_settings(config, budget)
        };
        let path = settings.path.clone();
        if config.tail_sampling.is_none() && !path.exists() {
            return Ok(None);
        }
        let ledger = Ledger::new();
        let spool = Spool::open(settings, ledger.clone())?;
        if config.tail_sampling.is_none() {
            return Self::refuse_left_overs(&spool, path).map(|()| None);
        }
        let intake = Intake::new(intake, spool.clone(), ledger.clone());
        Ok(Some(Self { intake, ledger, spool }))
    }

    /// Without tail sampling nobody decides over what a life with it has left.
    fn refuse_left_overs(spool: &Spool, path: PathBuf) -> Result<(), RunError> {
        let known = spool.cursors(Signal::Traces).iter().any(|name| name == TAIL_SAMPLING);
        let spans = if known { spool.subscribe(Signal::Traces, TAIL_SAMPLING)?.held_records() } else { 0 };
        if spans > 0 { Err(RunError::Undecided { path, spans }) } else { Ok(()) }
    }
}

/// Running tail sampling.
pub(super) struct Tail {
    pub(super) undecided: Undecided,
    spool_bytes: IntGauge,
    tail_sampling: TailSampling,
}

/// Everything between listeners and the main spool.
pub(super) struct Tier {
    pub(super) tail: Option<Tail>,
    span_metrics: Option<SpanMetrics>,
}

/// Where the tier's work goes.
pub(super) struct Behind<'a> {
    pub(super) intake: &'a Intake,
    pub(super) spool: &'a Spool,
    pub(super) ledger: &'a Ledger,
    pub(super) registry: &'a Registry,
}

impl Tier {
    /// Starts what the configuration names.
    pub(super) fn start(
        config: &Config,
        budget: &Budget,
        undecided: Option<Undecided>,
        behind: &Behind<'_>,
    ) -> Result<Self, RunError> {
        let span_metrics = start_span_metrics(config, undecided.as_ref(), behind)?;
        let tail = undecided.zip(config.tail_sampling.as_ref());
        let tail = tail
            .map(|(undecided, sampling)| Tail::start(config, &within(sampling, budget), undecided, behind));
        Ok(Self { tail: tail.transpose()?, span_metrics })
    }

    /// The way in for traces that are sent.
    pub(super) fn traces<'a>(&'a self, main: &'a Intake) -> &'a Intake {
        self.tail.as_ref().map_or(main, |tail| &tail.undecided.intake)
    }

    /// What it brings into the main spool.
    pub(super) fn receivers(&self) -> impl Iterator<Item = Receiver> + use<> {
        let on = [
            (Receiver::TailSampling, self.tail.is_some()),
            (Receiver::SpanMetrics, self.span_metrics.is_some()),
        ];
        on.into_iter().filter_map(|(receiver, is_on)| is_on.then_some(receiver))
    }

    /// Who reads the main spool's traces besides exporters.
    pub(super) fn readers_of_main(&self) -> &'static [&'static str] {
        if self.span_metrics.is_some() && self.tail.is_none() { &[SPAN_METRICS] } else { &[] }
    }

    /// Applies what a reload may change.
    pub(super) fn apply(&self, config: &Config, budget: &Budget, intake: IntakeSettings) {
        let Some(tail) = &self.tail else { return };
        if let Some(tail_sampling) = &config.tail_sampling {
            tail.tail_sampling.apply(&within(tail_sampling, budget));
        }
        tail.undecided.intake.set(intake);
    }

    /// Once a second: what depends on time.
    pub(super) fn watch(&self, readiness: &weir_telemetry::Readiness) {
        let Some(Tail { undecided, spool_bytes, .. }) = &self.tail else { return };
        let stats = undecided.spool.stats();
        let bytes: u64 = stats.signals.iter().map(|signal| signal.bytes).sum();
        spool_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        watch::readiness(readiness, "undecided", &stats, &undecided.spool);
    }

    /// Decides over nothing more. What is undecided stays in its spool; what was counted is sent.
    pub(super) async fn stop(self) -> Result<(), RunError> {
        if let Some(span_metrics) = self.span_metrics {
            span_metrics.stop().await;
        }
        let Some(tail) = self.tail else { return Ok(()) };
        tail.undecided.intake.close();
        tail.tail_sampling.stop().await;
        Ok(tail.undecided.spool.flush().await?)
    }
}

impl Tail {
    fn start(
        config: &Config,
        sampling: &TailSamplingConfig,
        undecided: Undecided,
        behind: &Behind<'_>,
    ) -> Result<Self, RunError> {
        let gauge = |name: &str, help: &str| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::new(name, help)?;
            behind.registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let spool_bytes =
            gauge("weir_tail_sampling_spool_bytes", "Bytes that undecided traces take on disk.")?;
        gauge("weir_tail_sampling_spool_bytes_max", "Bytes that undecided traces may take on disk.")?
            .set(i64::try_from(undecided.spool.stats().bytes_max).unwrap_or(i64::MAX));
        let parts = TailSamplingParts {
            undecided: undecided.spool.subscribe(Signal::Traces, TAIL_SAMPLING)?,
            undecided_end: undecided.spool.end(Signal::Traces),
            undecided_ledger: undecided.ledger.clone(),
            exporter: TAIL_SAMPLING,
            intake: behind.intake.clone(),
            spool: behind.spool,
            ledger: behind.ledger.clone(),
            folder: config.spool.path.join("tail_sampling"),
            registry: behind.registry,
        };
        let tail_sampling = TailSampling::start(sampling, parts)?;
        Ok(Self { undecided, spool_bytes, tail_sampling })
    }
}

/// Span metrics read what comes in, before it is sampled: undecided traces, or the main spool's where nothing is
/// undecided. Positions in one mean nothing in the other, so each has a checkpoint of its own.
fn start_span_metrics(
    config: &Config,
    undecided: Option<&Undecided>,
    behind: &Behind<'_>,
) -> Result<Option<SpanMetrics>, RunError> {
    let (spool, ledger, source) = match undecided {
        Some(undecided) => (&undecided.spool, &undecided.ledger, "undecided"),
        None => (behind.spool, behind.ledger, "spool"),
    };
    let Some(span_metrics) = &config.span_metrics else {
        // Nothing is to be kept for them any more.
        if undecided.is_some() {
            spool.remove_cursor(Signal::Traces, SPAN_METRICS)?;
        }
        return Ok(None);
    };
    let instance =
        span_metrics.instance.clone().unwrap_or_else(|| Identity::of(config).host_name().to_owned());
    let mut labels = config.global.external_labels.clone();
    labels.insert("instance".to_owned(), instance);
    let parts = SpanMetricsParts {
        spans: spool.subscribe(Signal::Traces, SPAN_METRICS)?,
        spans_end: spool.end(Signal::Traces),
        spans_ledger: ledger.clone(),
        exporter: SPAN_METRICS,
        intake: behind.intake.clone(),
        ledger: behind.ledger.clone(),
        labels,
        folder: config.spool.path.join("span_metrics").join(source),
        registry: behind.registry,
    };
    Ok(Some(SpanMetrics::start(span_metrics, parts)?))
}

/// The settings, with the memory that is there.
fn within(config: &TailSamplingConfig, budget: &Budget) -> TailSamplingConfig {
    let undecided_bytes_max = config.undecided_bytes_max.min(budget.undecided);
    TailSamplingConfig { undecided_bytes_max, ..config.clone() }
}
