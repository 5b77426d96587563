//! The agent's wiring: receivers, intake, spool and exporters, put together as the configuration says.
//!
//! ```text
//! scrape, host_metrics, tail -> Intake::append ---+
//!                                                 +-> spool -> a delivery per exporter -> destination
//! otlp grpc, http -> Intake::traces, Intake::logs +
//! ```
//!
//! A reload is applied by difference: what did not change goes on, exporters that changed resume at their cursors, and
//! a configuration with mistakes changes nothing. A stop goes the way of the data: receivers first, then deliveries
//! until `shutdown_timeout`, then the spool; what is not delivered by then stays in it.

mod admin;
mod budget;
mod exporters;
mod host_metrics;
mod listeners;
mod loss_clock;
mod receivers;
mod sink;
mod watch;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use prometheus::Registry;
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tracing::{error, info, warn};
use weir_config::{Config, Durability, Loaded, WhenFull};
use weir_delivery::DeliveryMetrics;
use weir_intake::{Intake, IntakeSettings};
use weir_ledger::Ledger;
use weir_model::{Reason, Signal};
use weir_spool::{Spool, SpoolError, SpoolSettings};
use weir_telemetry::{Readiness, ReloadRequest};

use crate::cgroup::Limits;
use crate::identity::Identity;
use admin::AdminServer;
use budget::Budget;
use exporters::{Destination, Exporters};
use receivers::{Parts, Receivers};

pub use exporters::ExporterError;
pub use listeners::ListenError;
pub use receivers::ReceiverError;

/// How often a stop looks whether everything has been delivered.
const DRAIN_POLL: Duration = Duration::from_millis(20);

/// What `weir agent` runs with.
pub struct Options {
    /// The configuration to start with.
    pub loaded: Loaded,
    /// Reads the configuration again, flags applied; the mistakes as text.
    pub reload: Box<dyn Fn() -> Result<Loaded, String> + Send>,
    /// Whether everything is printed to standard output too.
    pub print: bool,
}

/// Why the agent did not start, or ended with a failure.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The spool cannot be opened.
    #[error("open the spool: {0}")]
    Spool(#[from] SpoolError),
    /// A destination cannot be set up.
    #[error(transparent)]
    Exporter(#[from] ExporterError),
    /// A receiver cannot be set up.
    #[error(transparent)]
    Receiver(#[from] ReceiverError),
    /// The own endpoints cannot be served.
    #[error("telemetry.listen: cannot listen on {address}: {source}; choose a free address or use --listen")]
    Telemetry {
        /// Where.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// A metric is registered twice.
    #[error("register metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// A signal handler cannot be installed.
    #[error("install a signal handler: {0}")]
    Signals(io::Error),
    /// Records were taken in that are neither delivered nor in the spool: dropped at the shutdown, or missing.
    #[error("{records} records were lost; the books are in the log")]
    Lost {
        /// How many.
        records: u64,
    },
}

/// Runs the agent until SIGTERM or SIGINT. Must run within a tokio runtime.
///
/// # Errors
/// What keeps it from starting, or records lost at the end; see [`RunError`].
pub async fn run(options: Options) -> Result<(), RunError> {
    let (reload, reloads) = mpsc::channel(1);
    let mut pipeline = Pipeline::start(options, reload).await?;
    let ended = pipeline.serve(reloads).await;
    pipeline.stop().await?;
    ended
}

/// A running agent.
struct Pipeline {
    options: Options,
    config: Config,
    ledger: Ledger,
    spool: Spool,
    intake: Intake,
    exporters: Exporters,
    receivers: Receivers,
    readiness: Readiness,
    admin: AdminServer,
}

impl Pipeline {
    async fn start(options: Options, reload: mpsc::Sender<ReloadRequest>) -> Result<Self, RunError> {
        let config = options.loaded.config.clone();
        let budget = Budget::of(&config, &Limits::read());
        let registry = Registry::new();
        let ledger = Ledger::new();
        let spool = Spool::open(spool_settings(&config, &budget), ledger.clone())?;
        let destinations = Destination::all(&config, options.print);
        let intake = Intake::new(intake_settings(&config, &destinations), spool.clone(), ledger.clone());
        let metrics = DeliveryMetrics::register(&registry)?;
        let dead_letters = config.spool.path.join("dead-letters");
        let mut exporters = Exporters::new(spool.clone(), ledger.clone(), metrics, dead_letters);
        let readiness = Readiness::new();
        readiness.block("agent", "starting");
        let prepared = exporters.prepare(destinations)?;
        exporters.commit(prepared).await?;
        let parts = Parts { intake: &intake, spool: &spool, ledger: &ledger, registry: &registry };
        let receivers = Receivers::start(&config, &budget, parts).await?;
        let targets = receivers.targets();
        let sources = admin::Sources {
            ledger: &ledger,
            spool: &spool,
            registry,
            readiness: readiness.clone(),
            targets: Arc::new(move || targets.to_json()),
        };
        let admin = AdminServer::start(&config, &options.loaded.rendered, sources, reload).await?;
        exporters.forget()?;
        readiness.clear("agent");
        info!(telemetry = %admin.address(), "ready");
        Ok(Self { options, config, ledger, spool, intake, exporters, receivers, readiness, admin })
    }

    /// Reloads and watches until told to stop.
    async fn serve(&mut self, mut reloads: mpsc::Receiver<ReloadRequest>) -> Result<(), RunError> {
        let mut stop = StopSignals::install().map_err(RunError::Signals)?;
        let mut hang_up = signal(SignalKind::hangup()).map_err(RunError::Signals)?;
        let mut second = tokio::time::interval(Duration::from_secs(1));
        loop {
            let answer = tokio::select! {
                () = stop.recv() => return Ok(()),
                _ = second.tick() => {
                    self.watch();
                    continue;
                }
                _ = hang_up.recv() => None,
                Some(answer) = reloads.recv() => Some(answer),
            };
            let intake = self.intake.clone();
            let mut reload = pin!(self.reload());
            let (outcome, stopping) = tokio::select! {
                outcome = &mut reload => (outcome, false),
                () = stop.recv() => {
                    // A receiver that waits for room holds up its own replacement: now it waits no more.
                    intake.close();
                    (reload.await, true)
                }
            };
            // A client that has gone away does not want to know.
            let _ = answer.map(|answer| answer.send(outcome));
            if stopping {
                return Ok(());
            }
        }
    }

    /// Once a second: what `/readyz` and the gauges say.
    fn watch(&self) {
        watch::readiness(&self.readiness, &self.spool.stats(), &self.spool);
        self.admin.watch(&self.exporters.statuses(), &self.spool.stats(), &self.config);
    }

    async fn reload(&mut self) -> Result<(), String> {
        let outcome = self.try_reload().await;
        match &outcome {
            Ok(()) => info!("configuration reloaded"),
            Err(error) => error!(%error, "configuration not reloaded"),
        }
        self.admin.count_reload(outcome.is_ok());
        outcome
    }

    async fn try_reload(&mut self) -> Result<(), String> {
        let loaded = (self.options.reload)()?;
        let config = loaded.config.clone();
        refuse_what_needs_a_restart(&self.config, &config)?;
        if let Err(error) = self.apply(&config).await {
            // What was changed before the error is changed back, so that what runs is one configuration.
            let old = self.config.clone();
            if let Err(error) = self.apply(&old).await {
                error!(%error, "the configuration before cannot be applied again");
            }
            return Err(error.to_string());
        }
        self.admin.show_config(loaded.rendered);
        self.config = config;
        self.exporters.forget().map_err(|error| error.to_string())
    }

    /// Receivers first: they fail more easily (an address in use) and lose nothing when they are changed back.
    async fn apply(&mut self, config: &Config) -> Result<(), RunError> {
        let destinations = Destination::all(config, self.options.print);
        let intake = intake_settings(config, &destinations);
        let prepared = self.exporters.prepare(destinations)?;
        self.receivers.apply(config).await?;
        for name in self.exporters.commit(prepared).await? {
            self.admin.forget_exporter(&name);
        }
        self.intake.set(intake);
        Ok(())
    }

    async fn stop(self) -> Result<(), RunError> {
        let Self { config, ledger, spool, intake, mut exporters, receivers, readiness, admin, .. } = self;
        info!(timeout = ?config.shutdown_timeout, "stopping");
        readiness.block("agent", "stopping");
        let deadline = Instant::now() + config.shutdown_timeout;
        intake.close();
        receivers.stop(deadline).await;
        drain(&exporters, &ledger, deadline).await;
        exporters.stop(deadline).await;
        let flushed = spool.flush().await;
        admin.stop().await;
        flushed?;
        close_books(&ledger)
    }
}

/// The signals that end the agent.
struct StopSignals {
    terminate: Signals,
    interrupt: Signals,
}

impl StopSignals {
    fn install() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn recv(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Waits until all is delivered, as long as someone still takes it.
async fn drain(exporters: &Exporters, ledger: &Ledger, deadline: Instant) {
    while Instant::now() < deadline && is_draining(exporters, ledger) {
        sleep_until(deadline.min(Instant::now() + DRAIN_POLL)).await;
    }
}

fn is_draining(exporters: &Exporters, ledger: &Ledger) -> bool {
    let statuses = exporters.statuses();
    let is_stuck =
        |name: &str| statuses.iter().any(|it| it.name == name && it.status.retrying_since.is_some());
    let snapshot = ledger.snapshot();
    let mut accounts = snapshot.signals.iter().flat_map(|signal| &signal.exporters);
    accounts.any(|account| account.held > 0 && !is_stuck(&account.name))
}

/// The last look at the books: everything is delivered, dropped for a reason, or in the spool.
fn close_books(ledger: &Ledger) -> Result<(), RunError> {
    let snapshot = ledger.snapshot();
    let mut lost = 0;
    for signal in &snapshot.signals {
        for account in &signal.exporters {
            let (delivered, dropped, held) = (account.delivered, account.dropped, account.held);
            info!(signal = %signal.signal, exporter = %account.name, delivered, dropped, held, "closing the books");
            if account.imbalance != 0 {
                error!(exporter = %account.name, imbalance = account.imbalance, "the books do not balance");
                lost += account.imbalance.unsigned_abs();
            }
        }
        let at_shutdown = signal.dropped.iter().filter(|(_, reason, _)| *reason == Reason::Shutdown);
        lost += at_shutdown.map(|(_, _, records)| records).sum::<u64>();
        if signal.pending > 0 {
            warn!(signal = %signal.signal, records = signal.pending, "records did not reach the spool");
            lost += signal.pending;
        }
    }
    if lost > 0 { Err(RunError::Lost { records: lost }) } else { Ok(()) }
}

fn spool_settings(config: &Config, budget: &Budget) -> SpoolSettings {
    let spool = &config.spool;
    SpoolSettings {
        path: spool_folder(config),
        bytes_max: spool.bytes_max,
        age_max: spool.age_max,
        power_loss: spool.durability == Durability::PowerLoss,
        drop_oldest: spool.when_full == WhenFull::DropOldest,
        memory_bytes_max: budget.spool_memory,
        in_flight_bytes_max: budget.spool_in_flight,
        ..SpoolSettings::default()
    }
}

fn spool_folder(config: &Config) -> PathBuf {
    config.spool.path.join("spool")
}

fn intake_settings(config: &Config, destinations: &[Destination]) -> IntakeSettings {
    IntakeSettings {
        resource: Identity::of(config).attributes(),
        correlation_keys: config.correlation_keys.clone(),
        traces_ratio: config.traces_ratio,
        logs_follow_traces: config.logs_follow_traces,
        has_exporter: Signal::ALL.map(|signal| destinations.iter().any(|it| it.signals().contains(&signal))),
    }
}

fn refuse_what_needs_a_restart(old: &Config, new: &Config) -> Result<(), String> {
    let changed = [
        ("spool", old.spool != new.spool),
        ("limits", old.limits != new.limits),
        ("telemetry", old.telemetry != new.telemetry),
    ];
    let keys: Vec<&str> = changed.into_iter().filter_map(|(key, changed)| changed.then_some(key)).collect();
    if keys.is_empty() {
        return Ok(());
    }
    Err(format!("{} cannot change while weir runs; restart it, or undo that change", keys.join(", ")))
}

#[cfg(test)]
mod tests;
