//! What the console is told about the running pipeline.

mod history;
mod parts;
mod targets;

use std::net::SocketAddr;
use std::time::Instant;

use parking_lot::Mutex;
use weir_delivery::DeliveryMetrics;
use weir_intake::Intake;
use weir_ledger::Ledger;
use weir_model::{Receiver, Signal};
use weir_query_api::{Input, InputKind, Running};
use weir_spool::{Spool, SpoolStats};
use weir_telemetry::Readiness;

use super::exporters::ExporterStatus;
use history::{Counts, History};
use weir_agent::scrape::Targets;

/// Where everything is known.
pub(super) struct Sources {
    pub(super) ledger: Ledger,
    pub(super) spool: Spool,
    pub(super) intake: Intake,
    pub(super) delivery: DeliveryMetrics,
    pub(super) readiness: Readiness,
    pub(super) targets: Targets,
    /// Ways to send weir something, besides OTLP.
    pub(super) inputs: Vec<Input>,
}

/// A receiver that is on, and where it listens.
pub(super) type RunningReceiver = (Receiver, Option<SocketAddr>);

/// The pipeline as it was seen last, at most a second ago.
pub(super) struct Overview {
    sources: Sources,
    seen: Mutex<Seen>,
}

struct Seen {
    history: History,
    exporters: Vec<ExporterStatus>,
    spool: SpoolStats,
    receivers: Vec<RunningReceiver>,
}

impl Overview {
    /// Nothing is seen yet.
    pub(super) fn new(sources: Sources, receivers: Vec<RunningReceiver>) -> Self {
        let history = History::new(counts(&sources, &[]));
        let spool = sources.spool.stats();
        Self { sources, seen: Mutex::new(Seen { history, exporters: Vec::new(), spool, receivers }) }
    }

    /// Takes note of everything; once a second.
    pub(super) fn observe(
        &self,
        exporters: Vec<ExporterStatus>,
        spool: SpoolStats,
        receivers: Vec<RunningReceiver>,
    ) {
        let counts = counts(&self.sources, &exporters);
        let mut seen = self.seen.lock();
        seen.history.push(counts);
        (seen.exporters, seen.spool, seen.receivers) = (exporters, spool, receivers);
    }
}

impl Running for Overview {
    fn inputs(&self) -> Vec<Input> {
        let receivers = self.seen.lock().receivers.clone();
        let otlp = receivers.into_iter().filter_map(|(receiver, address)| otlp_input(receiver, address?));
        otlp.chain(self.sources.inputs.iter().cloned()).collect()
    }

    fn targets(&self) -> weir_query_api::Targets {
        targets::list(&self.sources.targets)
    }

    fn relabelling(&self, id: &str) -> Option<weir_query_api::Relabelling> {
        targets::relabelling(&self.sources.targets, id)
    }

    fn pipeline(&self) -> weir_query_api::Pipeline {
        parts::pipeline(&self.seen.lock(), self.sources.readiness.reasons())
    }

    fn ledger(&self) -> weir_query_api::Ledger {
        parts::ledger(&self.sources.ledger.snapshot())
    }
}

fn counts(sources: &Sources, exporters: &[ExporterStatus]) -> Counts {
    let delivered = exporters.iter().flat_map(|exporter| {
        let of =
            |&signal| ((signal, exporter.name.clone()), sources.delivery.delivered(signal, &exporter.name));
        exporter.signals.iter().map(of)
    });
    let received_bytes =
        |signal| Receiver::ALL.map(|receiver| sources.intake.received_bytes(signal, receiver));
    Counts {
        delivered: delivered.collect(),
        received_bytes: Signal::ALL.map(received_bytes),
        books: sources.ledger.snapshot(),
        at: Instant::now(),
    }
}

fn otlp_input(receiver: Receiver, address: SocketAddr) -> Option<Input> {
    let (kind, protocol) = match receiver {
        Receiver::OtlpGrpc => (InputKind::OtlpGrpc, "grpc"),
        Receiver::OtlpHttp => (InputKind::OtlpHttp, "http/protobuf"),
        _ => return None,
    };
    let example =
        format!("export OTEL_EXPORTER_OTLP_ENDPOINT=http://{address} OTEL_EXPORTER_OTLP_PROTOCOL={protocol}");
    Some(Input { kind, address: Some(address), example })
}
