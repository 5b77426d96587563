//! Weir's own endpoints and the gauges that the wiring alone knows.

use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use prometheus::{Gauge, GaugeVec, IntCounterVec, IntGauge, Opts, Registry};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::error;
use weir_config::Config;
use weir_ledger::Ledger;
use weir_model::{Signal, UnixNanos};
use weir_spool::{Spool, SpoolStats};
use weir_telemetry::{
    Admin, LedgerCollector, Readiness, ReloadRequest, SpoolCollector, SpoolSize, register_process_metrics,
    serve,
};

use super::RunError;
use super::exporters::ExporterStatus;

/// What the endpoints tell about.
pub(super) struct Sources<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) spool: &'a Spool,
    pub(super) registry: Registry,
    pub(super) readiness: Readiness,
    pub(super) targets: Arc<dyn Fn() -> serde_json::Value + Send + Sync>,
}

/// The server of the endpoints.
pub(super) struct AdminServer {
    address: SocketAddr,
    config_text: Arc<Mutex<String>>,
    gauges: Gauges,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

struct Gauges {
    time_to_loss: GaugeVec,
    retrying: GaugeVec,
    reloads: IntCounterVec,
    reload_successful: IntGauge,
    reload_time: Gauge,
    damaged_frames: IntCounterVec,
}

impl Gauges {
    fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauges = Self {
            time_to_loss: GaugeVec::new(
                Opts::new(
                    "weir_time_to_loss_seconds",
                    "Seconds until records held for the exporter are dropped or new ones refused, as things stand.",
                ),
                &["exporter"],
            )?,
            retrying: GaugeVec::new(
                Opts::new("weir_exporter_retrying", "1 while no request of the exporter gets through."),
                &["exporter"],
            )?,
            reloads: IntCounterVec::new(
                Opts::new("weir_config_reloads_total", "Reloads of the configuration by outcome."),
                &["outcome"],
            )?,
            reload_successful: IntGauge::new(
                "weir_config_last_reload_successful",
                "Whether the last reload of the configuration was applied.",
            )?,
            reload_time: Gauge::new(
                "weir_config_last_reload_success_timestamp_seconds",
                "When a configuration was last applied.",
            )?,
            damaged_frames: IntCounterVec::new(
                Opts::new(
                    "weir_spool_damaged_frames_total",
                    "Damaged places found in the spool, each skipped.",
                ),
                &["signal"],
            )?,
        };
        registry.register(Box::new(gauges.time_to_loss.clone()))?;
        registry.register(Box::new(gauges.retrying.clone()))?;
        registry.register(Box::new(gauges.reloads.clone()))?;
        registry.register(Box::new(gauges.reload_successful.clone()))?;
        registry.register(Box::new(gauges.reload_time.clone()))?;
        registry.register(Box::new(gauges.damaged_frames.clone()))?;
        gauges.reload_successful.set(1);
        gauges.reload_time.set(now_seconds());
        Ok(gauges)
    }
}

fn now_seconds() -> f64 {
    UnixNanos::now().0 as f64 / 1e9
}

impl AdminServer {
    /// Listens; the endpoints answer from here on, `/readyz` with what is still missing.
    pub(super) async fn start(
        config: &Config,
        config_text: &str,
        sources: Sources<'_>,
        reload: mpsc::Sender<ReloadRequest>,
    ) -> Result<Self, RunError> {
        register_process_metrics(&sources.registry)?;
        sources.registry.register(Box::new(LedgerCollector::new(sources.ledger.clone())))?;
        sources.registry.register(Box::new(spool_collector(sources.spool.clone())))?;
        let gauges = Gauges::register(&sources.registry)?;
        let failed = |source| RunError::Telemetry { address: config.telemetry.listen, source };
        let listener = TcpListener::bind(config.telemetry.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let config_text = Arc::new(Mutex::new(config_text.to_owned()));
        let shown = Arc::clone(&config_text);
        let admin = Admin {
            registry: sources.registry,
            readiness: sources.readiness,
            targets: sources.targets,
            config_text: Arc::new(move || shown.lock().clone()),
            reload,
        };
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let task = tokio::spawn(async move {
            if let Err(error) = serve(listener, admin, stopped).await {
                error!(%error, "telemetry endpoints ended");
            }
        });
        Ok(Self { address, config_text, gauges, stop, task })
    }

    /// Where the endpoints are.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What `/config` shows from now on.
    pub(super) fn show_config(&self, text: String) {
        *self.config_text.lock() = text;
    }

    pub(super) fn count_reload(&self, applied: bool) {
        let outcome = if applied { "applied" } else { "refused" };
        self.gauges.reloads.with_label_values(&[outcome]).inc();
        self.gauges.reload_successful.set(i64::from(applied));
        if applied {
            self.gauges.reload_time.set(now_seconds());
        }
    }

    /// Once a second: what depends on time.
    pub(super) fn show(&self, exporters: &[ExporterStatus], stats: &SpoolStats) {
        for exporter in exporters {
            let name = [exporter.name.as_str()];
            self.gauges.time_to_loss.with_label_values(&name).set(exporter.time_to_loss);
            let retrying = f64::from(u8::from(exporter.status.retrying_since.is_some()));
            self.gauges.retrying.with_label_values(&name).set(retrying);
        }
        for (signal, stats) in Signal::ALL.iter().zip(&stats.signals) {
            let counter = self.gauges.damaged_frames.with_label_values(&[signal.as_str()]);
            counter.inc_by(stats.damaged_frames.saturating_sub(counter.get()));
        }
    }

    /// An exporter is gone, and its gauges with it.
    pub(super) fn forget_exporter(&self, name: &str) {
        // Absent gauges are what is wanted.
        let _ = self.gauges.time_to_loss.remove_label_values(&[name]);
        let _ = self.gauges.retrying.remove_label_values(&[name]);
    }

    /// Answers open requests and ends.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            error!(%error, "telemetry endpoints failed");
        }
    }
}

fn spool_collector(spool: Spool) -> SpoolCollector {
    SpoolCollector::new(move || {
        let stats = spool.stats();
        let sizes = Signal::ALL.into_iter().zip(stats.signals);
        sizes.map(|(signal, of)| SpoolSize { signal, bytes: of.bytes, bytes_max: stats.bytes_max }).collect()
    })
}
