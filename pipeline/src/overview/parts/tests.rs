//! The equation in numbers.

use weir_ledger::{Ledger, Settlement};
use weir_model::{Reason, Receiver, Signal};

use super::ledger;

fn account(books: &Ledger) -> weir_query_api::ExporterAccount {
    ledger(&books.snapshot()).signals[Signal::Logs.index()].exporters[0].clone()
}

#[test]
fn the_equation_shows_what_ended_how_and_its_sides_are_equal() {
    let books = Ledger::new();
    books.open_exporter(Signal::Logs, "store", 5);
    books.receive(Signal::Logs, Receiver::Tail, 100);
    books.drop_pending(Signal::Logs, "limits", Reason::TooLarge, 3);
    books.append(Signal::Logs, 97);
    let settlement =
        Settlement { delivered: 90, dropped: vec![(Reason::Rejected, 2)], ..Settlement::default() };
    books.settle(Signal::Logs, "store", 92, &settlement);
    let account = account(&books);
    assert_eq!(account.equation, "100 received + 5 recovered = 90 delivered + 10 held + 5 dropped");
    assert_eq!((account.dropped_before_spool, account.dropped, account.balances), (3, 2, true));
}

#[test]
fn what_went_by_before_an_exporter_came_and_what_still_arrives_are_terms_of_their_own() {
    let books = Ledger::new();
    books.receive(Signal::Logs, Receiver::OtlpGrpc, 10);
    books.append(Signal::Logs, 10);
    books.open_exporter(Signal::Logs, "late", 0);
    books.receive(Signal::Logs, Receiver::OtlpGrpc, 4);
    let account = account(&books);
    assert_eq!(
        account.equation,
        "10 received + 4 arriving + 0 recovered = 0 delivered + 4 held + 0 dropped + 10 before"
    );
    assert_eq!((account.before, account.imbalance), (10, 0));
}
