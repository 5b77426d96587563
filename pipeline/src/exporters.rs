//! The destinations: each with a cursor per signal and a delivery of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::info;
use weir_config::{Config, ElasticsearchConfig, OtlpExporterConfig, RemoteWriteConfig, without_userinfo};
use weir_delivery::{Delivery, DeliveryMetrics, Exporter, Settings, Status};
use weir_elasticsearch::Elasticsearch;
use weir_ledger::Ledger;
use weir_model::Signal;
use weir_otlp_exporter::OtlpExporter;
use weir_query_api::ExporterKind;
use weir_remote_write::RemoteWrite;
use weir_spool::{Reader, Spool, SpoolError};
use weir_store::Store;

use crate::print::Print;

/// The name of the embedded store among the exporters.
const STORE: &str = "store";
/// How long a request under way may take to end when its exporter is replaced.
const REPLACE_TIMEOUT: Duration = Duration::from_secs(10);

/// A destination of the configuration. Closed: a new kind is a new variant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Destination {
    RemoteWrite(RemoteWriteConfig),
    Elasticsearch(ElasticsearchConfig),
    Jaeger(OtlpExporterConfig),
    Forward(OtlpExporterConfig),
    /// Standard output, for a first look.
    Print,
    /// The embedded store of `weir dev`.
    Store,
}

/// Destinations that no configuration names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Built {
    pub(super) print: bool,
    pub(super) store: bool,
}

impl Destination {
    /// All destinations of a configuration, and those that are built in.
    pub(super) fn all(config: &Config, built: Built) -> Vec<Self> {
        let remote_write = config.remote_write.iter().cloned().map(Self::RemoteWrite);
        let elasticsearch = config.elasticsearch.iter().cloned().map(Self::Elasticsearch);
        let jaeger = config.jaeger.iter().cloned().map(Self::Jaeger);
        let forward = config.forward.iter().cloned().map(Self::Forward);
        let built = [built.print.then_some(Self::Print), built.store.then_some(Self::Store)];
        let otlp = jaeger.chain(forward);
        remote_write.chain(elasticsearch).chain(otlp).chain(built.into_iter().flatten()).collect()
    }

    fn name(&self) -> &str {
        match self {
            Self::RemoteWrite(config) => &config.name,
            Self::Elasticsearch(config) => &config.name,
            Self::Jaeger(config) | Self::Forward(config) => &config.name,
            Self::Print => "print",
            Self::Store => STORE,
        }
    }

    fn kind(&self) -> ExporterKind {
        match self {
            Self::RemoteWrite(_) => ExporterKind::RemoteWrite,
            Self::Elasticsearch(_) => ExporterKind::Elasticsearch,
            Self::Jaeger(_) => ExporterKind::Jaeger,
            Self::Forward(_) => ExporterKind::Forward,
            Self::Print => ExporterKind::Print,
            Self::Store => ExporterKind::Store,
        }
    }

    /// Where it is, for people.
    fn endpoint(&self) -> Option<String> {
        match self {
            Self::RemoteWrite(config) => Some(without_userinfo(&config.url)),
            Self::Elasticsearch(config) => config.urls.first().map(|url| without_userinfo(url)),
            Self::Jaeger(config) | Self::Forward(config) => Some(without_userinfo(&config.endpoint)),
            Self::Print | Self::Store => None,
        }
    }

    pub(super) fn signals(&self) -> Vec<Signal> {
        match self {
            Self::RemoteWrite(_) => vec![Signal::Metrics],
            Self::Elasticsearch(_) => vec![Signal::Logs],
            Self::Jaeger(config) | Self::Forward(config) => config.signals.clone(),
            Self::Print | Self::Store => Signal::ALL.to_vec(),
        }
    }
}

/// A destination that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ExporterError {
    /// Its settings do not make a client.
    #[error("exporter {name}: {cause}")]
    Build {
        /// Its name.
        name: String,
        /// What is wrong.
        cause: String,
    },
    /// Its cursor cannot be opened.
    #[error("exporter {name}: {source}")]
    Cursor {
        /// Its name.
        name: String,
        /// The cause.
        source: SpoolError,
    },
}

/// Starts the delivery of one destination once its readers are there.
type Start = Box<dyn FnOnce(Vec<(Signal, Reader)>, Ledger, DeliveryMetrics) -> Delivery + Send>;

/// Destinations that can be committed.
pub(super) struct Prepared {
    wanted: Vec<Destination>,
    built: Vec<(Destination, Start)>,
}

/// How an exporter fares.
pub(super) struct ExporterStatus {
    pub(super) name: String,
    pub(super) kind: ExporterKind,
    pub(super) endpoint: Option<String>,
    pub(super) signals: Vec<Signal>,
    pub(super) status: Status,
    /// Seconds until records held for it are dropped or new ones refused, as things stand; infinite when that is not
    /// in sight.
    pub(super) time_to_loss: f64,
}

struct Running {
    destination: Destination,
    delivery: Delivery,
}

/// The destinations that run.
pub(super) struct Exporters {
    spool: Spool,
    ledger: Ledger,
    metrics: DeliveryMetrics,
    dead_letters: PathBuf,
    store: Option<Store>,
    running: BTreeMap<String, Running>,
}

impl Exporters {
    /// Nothing runs yet. [`Destination::Store`] is `store`.
    pub(super) fn new(
        spool: Spool,
        ledger: Ledger,
        metrics: DeliveryMetrics,
        dead_letters: PathBuf,
        store: Option<Store>,
    ) -> Self {
        Self { spool, ledger, metrics, dead_letters, store, running: BTreeMap::new() }
    }

    /// Builds the clients of destinations that are new or changed. Nothing that runs is touched.
    pub(super) fn prepare(&self, wanted: Vec<Destination>) -> Result<Prepared, ExporterError> {
        let changed = wanted.iter().filter(|&destination| !self.runs(destination));
        let built: Result<_, ExporterError> =
            changed.map(|destination| Ok((destination.clone(), self.build(destination)?))).collect();
        Ok(Prepared { built: built?, wanted })
    }

    /// Makes what runs what was prepared. A destination that did not change goes on, one that changed resumes at its
    /// cursor. One that is gone ends, and its name is returned; its cursor stays until [`Exporters::forget`].
    pub(super) async fn commit(&mut self, prepared: Prepared) -> Result<Vec<String>, ExporterError> {
        let deadline = Instant::now() + REPLACE_TIMEOUT;
        let mut gone = Vec::new();
        for (name, running) in std::mem::take(&mut self.running) {
            if prepared.wanted.contains(&running.destination) {
                self.running.insert(name, running);
            } else {
                running.delivery.stop(deadline).await;
                gone.push(name);
            }
        }
        for (destination, start) in prepared.built {
            self.start(destination, start)?;
        }
        gone.retain(|name| !self.running.contains_key(name));
        Ok(gone)
    }

    fn runs(&self, destination: &Destination) -> bool {
        self.running.get(destination.name()).is_some_and(|running| running.destination == *destination)
    }

    fn build(&self, destination: &Destination) -> Result<Start, ExporterError> {
        let failed = |cause: String| ExporterError::Build { name: destination.name().to_owned(), cause };
        Ok(match destination {
            Destination::RemoteWrite(config) => {
                let exporter = RemoteWrite::new(config).map_err(|error| failed(error.to_string()))?;
                starter(exporter, RemoteWrite::settings(config))
            }
            Destination::Elasticsearch(config) => {
                let exporter = Elasticsearch::new(config, &self.dead_letters)
                    .map_err(|error| failed(error.to_string()))?;
                starter(exporter, Elasticsearch::settings(config))
            }
            Destination::Jaeger(config) | Destination::Forward(config) => {
                let exporter = OtlpExporter::new(config).map_err(|error| failed(error.to_string()))?;
                starter(exporter, weir_otlp_exporter::settings(config))
            }
            Destination::Print => starter(Print, Print::settings()),
            Destination::Store => {
                let store = self.store.clone().ok_or_else(|| failed("there is no store".to_owned()))?;
                starter(store, Store::delivery_settings(STORE))
            }
        })
    }

    fn start(&mut self, destination: Destination, start: Start) -> Result<(), ExporterError> {
        let name = destination.name().to_owned();
        let readers: Result<Vec<_>, _> = destination
            .signals()
            .into_iter()
            .map(|signal| Ok((signal, self.spool.subscribe(signal, &name)?)))
            .collect();
        let readers = readers.map_err(|source| ExporterError::Cursor { name: name.clone(), source })?;
        let held: u64 = readers.iter().map(|(_, reader)| reader.held_records()).sum();
        info!(exporter = %name, held, "delivering");
        let delivery = start(readers, self.ledger.clone(), self.metrics.clone());
        self.running.insert(name, Running { destination, delivery });
        Ok(())
    }

    /// Removes the cursors of exporters that do not run, so that nothing is kept for them. What they still held is
    /// counted as dropped: to be called once nothing can change back. The cursors of `others` stay.
    pub(super) fn forget(&self, others: &[&str]) -> Result<(), ExporterError> {
        for signal in Signal::ALL {
            for name in self.spool.cursors(signal) {
                let running = self.running.get(&name);
                let is_wanted = running.is_some_and(|it| it.destination.signals().contains(&signal));
                if !is_wanted && !others.contains(&name.as_str()) {
                    info!(exporter = %name, %signal, "the configuration no longer names this exporter: forgetting its cursor");
                    let forgotten = self.spool.remove_cursor(signal, &name);
                    forgotten.map_err(|source| ExporterError::Cursor { name, source })?;
                }
            }
        }
        Ok(())
    }

    /// How each fares; the time to loss is not known here.
    pub(super) fn statuses(&self) -> Vec<ExporterStatus> {
        let status = |(name, running): (&String, &Running)| ExporterStatus {
            name: name.clone(),
            kind: running.destination.kind(),
            endpoint: running.destination.endpoint(),
            signals: running.destination.signals(),
            status: running.delivery.status(),
            time_to_loss: f64::INFINITY,
        };
        self.running.iter().map(status).collect()
    }

    /// Ends every delivery; what is not delivered by `deadline` stays in the spool.
    pub(super) async fn stop(&mut self, deadline: Instant) {
        for (_, running) in std::mem::take(&mut self.running) {
            running.delivery.stop(deadline).await;
        }
    }
}

fn starter<E: Exporter>(exporter: E, settings: Settings) -> Start {
    Box::new(move |readers, ledger, metrics| {
        weir_delivery::start(Arc::new(exporter), settings, readers, ledger, metrics)
    })
}
