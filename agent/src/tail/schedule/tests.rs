//! Turns and times.

use std::time::Duration;

use tokio::time::Instant;

use super::Schedule;
use crate::tail::table::SlotId;

#[test]
fn those_with_more_to_read_go_to_the_back() {
    let mut schedule = Schedule::default();
    schedule.now(SlotId(1));
    schedule.now(SlotId(2));
    assert_eq!(schedule.next(), Some(SlotId(1)));
    schedule.now(SlotId(1));
    assert_eq!(schedule.next(), Some(SlotId(2)));
    assert_eq!(schedule.next(), Some(SlotId(1)));
    assert_eq!(schedule.next(), None);
}

#[test]
fn a_time_is_waited_for() {
    let (mut schedule, now) = (Schedule::default(), Instant::now());
    let later = now + Duration::from_secs(1);
    schedule.at(later, SlotId(1));
    schedule.at(now, SlotId(2));
    assert_eq!(schedule.wakes_at(), Some(now));
    schedule.advance(now);
    assert_eq!(schedule.next(), Some(SlotId(2)));
    assert_eq!(schedule.next(), None);
    assert_eq!(schedule.wakes_at(), Some(later));
    schedule.advance(later);
    assert_eq!(schedule.next(), Some(SlotId(1)));
}
