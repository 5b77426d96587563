//! What a collector has between its listeners and the main spool: the spool of undecided traces and its readers.

use std::path::PathBuf;

use prometheus::{IntGauge, Registry};
use weir_collector::{TailSampling, TailSamplingParts};
use weir_config::Config;
use weir_intake::{Intake, IntakeSettings};
use weir_ledger::Ledger;
use weir_model::Signal;
use weir_spool::{Spool, SpoolSettings};

use super::budget::Budget;
use super::settings::spool_settings;
use super::{RunError, watch};

/// The name under which tail sampling reads the spool of undecided traces.
pub(super) const TAIL_SAMPLING: &str = "tail_sampling";
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

/// The running readers of undecided traces.
pub(super) struct Tier {
    pub(super) undecided: Undecided,
    spool_bytes: IntGauge,
    tail_sampling: TailSampling,
}

/// Where the tier's work goes.
pub(super) struct Behind<'a> {
    pub(super) intake: &'a Intake,
    pub(super) spool: &'a Spool,
    pub(super) ledger: &'a Ledger,
    pub(super) registry: &'a Registry,
}

impl Tier {
    /// Starts what reads undecided traces.
    pub(super) fn start(
        config: &Config,
        budget: &Budget,
        undecided: Undecided,
        behind: &Behind<'_>,
    ) -> Result<Option<Self>, RunError> {
        let Some(tail_sampling) = config.tail_sampling.as_ref() else { return Ok(None) };
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
            undecided_ledger: undecided.ledger.clone(),
            exporter: TAIL_SAMPLING,
            intake: behind.intake.clone(),
            spool: behind.spool,
            ledger: behind.ledger.clone(),
            folder: config.spool.path.join("tail_sampling"),
            registry: behind.registry,
        };
        let tail_sampling = TailSampling::start(&within(tail_sampling, budget), parts)?;
        Ok(Some(Self { undecided, spool_bytes, tail_sampling }))
    }

    /// Applies what a reload may change.
    pub(super) fn apply(&self, config: &Config, budget: &Budget, intake: IntakeSettings) {
        if let Some(tail_sampling) = &config.tail_sampling {
            self.tail_sampling.apply(&within(tail_sampling, budget));
        }
        self.undecided.intake.set(intake);
    }

    /// What `/readyz` says of undecided traces.
    pub(super) fn watch(&self, readiness: &weir_telemetry::Readiness) {
        let stats = self.undecided.spool.stats();
        let bytes: u64 = stats.signals.iter().map(|signal| signal.bytes).sum();
        self.spool_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        watch::readiness(readiness, "undecided", &stats, &self.undecided.spool);
    }

    /// Decides over nothing more. What is undecided stays in its spool.
    pub(super) async fn stop(self) -> Result<(), RunError> {
        self.undecided.intake.close();
        self.tail_sampling.stop().await;
        Ok(self.undecided.spool.flush().await?)
    }
}

/// The settings, with the memory that is there.
fn within(config: &weir_config::TailSamplingConfig, budget: &Budget) -> weir_config::TailSamplingConfig {
    let undecided_bytes_max = config.undecided_bytes_max.min(budget.undecided);
    weir_config::TailSamplingConfig { undecided_bytes_max, ..config.clone() }
}
