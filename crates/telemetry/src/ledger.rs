//! The ledger's books as metrics.

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounterVec, IntGaugeVec, Opts};
use weir_ledger::{Ledger, SignalSnapshot};

/// Turns a snapshot of the books into `weir_records_*` and `weir_ledger_imbalance`, so that every number of one
/// answer is of the same instant.
pub struct LedgerCollector {
    ledger: Ledger,
    descriptions: Vec<Desc>,
}

impl LedgerCollector {
    /// A collector of these books.
    pub fn new(ledger: Ledger) -> Self {
        let descriptions = Books::new().collectors().iter().flat_map(|each| each.desc()).cloned().collect();
        Self { ledger, descriptions }
    }
}

impl Collector for LedgerCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let books = Books::new();
        for signal in &self.ledger.snapshot().signals {
            books.enter(signal);
        }
        books.collectors().iter().flat_map(|each| each.collect()).collect()
    }
}

/// One set of metrics, filled from one snapshot.
struct Books {
    received: IntCounterVec,
    arriving: IntGaugeVec,
    dropped: IntCounterVec,
    delivered: IntCounterVec,
    deduplicated: IntCounterVec,
    recovered: IntCounterVec,
    held: IntGaugeVec,
    imbalance: IntGaugeVec,
}

impl Books {
    fn new() -> Self {
        let of_exporter = ["signal", "exporter"];
        Self {
            received: counter(
                "weir_records_received_total",
                "Records taken in for good; those whose sender was told to come back are not among them.",
                &["signal", "receiver"],
            ),
            arriving: gauge(
                "weir_records_arriving",
                "Records taken in that do not count as received yet, since their sender may be told to come back.",
                &["signal"],
            ),
            dropped: counter(
                "weir_records_dropped_total",
                "Records given up, by the component that did and why.",
                &["signal", "component", "reason"],
            ),
            delivered: counter(
                "weir_records_delivered_total",
                "Records that the exporter's destination has, those it already had included.",
                &of_exporter,
            ),
            deduplicated: counter(
                "weir_records_deduplicated_total",
                "Records delivered that the destination already had.",
                &of_exporter,
            ),
            recovered: counter(
                "weir_records_recovered_total",
                "Records that the spool already held for the exporter when its account was opened.",
                &of_exporter,
            ),
            held: gauge(
                "weir_records_held",
                "Records taken in that the exporter has neither delivered nor dropped yet.",
                &of_exporter,
            ),
            imbalance: gauge(
                "weir_ledger_imbalance",
                "Received + arriving + recovered - delivered - held - dropped, leaving out what was received before the \
                 exporter joined; anything but 0 is a bug in weir.",
                &of_exporter,
            ),
        }
    }

    fn enter(&self, books: &SignalSnapshot) {
        let signal = books.signal.as_str();
        for &(receiver, records) in &books.received {
            if records > 0 || (receiver.brings(books.signal) && !receiver.is_inner()) {
                self.received.with_label_values(&[signal, receiver.as_str()]).inc_by(records);
            }
        }
        let arriving = i64::try_from(books.arriving).unwrap_or(i64::MAX);
        self.arriving.with_label_values(&[signal]).set(arriving);
        for (component, reason, records) in &books.dropped {
            self.dropped.with_label_values(&[signal, component.as_str(), reason.as_str()]).inc_by(*records);
        }
        for exporter in &books.exporters {
            let labels = [signal, exporter.name.as_str()];
            self.delivered.with_label_values(&labels).inc_by(exporter.delivered);
            self.deduplicated.with_label_values(&labels).inc_by(exporter.deduplicated);
            self.recovered.with_label_values(&labels).inc_by(exporter.recovered);
            self.held.with_label_values(&labels).set(i64::try_from(exporter.held).unwrap_or(i64::MAX));
            self.imbalance.with_label_values(&labels).set(exporter.imbalance);
        }
    }

    fn collectors(&self) -> [&dyn Collector; 8] {
        [
            &self.received,
            &self.arriving,
            &self.dropped,
            &self.delivered,
            &self.deduplicated,
            &self.recovered,
            &self.held,
            &self.imbalance,
        ]
    }
}

fn counter(name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    IntCounterVec::new(Opts::new(name, help), labels)
        .expect("the name and labels are constants of valid form")
}

fn gauge(name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    IntGaugeVec::new(Opts::new(name, help), labels).expect("the name and labels are constants of valid form")
}

#[cfg(test)]
mod tests;
