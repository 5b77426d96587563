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
fn the_books_of_two_stages_show_as_one_and_each_equation_holds() {
    let first = Ledger::new();
    let books = Ledger::behind(&first);
    first.open_exporter(Signal::Traces, "tail_sampling", 4);
    books.open_exporter(Signal::Traces, EXPORTER, 2);
    first.receive(Signal::Traces, Receiver::OtlpGrpc, 10);
    first.drop_pending(Signal::Traces, "otlp_grpc", Reason::Malformed, 1);
    first.append(Signal::Traces, 9);
    let settlement = Settlement { delivered: 5, deduplicated: 0, dropped: vec![(Reason::Sampled, 3)] };
    first.settle(Signal::Traces, "tail_sampling", 8, &settlement);
    books.receive(Signal::Traces, Receiver::TailSampling, 5);
    books.append(Signal::Traces, 5);
    books.settle(Signal::Traces, EXPORTER, 4, &delivered(4));
    let snapshot = books.snapshot();
    assert!(snapshot.balances());
    let traces = snapshot.signal(Signal::Traces);
    let received: u64 = traces.received.iter().map(|(_, records)| records).sum();
    assert_eq!(received, 15);
    for account in &traces.exporters {
        let taken = received + traces.arriving + account.recovered;
        let ended = account.before + account.delivered + account.held + account.dropped;
        assert_eq!(taken, ended + traces.dropped_before_spool, "{account:?}");
    }
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

fn received(ledger: &Ledger, signal: Signal, receiver: Receiver) -> u64 {
    ledger.snapshot().signal(signal).received[receiver.index()].1
}

/// The equation as a dashboard would check it, from one snapshot.
fn check_equation(ledger: &Ledger, recovered: u64) {
    let snapshot = ledger.snapshot();
    assert!(snapshot.balances(), "{snapshot:?}");
    let books = snapshot.signal(Signal::Logs);
    let received: u64 = books.received.iter().map(|(_, records)| records).sum();
    let dropped: u64 = books.dropped.iter().map(|(_, _, records)| records).sum();
    let exporter = &books.exporters[0];
    assert_eq!(
        received + books.arriving + recovered,
        exporter.delivered + exporter.held + dropped,
        "{books:?}"
    );
}

#[test]
fn records_count_as_received_once_they_cannot_be_refused_any_more() {
    let ledger = Ledger::new();
    ledger.receive(Signal::Traces, Receiver::OtlpGrpc, 10);
    assert_eq!(received(&ledger, Signal::Traces, Receiver::OtlpGrpc), 0);
    assert_eq!(ledger.snapshot().signal(Signal::Traces).arriving, 10);
    ledger.append(Signal::Traces, 10);
    assert_eq!(received(&ledger, Signal::Traces, Receiver::OtlpGrpc), 10);
    assert_eq!(ledger.snapshot().signal(Signal::Traces).arriving, 0);
}

#[test]
fn received_never_falls_and_is_exact_at_rest_whatever_comes_refused_in_between() {
    let receivers = [Receiver::Tail, Receiver::OtlpGrpc, Receiver::OtlpHttp];
    let ledger = Ledger::new();
    ledger.open_exporter(Signal::Logs, EXPORTER, 4);
    let (mut accepted, mut shown) = ([0; 3], [0; 3]);
    let mut waiting: Vec<(usize, u64)> = Vec::new();
    let mut random = 1_u64;
    for step in 0..4000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (choice, place) = ((random >> 40) % 4, (random >> 50) as usize);
        let is_winding_up = step % 100 > 80;
        if choice < 2 && !is_winding_up {
            waiting.push((place % 3, 1 + (random >> 33) % 9));
            let &(receiver, records) = waiting.last().expect("one was pushed");
            ledger.receive(Signal::Logs, receivers[receiver], records);
        } else if !waiting.is_empty() {
            let (receiver, records) = waiting.swap_remove(place % waiting.len());
            match choice % 2 {
                0 => ledger.refuse(Signal::Logs, receivers[receiver], records),
                _ => {
                    accepted[receiver] += records;
                    ledger.drop_pending(Signal::Logs, "sampling", Reason::Sampled, 1);
                    ledger.append(Signal::Logs, records - 1);
                    ledger.settle(Signal::Logs, EXPORTER, records - 1, &delivered(records - 1));
                }
            }
        }
        check_equation(&ledger, 4);
        let now = receivers.map(|receiver| received(&ledger, Signal::Logs, receiver));
        assert!(now.iter().zip(shown).all(|(now, before)| *now >= before), "{now:?} after {shown:?}");
        assert!(now.iter().zip(accepted).all(|(now, accepted)| *now <= accepted), "{now:?} of {accepted:?}");
        if waiting.is_empty() {
            assert_eq!(now, accepted);
        }
        shown = now;
    }
    assert!(accepted.iter().all(|records| *records > 100), "{accepted:?}");
}

#[test]
fn records_that_nobody_took_in_show_as_an_imbalance_that_stays() {
    type Miscount = fn(&Ledger);
    let miscounts: [Miscount; 3] = [
        |ledger| ledger.append(Signal::Logs, 7),
        |ledger| ledger.drop_pending(Signal::Logs, "sampling", Reason::Sampled, 7),
        |ledger| ledger.refuse(Signal::Logs, Receiver::Tail, 7),
    ];
    for miscount in miscounts {
        let ledger = Ledger::new();
        ledger.open_exporter(Signal::Logs, EXPORTER, 0);
        ledger.receive(Signal::Logs, Receiver::Tail, 5);
        miscount(&ledger);
        let imbalance = || ledger.snapshot().signal(Signal::Logs).exporters[0].imbalance;
        assert_eq!(imbalance(), -2);
        ledger.receive(Signal::Logs, Receiver::Tail, 9);
        ledger.append(Signal::Logs, 9);
        assert_eq!(imbalance(), -2);
    }
}

#[test]
fn releasing_more_than_an_exporter_was_given_shows_as_an_imbalance() {
    let ledger = Ledger::new();
    ledger.open_exporter(Signal::Logs, EXPORTER, 1);
    ledger.settle(Signal::Logs, EXPORTER, 3, &delivered(3));
    let snapshot = ledger.snapshot();
    let exporter = &snapshot.signal(Signal::Logs).exporters[0];
    assert_eq!((exporter.held, exporter.imbalance), (0, -2));
}
