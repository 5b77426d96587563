//! How checkpoints move.

use weir_spool::Position;

use super::{Mark, Progress, WAITING_MAX};

fn mark(offset: u64) -> Mark {
    Mark { offset, ..Mark::default() }
}

#[test]
fn a_checkpoint_moves_only_over_what_is_synced() {
    let mut progress = Progress::new(mark(5));
    progress.push(Some(Position(100)), mark(10));
    progress.push(Some(Position(200)), mark(20));
    assert!(!progress.advance(Position(99)));
    assert_eq!(progress.safe(), mark(5));
    assert!(progress.advance(Position(199)));
    assert_eq!(progress.safe(), mark(10));
    assert!(progress.is_waiting());
    assert!(progress.advance(Position(200)));
    assert_eq!(progress.safe(), mark(20));
    assert!(!progress.is_waiting());
}

#[test]
fn a_read_without_records_is_as_safe_as_what_was_appended_before_it() {
    let mut progress = Progress::new(mark(0));
    progress.push(None, mark(1));
    assert!(progress.advance(Position(0)));
    progress.push(Some(Position(100)), mark(10));
    progress.push(None, mark(20));
    assert!(!progress.advance(Position(99)));
    assert!(progress.advance(Position(100)));
    assert_eq!(progress.safe(), mark(20));
}

#[test]
fn a_spool_that_does_not_sync_for_long_costs_no_memory_and_no_line() {
    let mut progress = Progress::new(mark(0));
    for number in 1..=10 * WAITING_MAX as u64 {
        progress.push(Some(Position(number)), mark(number));
    }
    assert_eq!(progress.waiting.len(), WAITING_MAX);
    progress.advance(Position(WAITING_MAX as u64));
    assert!(progress.safe().offset <= WAITING_MAX as u64);
    progress.advance(Position(10 * WAITING_MAX as u64));
    assert_eq!(progress.safe(), mark(10 * WAITING_MAX as u64));
}

#[test]
fn new_content_begins_at_its_beginning_whatever_of_the_old_one_is_synced_later() {
    let mut progress = Progress::new(mark(5));
    progress.push(Some(Position(100)), mark(10));
    progress.restart();
    assert!(!progress.advance(Position(100)));
    assert_eq!(progress.safe(), mark(0));
}
