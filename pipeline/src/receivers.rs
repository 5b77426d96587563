//! The receivers: started, changed and stopped as the configuration says.

use std::io;
use std::path::PathBuf;

use prometheus::Registry;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::warn;
use weir_config::Config;
use weir_intake::Intake;
use weir_kubernetes::{KubernetesMetrics, Pods};
use weir_ledger::Ledger;
use weir_model::Receiver;
use weir_otlp_receiver::OtlpMetrics;
use weir_spool::Spool;

use super::budget::Budget;
use super::listeners::{ListenError, Listeners};
use super::overview::RunningReceiver;
use super::sink::IntakeSink;
use weir_agent::host_metrics::HostMetrics;
use weir_agent::identity::Identity;
use weir_agent::journald::{Destination, Journald};
use weir_agent::scrape::{ScrapeError, ScrapeSettings, Scraper, Targets};
use weir_agent::tail::{SpoolSink, TailError, TailSettings, Tailer};

/// A receiver that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ReceiverError {
    /// Scraping.
    #[error("scrape_configs: {0}")]
    Scrape(#[from] ScrapeError),
    /// Tailing.
    #[error("logs: {0}")]
    Tail(#[from] TailError),
    /// An OTLP listener.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The folder for checkpoints.
    #[error("create {path}: {source}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// Everything that brings records in.
pub(super) struct Receivers {
    scraper: Scraper,
    tailer: Tailer,
    host_metrics: HostMetrics,
    journald: Journald,
    listeners: Listeners,
    stop: CancellationToken,
}

impl Receivers {
    /// Starts what the configuration names. When one cannot start, those before it end.
    pub(super) async fn start(
        config: &Config,
        budget: &Budget,
        parts: Parts<'_>,
    ) -> Result<Self, super::RunError> {
        let Parts { intake, traces, spool, ledger, registry } = parts;
        let stop = CancellationToken::new();
        let otlp_metrics = OtlpMetrics::register(registry)?;
        let sink = IntakeSink { logs: intake.clone(), traces: traces.clone() };
        let mut listeners = Listeners::new(sink, otlp_metrics, budget.otlp_in_flight);
        let kubernetes = KubernetesMetrics::register(registry)?;
        let scraper = Scraper::start(
            scrape_settings(config),
            intake.clone(),
            ledger.clone(),
            registry,
            kubernetes.clone(),
            stop.clone(),
        )
        .map_err(ReceiverError::from)?;
        let tail_settings = TailSettings {
            pods: config.kubernetes.clone().map(|config| Pods::start(config, kubernetes)),
            ..TailSettings::new(config.spool.path.join("tail"))
        };
        let sink = SpoolSink { intake: intake.clone(), spool: spool.clone() };
        let tailer = Tailer::start(&config.logs, tail_settings, sink, ledger.clone(), registry, stop.clone())
            .await
            .map_err(ReceiverError::from)?;
        let mut host_metrics = HostMetrics::new(intake.clone(), ledger.clone(), registry)?;
        host_metrics.apply(config).await;
        let destination =
            Destination { intake: intake.clone(), spool: spool.clone(), ledger: ledger.clone() };
        let mut journald = Journald::new(destination, config.spool.path.join("journald"), registry)?;
        journald.apply(config.journald.as_ref()).await;
        listeners.apply(&config.otlp).await.map_err(ReceiverError::from)?;
        Ok(Self { scraper, tailer, host_metrics, journald, listeners, stop })
    }

    /// The targets, for `/targets`.
    pub(super) fn targets(&self) -> Targets {
        self.scraper.targets()
    }

    /// Those that are on with `config`, each with where it listens.
    pub(super) fn running(&self, config: &Config) -> impl Iterator<Item = RunningReceiver> + use<> {
        let otlp = self.listeners.addresses();
        let on = [
            (Receiver::Scrape, !config.scrape_configs.is_empty(), None),
            (Receiver::HostMetrics, config.host_metrics.is_some(), None),
            (Receiver::Tail, !config.logs.is_empty(), None),
            (Receiver::Journald, config.journald.is_some(), None),
            (Receiver::OtlpGrpc, otlp.grpc.is_some(), otlp.grpc),
            (Receiver::OtlpHttp, otlp.http.is_some(), otlp.http),
        ];
        on.into_iter().filter(|(_, is_on, _)| *is_on).map(|(receiver, _, address)| (receiver, address))
    }

    /// Makes what runs what `config` says; what did not change goes on.
    pub(super) async fn apply(&mut self, config: &Config) -> Result<(), ReceiverError> {
        self.scraper.apply(scrape_settings(config)).await?;
        self.tailer.apply(&config.logs).await?;
        self.host_metrics.apply(config).await;
        self.journald.apply(config.journald.as_ref()).await;
        self.listeners.apply(&config.otlp).await?;
        Ok(())
    }

    /// Takes no more: open OTLP requests are answered, scrapes and reads under way are finished, checkpoints saved.
    pub(super) async fn stop(mut self, deadline: Instant) {
        self.stop.cancel();
        let ended = async {
            self.listeners.stop().await;
            self.host_metrics.stop().await;
            self.journald.stop().await;
            self.scraper.stop().await;
            self.tailer.stopped().await;
        };
        if timeout_at(deadline, ended).await.is_err() {
            warn!(
                "receivers did not end in time; their last batches are given up and will be read again where that is possible"
            );
        }
    }
}

/// What receivers need.
pub(super) struct Parts<'a> {
    pub(super) intake: &'a Intake,
    /// The way in for traces that are sent.
    pub(super) traces: &'a Intake,
    pub(super) spool: &'a Spool,
    pub(super) ledger: &'a Ledger,
    pub(super) registry: &'a Registry,
}

fn scrape_settings(config: &Config) -> ScrapeSettings {
    ScrapeSettings {
        jobs: config.scrape_configs.clone(),
        global: config.global.clone(),
        resource_labels: Identity::of(config).scrape_labels(),
    }
}
