//! Policies, and what is wrong with them.

use std::time::Duration;

use crate::{TailRule, parse};

fn mistakes(text: &str) -> String {
    parse(text, "weir.yaml")
        .map(|loaded| format!("{:?}", loaded.config))
        .unwrap_or_else(|mistakes| mistakes.to_string())
}

#[test]
fn each_kind_of_policy_is_read_and_the_rest_has_defaults() {
    let text = "\
tail_sampling:
  policies:
    - {name: errors, error: {}}
    - {name: slow, latency: {above: 1500ms}}
    - {name: gold, attribute: {key: customer.tier, values: [gold, 1]}}
    - {name: some, rate: {traces_per_second: 20}}
    - {probability: {ratio: 0.1}}
    - {name: wanted, trace_ids: [0af7651916cd43dd8448eb211c80319c]}
span_metrics: {buckets: [10ms, 1s]}
";
    let config = parse(text, "weir.yaml").unwrap_or_else(|mistakes| panic!("{mistakes}")).config;
    let tail = config.tail_sampling.expect("it is there");
    let rules: Vec<_> = tail.policies.iter().map(|policy| (policy.name.as_str(), &policy.rule)).collect();
    let gold = TailRule::Attribute {
        key: "customer.tier".to_owned(),
        values: vec!["gold".to_owned(), "1".to_owned()],
    };
    let id = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();
    let wanted = [
        ("errors", &TailRule::Error),
        ("slow", &TailRule::Latency(Duration::from_millis(1500))),
        ("gold", &gold),
        ("some", &TailRule::Rate(20)),
        ("policy-5", &TailRule::Probability(0.1)),
        ("wanted", &TailRule::TraceIds(vec![id])),
    ];
    assert_eq!(rules, wanted);
    assert_eq!(
        (tail.decision_wait, tail.decision_wait_after_root),
        (Duration::from_secs(30), Duration::from_secs(5))
    );
    let metrics = config.span_metrics.expect("it is there");
    assert_eq!(metrics.buckets, [Duration::from_millis(10), Duration::from_secs(1)]);
    assert_eq!((metrics.interval, metrics.series_max), (Duration::from_secs(15), 10_000));
}

#[test]
fn each_mistake_is_told_with_its_place() {
    let text = "\
tail_sampling:
  policies:
    - {name: two, error: {}, rate: {traces_per_second: 1}}
    - {name: none}
    - {name: ids, trace_ids: [abc]}
    - {name: two, probability: {ratio: 2}}
span_metrics: {buckets: [1s, 10ms]}
";
    let told = mistakes(text);
    for words in [
        "policies[0]: has 2 rules",
        "policies[1]: has 0 rules",
        "policies[2].trace_ids[0]: `abc` is no trace id",
        "policies[3].name: `two` is the name of tail_sampling.policies[0] already",
        "policies[3].probability.ratio",
        "span_metrics.buckets: do not rise",
    ] {
        assert!(told.contains(words), "{words} in:\n{told}");
    }
    assert!(mistakes("tail_sampling: {policies: []}\n").contains("has no policy"));
    assert!(mistakes("tail_sampling: {}\n").contains("policies"));
}
