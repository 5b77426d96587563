//! What each receiver brings in: bytes, and log records by severity.

use std::sync::Arc;

use prometheus::{IntCounter, IntCounterVec, Opts, Registry};
use weir_model::{Level, Receiver, Signal};
use weir_proto::otlp::logs::SeveritiesView;
use weir_proto::wire::WireError;

/// The label of records that do not tell their severity.
const UNSPECIFIED: &str = "unspecified";

/// Counts what the spool has taken. Clones share the counters.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    bytes: IntCounterVec,
    log_records: IntCounterVec,
    counters: Arc<Counters>,
}

#[derive(Debug)]
struct Counters {
    /// By signal and receiver; none where a receiver cannot bring in a signal.
    bytes: [[Option<IntCounter>; Receiver::ALL.len()]; 3],
    /// By receiver and level; none where a receiver brings in no logs.
    log_records: [Option<[IntCounter; Level::ALL.len()]>; Receiver::ALL.len()],
}

impl Received {
    pub(crate) fn new() -> Self {
        let family = |name: &str, help: &str, labels: &[&str]| {
            IntCounterVec::new(Opts::new(name, help), labels)
                .expect("the name and labels are constants of valid form")
        };
        let bytes = family(
            "weir_received_bytes_total",
            "Bytes taken into the spool, as it holds them.",
            &["signal", "receiver"],
        );
        let log_records = family(
            "weir_log_records_total",
            "Log records taken into the spool, by severity.",
            &["receiver", "severity"],
        );
        let counters = Counters {
            bytes: Signal::ALL.map(|signal| {
                Receiver::ALL.map(|receiver| {
                    let labels = [signal.as_str(), receiver.as_str()];
                    receiver.brings(signal).then(|| bytes.with_label_values(&labels))
                })
            }),
            log_records: Receiver::ALL.map(|receiver| {
                let counter = |level: Level| {
                    let severity = level.name().unwrap_or(UNSPECIFIED);
                    log_records.with_label_values(&[receiver.as_str(), severity])
                };
                receiver.brings(Signal::Logs).then(|| Level::ALL.map(counter))
            }),
        };
        Self { bytes, log_records, counters: Arc::new(counters) }
    }

    /// Registers the counters.
    pub(crate) fn register(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        registry.register(Box::new(self.bytes.clone()))?;
        registry.register(Box::new(self.log_records.clone()))
    }

    /// The spool has taken `payload`.
    pub(crate) fn add(&self, signal: Signal, receiver: Receiver, payload: &[u8]) {
        if let Some(counter) = &self.counters.bytes[signal.index()][receiver.index()] {
            counter.inc_by(payload.len() as u64);
        }
        if let (Signal::Logs, Some(counters)) = (signal, &self.counters.log_records[receiver.index()]) {
            let mut counts = [0; Level::ALL.len()];
            // What is taken has been checked, or made here.
            let _ = count_levels(payload, &mut counts);
            for (counter, count) in counters.iter().zip(counts).filter(|(_, count)| *count > 0) {
                counter.inc_by(count);
            }
        }
    }

    pub(crate) fn bytes(&self, signal: Signal, receiver: Receiver) -> u64 {
        self.counters.bytes[signal.index()][receiver.index()].as_ref().map_or(0, IntCounter::get)
    }
}

/// Adds up the records of each level, in the order of [`Level::ALL`].
fn count_levels(request: &[u8], counts: &mut [u64; Level::ALL.len()]) -> Result<(), WireError> {
    for resource in SeveritiesView::new(request).resources() {
        for scope in resource?.scopes() {
            for record in scope?.records() {
                counts[Level::of(i64::from(record?)) as usize] += 1;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
