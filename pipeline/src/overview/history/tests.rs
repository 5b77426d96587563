//! Rates over a window.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use weir_delivery::Delivered;
use weir_ledger::Ledger;
use weir_model::{Receiver, Signal};

use super::{Counts, History};

fn counts(ledger: &Ledger, at: Instant, delivered: Delivered) -> Counts {
    Counts {
        at,
        books: ledger.snapshot(),
        received_bytes: Default::default(),
        delivered: BTreeMap::from([((Signal::Logs, "store".to_owned()), delivered)]),
    }
}

#[test]
fn a_rate_is_what_was_added_within_the_last_ten_seconds() {
    let (ledger, began) = (Ledger::new(), Instant::now());
    let mut history = History::new(counts(&ledger, began, Delivered::default()));
    let received = |counts: &Counts| counts.received(Signal::Logs, Receiver::Tail);
    assert_eq!(history.rate(received), 0.0);
    for second in 1..=30 {
        ledger.receive(Signal::Logs, Receiver::Tail, second);
        ledger.append(Signal::Logs, second);
        history.push(counts(&ledger, began + Duration::from_secs(second), Delivered::default()));
    }
    assert_eq!(history.window(), Duration::from_secs(10));
    assert_eq!(history.rate(received), (21..=30).sum::<u64>() as f64 / 10.0);
}

#[test]
fn the_lag_is_the_mean_of_what_was_delivered_within_the_window() {
    let (ledger, began) = (Ledger::new(), Instant::now());
    let delivered = |batches, lag_seconds| Delivered { bytes: 0, batches, lag_seconds };
    let mut history = History::new(counts(&ledger, began, delivered(10, 100.0)));
    assert_eq!(history.lag_seconds(Signal::Logs, "store"), None);
    history.push(counts(&ledger, began + Duration::from_secs(1), delivered(14, 102.0)));
    assert_eq!(history.lag_seconds(Signal::Logs, "store"), Some(0.5));
    assert_eq!(history.lag_seconds(Signal::Logs, "other"), None);
}
