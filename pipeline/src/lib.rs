//! The wiring of agent, collector and `weir dev`: receivers, intake, spool and exporters, put together as the
//! configuration says.
//!
//! ```text
//! scrape, host_metrics, tail -> Intake::append ---+
//!                                                 +-> spool -> a delivery per exporter -> destination
//! otlp grpc, http, own -> Intake::traces, ::logs -+
//!                                                 |
//!   with tail sampling, traces: undecided spool --+
//! ```
//!
//! A reload is applied by difference: what did not change goes on, exporters that changed resume at their cursors, and
//! a configuration with mistakes changes nothing. A stop goes the way of the data: receivers first, then deliveries
//! until `shutdown_timeout`, then the spool; what is not delivered by then stays in it.

mod admin;
mod budget;
mod dev;
mod ending;
mod error;
mod exporters;
mod listeners;
mod loss_clock;
mod overview;
mod own;
mod print;
mod receivers;
mod settings;
mod sink;
mod stop_signals;
mod tier;
mod watch;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use prometheus::Registry;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::{error, info};
use weir_config::{Config, Loaded};
use weir_delivery::DeliveryMetrics;
use weir_intake::Intake;
use weir_ledger::Ledger;
use weir_model::Receiver;
use weir_query_api::Running;
use weir_spool::Spool;
use weir_store::Store;
use weir_telemetry::{Readiness, ReloadRequest};

use admin::AdminServer;
use budget::Budget;
use dev::Console;
use ending::{close_books, drain};
use exporters::{Built, Destination, Exporters};
use loss_clock::LossClock;
use overview::Overview;
use own::OwnRecords;
use receivers::{Parts, Receivers};
use settings::{
    intake_settings, refuse_other_program, refuse_what_needs_a_restart, spool_settings, undecided_settings,
};
use sink::IntakeSink;
use stop_signals::StopSignals;
use tier::{Behind, Tier, Undecided};
use weir_agent::cgroup::Limits;

pub use dev::{Dev, DevAddresses};
pub use error::RunError;
pub use exporters::ExporterError;
pub use listeners::ListenError;
pub use receivers::ReceiverError;

/// Which program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// On a node; `weir dev` is one, too.
    Agent,
    /// Behind the agents.
    Collector,
}

/// What a program runs with.
pub struct Options {
    /// Which one.
    pub program: Program,
    /// The configuration to start with.
    pub loaded: Loaded,
    /// Reads the configuration again, flags applied; the mistakes as text.
    pub reload: Box<dyn Fn() -> Result<Loaded, String> + Send>,
    /// Whether everything is printed to standard output too.
    pub print: bool,
    /// What `weir dev` adds.
    pub dev: Option<Dev>,
}

/// Runs a program until SIGTERM or SIGINT. Must run within a tokio runtime.
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

/// A running program.
struct Pipeline {
    reload: Box<dyn Fn() -> Result<Loaded, String> + Send>,
    program: Program,
    built: Built,
    budget: Budget,
    config: Config,
    ledger: Ledger,
    spool: Spool,
    intake: Intake,
    exporters: Exporters,
    receivers: Receivers,
    tier: Tier,
    readiness: Readiness,
    admin: AdminServer,
    clock: LossClock,
    local: Option<Local>,
}

/// What runs of `weir dev`.
struct Local {
    overview: Arc<Overview>,
    console: Console,
    own: OwnRecords,
}

impl Pipeline {
    async fn start(options: Options, reload: mpsc::Sender<ReloadRequest>) -> Result<Self, RunError> {
        let Options { program, loaded, reload: read_again, print, dev } = options;
        let config = loaded.config.clone();
        if dev.is_none() {
            refuse_other_program(program, &config).map_err(RunError::Program)?;
        }
        let budget = Budget::of(&config, &Limits::read());
        let registry = Registry::new();
        let built = Built { print, store: dev.is_some() };
        let destinations = Destination::all(&config, built);
        let settings = intake_settings(program, &config, &destinations);
        let undecided = Undecided::open(&config, &budget, undecided_settings(&settings))?;
        let ledger = undecided.as_ref().map_or_else(Ledger::new, |first| Ledger::behind(&first.ledger));
        let spool = Spool::open(spool_settings(&config, &budget), ledger.clone())?;
        let intake = Intake::new(settings, spool.clone(), ledger.clone());
        intake.register(&registry)?;
        let metrics = DeliveryMetrics::register(&registry)?;
        let store = dev.as_ref().map(|dev| Store::open(dev.store.clone(), &registry)).transpose()?;
        let dead_letters = config.spool.path.join("dead-letters");
        let mut exporters =
            Exporters::new(spool.clone(), ledger.clone(), metrics.clone(), dead_letters, store.clone());
        let readiness = Readiness::new();
        readiness.block("weir", "starting");
        let prepared = exporters.prepare(destinations)?;
        exporters.commit(prepared).await?;
        let behind = Behind { intake: &intake, spool: &spool, ledger: &ledger, registry: &registry };
        let tier = Tier::start(&config, &budget, undecided, &behind)?;
        let traces = tier.traces(&intake);
        let parts = Parts { intake: &intake, traces, spool: &spool, ledger: &ledger, registry: &registry };
        let receivers = Receivers::start(&config, &budget, parts).await?;
        let targets = receivers.targets();
        let sources = admin::Sources {
            ledger: &ledger,
            spool: &spool,
            registry,
            readiness: readiness.clone(),
            targets: Arc::new(move || targets.to_json()),
        };
        let admin = AdminServer::start(&config, &loaded.rendered, sources, reload).await?;
        exporters.forget(tier.readers_of_main())?;
        readiness.clear("weir");
        info!(telemetry = %admin.address(), "ready");
        let mut pipeline = Self {
            reload: read_again,
            program,
            built,
            budget,
            config,
            ledger,
            spool,
            intake,
            exporters,
            receivers,
            tier,
            readiness,
            admin,
            clock: LossClock::default(),
            local: None,
        };
        if let Some((dev, store)) = dev.zip(store) {
            pipeline.open_console(dev, store, metrics).await?;
        }
        Ok(pipeline)
    }

    /// What `weir dev` adds; everything else runs.
    async fn open_console(
        &mut self,
        dev: Dev,
        store: Store,
        delivery: DeliveryMetrics,
    ) -> Result<(), RunError> {
        let sources = overview::Sources {
            ledger: self.ledger.clone(),
            spool: self.spool.clone(),
            intake: self.intake.clone(),
            delivery,
            readiness: self.readiness.clone(),
            targets: self.receivers.targets(),
            inputs: dev.inputs,
        };
        let overview = Arc::new(Overview::new(sources, self.receivers.running(&self.config).collect()));
        let traces = self.tier.traces(&self.intake);
        let sink = IntakeSink { logs: self.intake.clone(), traces: traces.clone() };
        let own = OwnRecords::start(dev.own, sink);
        let running: Arc<dyn Running> = Arc::clone(&overview) as _;
        let console = Console::start(dev.console, dev.access, store, running).await?;
        let addresses = DevAddresses {
            console: console.address,
            telemetry: self.admin.address(),
            inputs: overview.inputs(),
        };
        self.local = Some(Local { overview, console, own });
        self.watch();
        (dev.on_ready)(&addresses);
        Ok(())
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

    /// Once a second: what `/readyz`, the gauges and the console say.
    fn watch(&mut self) {
        let stats = self.spool.stats();
        watch::readiness(&self.readiness, "spool", &stats, &self.spool);
        self.tier.watch(&self.readiness);
        let mut exporters = self.exporters.statuses();
        watch::times_to_loss(&mut self.clock, &mut exporters, &stats, &self.config);
        self.admin.show(&exporters, &stats);
        if let Some(local) = &self.local {
            let inner = self.tier.receivers().chain([Receiver::Own]).map(|receiver| (receiver, None));
            let receivers = self.receivers.running(&self.config).chain(inner).collect();
            local.overview.observe(exporters, stats, receivers);
        }
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
        let loaded = (self.reload)()?;
        let config = loaded.config.clone();
        refuse_what_needs_a_restart(&self.config, &config)?;
        if self.local.is_none() {
            refuse_other_program(self.program, &config)?;
        }
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
        self.exporters.forget(self.tier.readers_of_main()).map_err(|error| error.to_string())
    }

    /// Receivers first: they fail more easily (an address in use) and lose nothing when they are changed back.
    async fn apply(&mut self, config: &Config) -> Result<(), RunError> {
        let destinations = Destination::all(config, self.built);
        let intake = intake_settings(self.program, config, &destinations);
        let prepared = self.exporters.prepare(destinations)?;
        self.receivers.apply(config).await?;
        for name in self.exporters.commit(prepared).await? {
            self.admin.forget_exporter(&name);
        }
        self.tier.apply(config, &self.budget, undecided_settings(&intake));
        self.intake.set(intake);
        Ok(())
    }

    async fn stop(self) -> Result<(), RunError> {
        let Self {
            config,
            ledger,
            spool,
            intake,
            mut exporters,
            receivers,
            tier,
            readiness,
            admin,
            local,
            ..
        } = self;
        info!(timeout = ?config.shutdown_timeout, "stopping");
        readiness.block("weir", "stopping");
        let deadline = Instant::now() + config.shutdown_timeout;
        intake.close();
        receivers.stop(deadline).await;
        if let Some(Local { console, own, .. }) = local {
            own.stop().await;
            console.stop().await;
        }
        tier.stop().await?;
        drain(&exporters, &ledger, deadline).await;
        exporters.stop(deadline).await;
        let flushed = spool.flush().await;
        admin.stop().await;
        flushed?;
        close_books(&ledger)
    }
}

#[cfg(test)]
mod tests;
