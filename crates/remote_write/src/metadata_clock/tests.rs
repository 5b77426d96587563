//! When metadata is sent again.

use bytes::Bytes;
use weir_model::{Batch, OrderKey, Signal, UnixNanos};

use super::MetadataClock;

fn batch(key: u64, second: u64) -> Batch {
    Batch {
        signal: Signal::Metrics,
        records: 0,
        key: OrderKey(key),
        received: UnixNanos(second * 1_000_000_000),
        payload: Bytes::new(),
    }
}

#[test]
fn metadata_of_a_target_is_due_once_a_minute() {
    let clock = MetadataClock::default();
    let due = |key, second| clock.is_due(&batch(key, second));
    assert_eq!([due(1, 100), due(2, 101), due(1, 115), due(1, 159)], [true, true, false, false]);
    assert_eq!([due(1, 160), due(1, 175)], [true, false]);
}
