use prometheus::IntGauge;
use proptest::prelude::{Strategy, any, prop};
use proptest::{prop_assert, prop_assert_eq, proptest};

use super::{Budget, Share};

fn budget(bytes_max: usize) -> (Budget, IntGauge) {
    let gauge = IntGauge::new("used", "bytes").expect("the name is valid");
    (Budget::new(bytes_max, gauge.clone()), gauge)
}

#[test]
fn refuses_what_does_not_fit_and_takes_what_does() {
    let (budget, _) = budget(10);
    let first = budget.try_take(6).expect("the budget is empty");
    assert!(budget.try_take(5).is_none());
    let second = budget.try_take(4).expect("exactly as much is left");
    assert_eq!(budget.used(), 10);
    drop(first);
    assert_eq!(budget.used(), 4);
    drop(second);
    assert_eq!(budget.used(), 0);
}

#[test]
fn a_sum_past_the_largest_number_does_not_fit() {
    let (budget, _) = budget(usize::MAX);
    let _share = budget.try_take(1).expect("the budget is empty");
    assert!(budget.try_take(usize::MAX).is_none());
}

#[derive(Clone, Debug)]
enum Action {
    Take(usize),
    Grow(usize, usize),
    Shrink(usize, usize),
    Drop(usize),
}

fn action() -> impl Strategy<Value = Action> {
    (0..4_u8, any::<usize>(), 0..50_usize).prop_map(|(kind, index, bytes)| match kind {
        0 => Action::Take(bytes),
        1 => Action::Grow(index, bytes),
        2 => Action::Shrink(index, bytes),
        _ => Action::Drop(index),
    })
}

proptest! {
    #[test]
    fn shares_always_add_up_and_never_pass_the_limit(actions in prop::collection::vec(action(), 0..60)) {
        let (budget, gauge) = budget(100);
        let mut shares: Vec<Share> = Vec::new();
        for action in actions {
            let count = shares.len().max(1);
            match action {
                Action::Take(bytes) => shares.extend(budget.try_take(bytes)),
                Action::Grow(index, bytes) => {
                    if let Some(share) = shares.get_mut(index % count) {
                        share.try_grow(bytes);
                    }
                }
                Action::Shrink(index, bytes) => {
                    if let Some(share) = shares.get_mut(index % count) {
                        share.shrink(bytes);
                    }
                }
                Action::Drop(index) => drop((!shares.is_empty()).then(|| shares.swap_remove(index % count))),
            }
            let sum: usize = shares.iter().map(|share| share.bytes).sum();
            prop_assert_eq!(budget.used(), sum);
            prop_assert_eq!(gauge.get(), sum as i64);
            prop_assert!(sum <= 100);
        }
    }
}
