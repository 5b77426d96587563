//! Rates, which are decided over several traces together.

use super::*;
use weir_model::UnixNanos;

fn rate(traces_per_second: u64) -> Policies {
    Policies::new(&[TailPolicyConfig { name: "rate".to_owned(), rule: TailRule::Rate(traces_per_second) }])
}

fn traces(count: usize, service: &str, random: &mut fastrand::Rng) -> Vec<(TraceId, Undecided)> {
    let service: Arc<str> = service.into();
    (0..count)
        .map(|_| {
            let mut trace = Undecided::new(UnixNanos(0), None);
            trace.facts.service = Some(Arc::clone(&service));
            (random.u128(..).to_be_bytes(), trace)
        })
        .collect()
}

#[test]
fn a_rate_keeps_so_many_of_each_service() {
    let mut random = fastrand::Rng::with_seed(1);
    let mut due = traces(100, "busy", &mut random);
    due.extend(traces(3, "quiet", &mut random));
    let verdicts = rate(10).decide(&due, Duration::from_secs(1));
    let kept = |range: std::ops::Range<usize>| verdicts[range].iter().filter(|verdict| verdict.kept).count();
    assert_eq!((kept(0..100), kept(100..103)), (10, 3));
    assert!(verdicts[100..].iter().all(|verdict| verdict.threshold == Threshold::ALWAYS));
}

#[test]
fn after_a_short_time_a_rate_keeps_fewer_but_one_at_least() {
    let mut random = fastrand::Rng::with_seed(2);
    let due = traces(100, "busy", &mut random);
    let kept = |millis| {
        let verdicts = rate(10).decide(&due, Duration::from_millis(millis));
        verdicts.iter().filter(|verdict| verdict.kept).count()
    };
    assert_eq!((kept(500), kept(10), kept(60_000)), (5, 1, 10));
}

#[test]
fn traces_that_another_policy_keeps_do_not_use_up_a_rate() {
    let mut random = fastrand::Rng::with_seed(3);
    let mut due = traces(20, "busy", &mut random);
    due[..10].iter_mut().for_each(|(_, trace)| trace.facts.has_error = true);
    let rules = [("errors", TailRule::Error), ("rate", TailRule::Rate(4))];
    let policies = Policies::new(&rules.map(|(name, rule)| TailPolicyConfig { name: name.to_owned(), rule }));
    let verdicts = policies.decide(&due, Duration::from_secs(1));
    assert!(verdicts[..10].iter().all(|verdict| verdict.kept && verdict.policy == Some(0)));
    assert_eq!(verdicts[10..].iter().filter(|verdict| verdict.kept).count(), 4);
}

/// The sum of the adjusted counts of what is kept estimates the number of traces. Its relative error is about
/// 1 / sqrt(rate - 1) per round; over 2,000 rounds the mean must be within 4 standard errors.
#[test]
fn adjusted_counts_after_a_rate_are_not_biased() {
    const ROUNDS: u32 = 2000;
    const TRACES: usize = 50;
    let mut random = fastrand::Rng::with_seed(4);
    let policies = rate(10);
    let estimates: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let due = traces(TRACES, "busy", &mut random);
            let verdicts = policies.decide(&due, Duration::from_secs(1));
            let kept = verdicts.iter().filter(|verdict| verdict.kept);
            kept.map(|verdict| verdict.threshold.adjusted_count()).sum()
        })
        .collect();
    let mean = estimates.iter().sum::<f64>() / f64::from(ROUNDS);
    let variance = estimates.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / f64::from(ROUNDS);
    let standard_error = (variance / f64::from(ROUNDS)).sqrt();
    assert!((mean - TRACES as f64).abs() < 4.0 * standard_error, "{mean} +- {standard_error}");
}
