//! Shares and guarantees.

use weir_model::Signal;

use super::Quota;

#[test]
fn one_signal_alone_may_use_everything() {
    let quota = Quota::new(800);
    assert!(quota.reserve(Signal::Logs, 800));
    assert!(!quota.reserve(Signal::Logs, 1));
    assert!(quota.is_full(Signal::Logs));
    quota.release(Signal::Logs, 1);
    assert!(!quota.is_full(Signal::Logs));
}

#[test]
fn a_signal_in_use_keeps_its_eighth_from_the_others() {
    let quota = Quota::new(800);
    quota.open(Signal::Metrics);
    assert!(!quota.reserve(Signal::Logs, 701));
    assert!(quota.reserve(Signal::Logs, 700));
    assert!(!quota.reserve(Signal::Logs, 1));
    assert!(quota.reserve(Signal::Metrics, 100));
    assert!(!quota.reserve(Signal::Metrics, 1));
    quota.release(Signal::Logs, 50);
    assert!(quota.reserve(Signal::Metrics, 50));
    assert!(!quota.is_full(Signal::Metrics) && quota.is_full(Signal::Logs));
}

#[test]
fn what_is_forced_shows_as_over() {
    let quota = Quota::new(800);
    assert!(quota.reserve(Signal::Logs, 800));
    assert!(!quota.is_over());
    quota.force(Signal::Logs, 1);
    assert!(quota.is_over() && quota.exceeds_guarantee(Signal::Logs));
    quota.release(Signal::Logs, 1);
    assert!(!quota.is_over());
}
