//! The rules of an equalizing downstream sampler.

use proptest::option;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

use super::{Decision, Sampler};
use crate::{Randomness, Threshold, TraceState};

fn trace_id(randomness: u64) -> [u8; 16] {
    u128::from(randomness).to_be_bytes()
}

fn threshold(th: &str) -> Threshold {
    Threshold::parse(th.as_bytes()).unwrap()
}

fn decide(ratio: f64, randomness: u64, trace_state: &str) -> Decision {
    let state = TraceState::parse(trace_state.as_bytes());
    Sampler::new(ratio).unwrap().decide(&trace_id(randomness), &state)
}

const LOW: u64 = 0x10_0000_0000_0000;
const HIGH: u64 = 0xff_0000_0000_0000;

#[test]
fn a_span_without_threshold_gets_the_sampler_s() {
    assert_eq!(decide(0.5, HIGH, ""), Decision::KeepAs(threshold("8")));
    assert_eq!(decide(0.5, LOW, ""), Decision::Drop);
}

#[test]
fn a_looser_threshold_is_raised() {
    assert_eq!(decide(0.5, HIGH, "ot=th:0"), Decision::KeepAs(threshold("8")));
    assert_eq!(decide(0.5, LOW, "ot=th:0"), Decision::Drop);
}

#[test]
fn a_stricter_threshold_stays() {
    assert_eq!(decide(0.5, HIGH, "ot=th:c"), Decision::Keep);
    assert_eq!(decide(0.5, HIGH, "ot=th:8"), Decision::Keep);
}

#[test]
fn a_threshold_that_the_span_cannot_have_passed_counts_as_absent() {
    assert_eq!(decide(0.5, 0x90_0000_0000_0000, "ot=th:c"), Decision::KeepAs(threshold("8")));
    assert_eq!(decide(0.5, LOW, "ot=th:c"), Decision::Drop);
}

#[test]
fn explicit_randomness_wins_over_the_trace_id() {
    assert_eq!(decide(0.5, LOW, "ot=rv:ff000000000000"), Decision::KeepAs(threshold("8")));
    assert_eq!(decide(0.5, HIGH, "ot=rv:10000000000000"), Decision::Drop);
    // With rv, the threshold is consistent although it is above the trace id's randomness.
    assert_eq!(decide(0.5, LOW, "ot=th:c;rv:ff000000000000"), Decision::Keep);
}

#[test]
fn the_ends_of_the_scale_keep_all_and_nothing() {
    assert!(Sampler::new(1.0).unwrap().keeps_all());
    assert_eq!(decide(0.0, HIGH, "ot=th:c"), Decision::Drop);
    assert!(!Sampler::new(0.0).unwrap().keeps(&[0xff; 16]));
}

#[test]
fn about_the_configured_share_of_traces_is_kept() {
    let sampler = Sampler::new(0.1).unwrap();
    // Multiples of the golden ratio spread evenly over the 56 bits.
    let ids = (0..100_000_u64).map(|number| trace_id(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 8));
    let kept = ids.filter(|id| sampler.keeps(id)).count();
    assert!((9_900..=10_100).contains(&kept), "{kept}");
}

proptest! {
    #[test]
    fn tiers_compose_as_if_the_strictest_had_been_alone(
        first in 0.01..=1.0_f64, second in 0.01..=1.0_f64, randomness in 0..1_u64 << 56, rv in option::of(0..1_u64 << 56),
    ) {
        let rv_state = rv.map(|rv| format!("ot=rv:{rv:014x}")).unwrap_or_default();
        let after = |ratio: f64, trace_state: &str| match decide(ratio, randomness, trace_state) {
            Decision::Drop => None,
            Decision::Keep => Some(trace_state.to_owned()),
            Decision::KeepAs(threshold) => {
                let mut out = Vec::new();
                crate::put_threshold(trace_state.as_bytes(), threshold, &mut out);
                Some(String::from_utf8(out).unwrap())
            }
        };
        let through_both = after(first, &rv_state).and_then(|state| after(second, &state));
        prop_assert_eq!(through_both, after(first.min(second), &rv_state));
    }

    #[test]
    fn a_kept_span_always_satisfies_the_threshold_it_leaves_with(
        ratio in 0.0..=1.0_f64, id in any::<[u8; 16]>(), incoming in option::of("[0-9a-f]{1,14}"),
    ) {
        let incoming = TraceState { threshold: incoming.map(|th| threshold(&th)), randomness: None };
        let outgoing = match Sampler::new(ratio).unwrap().decide(&id, &incoming) {
            Decision::Drop => return Ok(()),
            Decision::Keep => incoming.threshold.unwrap(),
            Decision::KeepAs(threshold) => threshold,
        };
        prop_assert!(outgoing.keeps(Randomness::from_trace_id(&id)));
        prop_assert!(outgoing >= Threshold::from_ratio(ratio).unwrap());
    }
}
