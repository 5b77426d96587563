//! The tasks of one exporter.

use std::sync::Arc;

use tokio::time::Instant;
use weir_ledger::Ledger;
use weir_model::Signal;
use weir_spool::Reader;

use crate::{DeliveryMetrics, Exporter, Settings, Status};

/// The tasks of one exporter over its signals.
#[derive(Debug)]
pub struct Delivery {}

/// Starts to deliver what `readers` hold. Must be called within a runtime.
pub fn start<E: Exporter>(
    exporter: Arc<E>,
    settings: Settings,
    readers: Vec<(Signal, Reader)>,
    ledger: Ledger,
    metrics: DeliveryMetrics,
) -> Delivery {
    let _ = (exporter, settings, readers, ledger, metrics);
    panic!("not built yet")
}

impl Delivery {
    /// Takes no more, lets the attempts under way end until `deadline`, and gives the rest back to the spool.
    pub async fn stop(self, deadline: Instant) {
        let _ = deadline;
        panic!("not built yet")
    }

    /// How the exporter fares.
    pub fn status(&self) -> Status {
        panic!("not built yet")
    }
}
