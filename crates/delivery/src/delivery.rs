//! The tasks of one exporter.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use weir_ledger::Ledger;
use weir_model::Signal;
use weir_spool::Reader;

use crate::encoding::EncodingCost;
use crate::gate::Gate;
use crate::lane::Lane;
use crate::request::Context;
use crate::status::Health;
use crate::window::Window;
use crate::{DeliveryMetrics, Exporter, Settings, Status};

/// The tasks of one exporter over its signals. Dropping it aborts them; what is not settled goes back to the spool.
#[derive(Debug)]
pub struct Delivery {
    stop: watch::Sender<Option<Instant>>,
    lanes: JoinSet<()>,
    health: Arc<Health>,
}

/// Starts to deliver what `readers` hold. Must be called within a runtime that has time and a blocking pool.
pub fn start<E: Exporter>(
    exporter: Arc<E>,
    settings: Settings,
    readers: Vec<(Signal, Reader)>,
    ledger: Ledger,
    metrics: DeliveryMetrics,
) -> Delivery {
    let (stop, stopped) = watch::channel(None);
    let health = Arc::new(Health::new(&settings.exporter));
    let settings = Arc::new(settings);
    let gate = Arc::new(Gate::default());
    let mut lanes = JoinSet::new();
    for (signal, reader) in readers {
        let context = Context {
            exporter: Arc::clone(&exporter),
            settings: Arc::clone(&settings),
            age_max: reader.age_max(),
            gate: Arc::clone(&gate),
            health: Arc::clone(&health),
            window: Window::new(settings.requests_max),
            cost: EncodingCost::default(),
            metrics: metrics.of(signal, &settings.exporter),
        };
        lanes.spawn(Lane::new(signal, reader, ledger.clone(), context, stopped.clone()).run());
    }
    Delivery { stop, lanes, health }
}

impl Delivery {
    /// Takes no more, lets the attempts under way end until `deadline`, and gives the rest back to the spool.
    ///
    /// Requests that wait for their next attempt are given back at once: the spool keeps them. A panic of the exporter
    /// is passed on.
    pub async fn stop(mut self, deadline: Instant) {
        self.stop.send_replace(Some(deadline));
        while let Some(ended) = self.lanes.join_next().await {
            if let Err(error) = ended {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    }

    /// How the exporter fares.
    pub fn status(&self) -> Status {
        self.health.status()
    }
}
