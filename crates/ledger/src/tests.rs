//! The equation under every kind of entry.

use weir_model::{Reason, Receiver, Signal};

use crate::{Ledger, Settlement};

const EXPORTER: &str = "elasticsearch";

fn delivered(records: u64) -> Settlement {
    Settlement { delivered: records, ..Settlement::default() }
}

#[test]
fn a_record_moves_from_pending_to_held_to_delivered() {
    let ledger = Ledger::new();
    ledger.open_exporter(Signal::Logs, EXPORTER, 5);
    ledger.receive(Signal::Logs, Receiver::Tail, 10);
    let held = |ledger: &Ledger| ledger.snapshot().signal(Signal::Logs).exporters[0].held;
    assert_eq!(held(&ledger), 15);
    ledger.drop_pending(Signal::Logs, "sampling", Reason::Sampled, 3);
    ledger.append(Signal::Logs, 7);
    assert_eq!(held(&ledger), 12);
    ledger.settle(Signal::Logs, EXPORTER, 12, &delivered(12));
    assert_eq!(held(&ledger), 0);
    assert!(ledger.snapshot().balances());
}

#[test]
fn an_exporter_that_answers_for_fewer_records_than_it_was_given_shows_as_an_imbalance() {
    let ledger = Ledger::new();
    ledger.open_exporter(Signal::Traces, EXPORTER, 0);
    ledger.receive(Signal::Traces, Receiver::OtlpGrpc, 10);
    ledger.append(Signal::Traces, 10);
    ledger.settle(Signal::Traces, EXPORTER, 10, &delivered(9));
    assert_eq!(ledger.snapshot().signal(Signal::Traces).exporters[0].imbalance, 1);
}

#[test]
fn a_receiver_that_appends_fewer_records_than_it_took_shows_them_as_held() {
    let ledger = Ledger::new();
    ledger.open_exporter(Signal::Metrics, EXPORTER, 0);
    ledger.receive(Signal::Metrics, Receiver::Scrape, 10);
    ledger.append(Signal::Metrics, 9);
    ledger.settle(Signal::Metrics, EXPORTER, 9, &delivered(9));
    assert_eq!(ledger.snapshot().signal(Signal::Metrics).exporters[0].held, 1);
}

#[test]
fn an_exporter_that_joins_later_owes_nothing_for_what_came_before() {
    let ledger = Ledger::new();
    ledger.receive(Signal::Logs, Receiver::Tail, 10);
    ledger.append(Signal::Logs, 10);
    ledger.open_exporter(Signal::Logs, EXPORTER, 0);
    let snapshot = ledger.snapshot();
    assert_eq!(snapshot.signal(Signal::Logs).exporters[0].held, 0);
    assert!(snapshot.balances());
}

#[test]
fn drops_are_counted_by_component_and_reason() {
    let ledger = Ledger::new();
    ledger.open_exporter(Signal::Logs, EXPORTER, 0);
    ledger.receive(Signal::Logs, Receiver::OtlpHttp, 4);
    ledger.drop_pending(Signal::Logs, "otlp_http", Reason::Malformed, 1);
    ledger.append(Signal::Logs, 3);
    let settlement = Settlement { delivered: 2, deduplicated: 1, dropped: vec![(Reason::DeadLetter, 1)] };
    ledger.settle(Signal::Logs, EXPORTER, 3, &settlement);
    let snapshot = ledger.snapshot();
    assert_eq!(
        snapshot.signal(Signal::Logs).dropped,
        [(EXPORTER.to_owned(), Reason::DeadLetter, 1), ("otlp_http".to_owned(), Reason::Malformed, 1)]
    );
    assert!(snapshot.balances());
}

#[test]
fn a_refused_request_leaves_no_trace_in_the_books() {
    let ledger = Ledger::new();
    ledger.open_exporter(Signal::Traces, EXPORTER, 0);
    ledger.receive(Signal::Traces, Receiver::OtlpGrpc, 10);
    ledger.refuse(Signal::Traces, Receiver::OtlpGrpc, 10);
    let snapshot = ledger.snapshot();
    assert_eq!(snapshot.signal(Signal::Traces).received[Receiver::OtlpGrpc.index()].1, 0);
    assert!(snapshot.balances());
}
