//! The names and numbers that dashboards depend on.

use prometheus::{Registry, TextEncoder};
use weir_ledger::{Ledger, Settlement};
use weir_model::{Reason, Receiver, Signal};

use crate::LedgerCollector;

fn page(ledger: &Ledger) -> String {
    let registry = Registry::new();
    registry.register(Box::new(LedgerCollector::new(ledger.clone()))).expect("the registry is empty");
    TextEncoder::new().encode_to_string(&registry.gather()).expect("every family is well formed")
}

fn has(page: &str, line: &str) {
    assert!(page.lines().any(|each| each == line), "{line} is missing in\n{page}");
}

#[test]
fn every_number_of_the_books_shows_under_its_documented_name() {
    let ledger = Ledger::new();
    ledger.open_exporter(Signal::Logs, "es", 3);
    ledger.receive(Signal::Logs, Receiver::Tail, 10);
    ledger.drop_pending(Signal::Logs, "sampling", Reason::Sampled, 1);
    ledger.append(Signal::Logs, 9);
    let settlement = Settlement { delivered: 4, deduplicated: 2, dropped: vec![(Reason::DeadLetter, 1)] };
    ledger.settle(Signal::Logs, "es", 5, &settlement);
    let page = page(&ledger);
    has(&page, r#"weir_records_received_total{receiver="tail",signal="logs"} 10"#);
    has(&page, r#"weir_records_dropped_total{component="sampling",reason="sampled",signal="logs"} 1"#);
    has(&page, r#"weir_records_dropped_total{component="es",reason="dead_letter",signal="logs"} 1"#);
    has(&page, r#"weir_records_delivered_total{exporter="es",signal="logs"} 4"#);
    has(&page, r#"weir_records_deduplicated_total{exporter="es",signal="logs"} 2"#);
    has(&page, r#"weir_records_recovered_total{exporter="es",signal="logs"} 3"#);
    has(&page, r#"weir_records_held{exporter="es",signal="logs"} 7"#);
    has(&page, r#"weir_ledger_imbalance{exporter="es",signal="logs"} 0"#);
}

#[test]
fn a_request_under_way_shows_as_arriving_and_held_but_not_as_received() {
    let ledger = Ledger::new();
    ledger.open_exporter(Signal::Traces, "jaeger", 0);
    ledger.receive(Signal::Traces, Receiver::OtlpGrpc, 2);
    let page = page(&ledger);
    has(&page, r#"weir_records_received_total{receiver="otlp_grpc",signal="traces"} 0"#);
    has(&page, r#"weir_records_arriving{signal="traces"} 2"#);
    has(&page, r#"weir_records_held{exporter="jaeger",signal="traces"} 2"#);
    has(&page, r#"weir_ledger_imbalance{exporter="jaeger",signal="traces"} 0"#);
}

#[test]
fn a_receiver_shows_as_zero_before_its_first_record_but_only_for_signals_it_can_bring() {
    let page = page(&Ledger::new());
    has(&page, r#"weir_records_received_total{receiver="otlp_grpc",signal="traces"} 0"#);
    has(&page, r#"weir_records_received_total{receiver="scrape",signal="metrics"} 0"#);
    assert!(!page.contains(r#"{receiver="tail",signal="metrics"}"#), "{page}");
}

#[test]
fn an_exporter_that_loses_a_record_without_saying_so_shows_as_an_imbalance() {
    let ledger = Ledger::new();
    ledger.open_exporter(Signal::Traces, "jaeger", 0);
    ledger.receive(Signal::Traces, Receiver::OtlpGrpc, 2);
    ledger.append(Signal::Traces, 2);
    ledger.settle(Signal::Traces, "jaeger", 2, &Settlement { delivered: 1, ..Settlement::default() });
    has(&page(&ledger), r#"weir_ledger_imbalance{exporter="jaeger",signal="traces"} 1"#);
}
