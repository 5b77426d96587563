//! What is learnt from what encoding took.

use std::time::Duration;

use super::EncodingCost;

#[test]
fn what_proves_dear_goes_to_the_blocking_pool_and_what_proves_cheap_comes_back() {
    let cost = EncodingCost::default();
    assert!(cost.is_cheap(100_000) && !cost.is_cheap(1_000_000));
    (0..20).for_each(|_| cost.learn(100_000, Duration::from_millis(1)));
    assert!(!cost.is_cheap(100_000) && cost.is_cheap(40_000));
    (0..20).for_each(|_| cost.learn(1_000_000, Duration::from_micros(50)));
    assert!(cost.is_cheap(1_000_000));
}
