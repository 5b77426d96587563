//! The loop that reads the node's own metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use prometheus::{IntCounterVec, Opts, Registry};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};
use weir_config::{Config, HostMetricsConfig};
use weir_intake::Intake;
use weir_ledger::Ledger;
use weir_model::{Reason, Receiver, Signal};

use crate::host::collect;
use crate::identity::Identity;
use crate::scrape::LocalTarget;

/// The job under which the node's metrics appear, as node_exporter's do by custom.
const JOB: &str = "node";

/// What a loop was started with.
#[derive(Clone, Debug, PartialEq)]
struct Settings {
    config: HostMetricsConfig,
    host_name: String,
    common_labels: BTreeMap<String, String>,
}

struct Running {
    settings: Settings,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// The receiver of the node's own metrics.
pub struct HostMetrics {
    intake: Intake,
    ledger: Ledger,
    failures: IntCounterVec,
    running: Option<Running>,
}

impl HostMetrics {
    /// Nothing runs yet.
    pub fn new(intake: Intake, ledger: Ledger, registry: &Registry) -> Result<Self, prometheus::Error> {
        let options = Opts::new("weir_host_metrics_failures_total", "Readings of a collector that failed.");
        let failures = IntCounterVec::new(options, &["collector"])?;
        registry.register(Box::new(failures.clone()))?;
        Ok(Self { intake, ledger, failures, running: None })
    }

    /// Makes what runs what `config` says.
    pub async fn apply(&mut self, config: &Config) {
        let wanted = config.host_metrics.clone().map(|host| Settings::of(host, config));
        if self.running.as_ref().map(|running| &running.settings) == wanted.as_ref() {
            return;
        }
        self.stop().await;
        self.running = wanted.map(|settings| self.start(settings));
    }

    fn start(&self, settings: Settings) -> Running {
        let stop = CancellationToken::new();
        let labels = [("instance", settings.host_name.as_str()), ("job", JOB)];
        let target = LocalTarget::new(&labels, settings.common_labels.clone(), Receiver::HostMetrics);
        let reading = Reading {
            config: settings.config.clone(),
            target,
            page: String::new(),
            intake: self.intake.clone(),
            ledger: self.ledger.clone(),
            failures: self.failures.clone(),
            failing: BTreeSet::new(),
        };
        let task = tokio::spawn(reading.run(stop.clone()));
        Running { settings, stop, task }
    }

    /// Finishes the reading under way and ends.
    pub async fn stop(&mut self) {
        let Some(running) = self.running.take() else { return };
        running.stop.cancel();
        if let Err(error) = running.task.await {
            error!(%error, "host metrics failed");
        }
    }
}

impl Settings {
    /// External labels win over the node's identity, as they do for scraped series.
    fn of(host: HostMetricsConfig, config: &Config) -> Self {
        let identity = Identity::of(config);
        let mut common_labels = identity.labels();
        common_labels.extend(config.global.external_labels.clone());
        Self { config: host, host_name: identity.host_name().to_owned(), common_labels }
    }
}

struct Reading {
    config: HostMetricsConfig,
    target: LocalTarget,
    page: String,
    intake: Intake,
    ledger: Ledger,
    failures: IntCounterVec,
    /// Collectors whose last reading failed: told once per failure that begins.
    failing: BTreeSet<&'static str>,
}

impl Reading {
    async fn run(mut self, stop: CancellationToken) {
        let mut ticks = interval(self.config.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => self.read(&stop).await,
            }
        }
    }

    async fn read(&mut self, stop: &CancellationToken) {
        let began = Instant::now();
        let (config, mut page) = (self.config.clone(), std::mem::take(&mut self.page));
        let read = spawn_blocking(move || {
            let failures = collect(&config, &mut page);
            (page, failures)
        });
        // A dead network file system can hold up a reading for as long as it likes, but not the end of this loop.
        let (page, failures) = tokio::select! {
            Ok(read) = read => read,
            () = stop.cancelled() => return,
        };
        self.page = page;
        self.complain(&failures);
        self.append(began.elapsed(), stop).await;
    }

    fn complain(&mut self, failures: &[(&'static str, String)]) {
        for (collector, cause) in failures {
            self.failures.with_label_values(&[collector]).inc();
            if !self.failing.contains(collector) {
                warn!(collector, cause, "host metrics are incomplete");
            }
        }
        self.failing = failures.iter().map(|&(collector, _)| collector).collect();
    }

    async fn append(&mut self, took: Duration, stop: &CancellationToken) {
        let (batch, unreadable) = self.target.observe(self.page.as_bytes(), took, &self.ledger);
        if let Some(error) = unreadable {
            error!(error, "the page of host metrics cannot be read");
        }
        let records = u64::from(batch.records);
        if let Err(error) = self.intake.append_until(Receiver::HostMetrics, batch, stop).await {
            let component = Receiver::HostMetrics.as_str();
            self.ledger.drop_pending(Signal::Metrics, component, Reason::Shutdown, records);
            error!(%error, "host metrics were not taken");
        }
    }
}
