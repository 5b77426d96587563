//! Real spools, with lives that end in every way.

mod life;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use weir_config::{TailPolicyConfig, TailRule, TailSamplingConfig};
use weir_model::{Reason, Signal};

use life::{Life, Sent, World, id};

const HOUR: Duration = Duration::from_secs(3600);

fn config(rules: Vec<TailRule>) -> TailSamplingConfig {
    let policies = rules.into_iter().enumerate();
    TailSamplingConfig {
        decision_wait: HOUR,
        decision_wait_after_root: Duration::ZERO,
        undecided_bytes_max: 64 << 20,
        decisions_max: 1000,
        policies: policies
            .map(|(index, rule)| TailPolicyConfig { name: format!("p{index}"), rule })
            .collect(),
    }
}

fn root(trace: u8) -> Sent {
    Sent { trace: id(trace), span: 1, ..Sent::default() }
}

fn child(trace: u8, span: u64) -> Sent {
    Sent { trace: id(trace), span, parent: Some(1), ..Sent::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_policy_keeps_what_it_names_and_the_rest_goes() {
    let world = World::new();
    let attribute = |key: &str, values: &[&str]| TailRule::Attribute {
        key: key.to_owned(),
        values: values.iter().map(|&value| value.to_owned()).collect(),
    };
    let rules = vec![
        TailRule::Error,
        TailRule::Latency(Duration::from_millis(5)),
        attribute("tier", &["gold"]),
        attribute("service.name", &["billing"]),
        TailRule::TraceIds(vec![id(50)]),
    ];
    let mut life = Life::begin(&world, &config(rules)).await;
    life.send(&[Sent { error: true, ..child(10, 2) }, root(10)]).await;
    life.send(&[Sent { millis: 6, ..root(20) }, child(20, 2)]).await;
    life.send(&[Sent { attribute: Some(("tier", "gold")), ..child(30, 2) }, root(30)]).await;
    life.send(&[Sent { attribute: Some(("tier", "iron")), ..root(31) }]).await;
    life.send(&[Sent { service: "billing", ..root(40) }]).await;
    life.send(&[root(50), root(60)]).await;
    let kept = life.kept_after(8).await;
    let spans: Vec<_> = kept.iter().map(|span| (span.trace[15], span.span)).collect();
    let wanted = [(10, 1), (10, 2), (20, 1), (20, 2), (30, 1), (30, 2), (40, 1), (50, 1)];
    assert_eq!(spans.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(wanted));
    assert!(kept.iter().all(|span| span.state == "ot=th:0"), "{kept:?}");
    life.until_settled().await;
    let books = life.ledger.snapshot();
    assert!(books.balances(), "{books:?}");
    assert!(books.signal(Signal::Traces).dropped.contains(&("tail_sampling".to_owned(), Reason::Sampled, 2)));
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_keeps_the_traces_of_high_randomness_and_writes_its_threshold() {
    let world = World::new();
    let mut life = Life::begin(&world, &config(vec![TailRule::Probability(0.25)])).await;
    let of = |randomness: u8, state: &'static str| {
        let mut trace = [7; 16];
        trace[9] = randomness;
        Sent { trace, span: u64::from(randomness) + 1, state, ..Sent::default() }
    };
    let stricter = "ot=th:e;x:1,vendor=a";
    life.send(&[of(0xbf, ""), of(0xc0, ""), of(0xff, stricter), of(0xf0, "ot=th:8,vendor=a")]).await;
    let kept = life.kept_after(3).await;
    let states: BTreeMap<_, _> = kept.iter().map(|span| (span.trace[9], span.state.as_str())).collect();
    assert_eq!(states, BTreeMap::from([(0xc0, "ot=th:c"), (0xf0, "ot=th:c,vendor=a"), (0xff, stricter)]));
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_root_a_trace_waits_and_late_spans_follow_the_decision_also_in_the_next_life() {
    let world = World::new();
    let config =
        TailSamplingConfig { decision_wait: Duration::from_millis(600), ..config(vec![TailRule::Error]) };
    let mut life = Life::begin(&world, &config).await;
    life.send(&[Sent { error: true, ..child(1, 2) }, child(2, 2)]).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(life.kept().await.len(), 0, "it is too early");
    assert_eq!(life.kept_after(1).await.len(), 1);
    life.send(&[child(1, 3), Sent { error: true, ..child(2, 3) }]).await;
    assert_eq!(life.kept_after(1).await[0].span, 3);
    life.stop().await;
    let mut life = Life::begin(&world, &config).await;
    life.send(&[Sent { error: true, ..child(2, 4) }, child(1, 4)]).await;
    assert_eq!(life.kept_after(1).await[0].trace, id(1));
    life.until_settled().await;
    assert!(life.ledger.snapshot().balances());
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn above_the_bound_the_traces_due_next_are_decided_over_early_and_nothing_is_lost() {
    let world = World::new();
    let config = TailSamplingConfig { undecided_bytes_max: 40_000, ..config(vec![TailRule::Error]) };
    let mut life = Life::begin(&world, &config).await;
    for trace in 1..=200_u8 {
        life.send(&[Sent { error: trace.is_multiple_of(2), ..child(trace, 2) }]).await;
        assert!(life.gauge("weir_tail_sampling_undecided_bytes") <= 40_000.0);
    }
    life.until(|life| life.received_by_tail() == 200).await;
    let evicted = life.counter("weir_tail_sampling_decisions_total", "evicted");
    let kept = life.kept().await;
    assert!(evicted > 100.0, "{evicted}");
    assert_eq!(kept.len() as f64, (evicted / 2.0).floor(), "every other one of the evicted");
    assert!(life.ledger.snapshot().balances());
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_that_a_reload_brings_decide_over_what_has_come_already() {
    let world = World::new();
    let mut life = Life::begin(&world, &config(vec![TailRule::Error])).await;
    life.send(&[Sent { attribute: Some(("tier", "gold")), ..child(1, 2) }]).await;
    life.until(|life| life.gauge("weir_tail_sampling_undecided_traces") == 1.0).await;
    let rule = TailRule::Attribute { key: "tier".to_owned(), values: Vec::new() };
    life.tail.apply(&config(vec![rule]));
    life.send(&[root(1)]).await;
    assert_eq!(life.kept_after(2).await.len(), 2);
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_without_a_trace_id_pass() {
    let world = World::new();
    let mut life = Life::begin(&world, &config(vec![TailRule::Probability(0.0)])).await;
    let idless = Sent { trace: [0; 16], ..root(0) };
    life.send(&[idless, Sent { span: 2, ..idless }, root(1)]).await;
    let kept = life.kept_after(2).await;
    assert!(kept.iter().all(|span| span.trace == [0; 16] && span.state.is_empty()), "{kept:?}");
    life.stop().await;
}

/// Random traces, whose spans come in random batches over lives that are killed at random moments.
#[tokio::test(flavor = "multi_thread")]
async fn after_kills_every_trace_is_decided_and_no_span_comes_twice() {
    let seed =
        std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let world = World::new();
    let config = TailSamplingConfig {
        decision_wait: Duration::from_millis(400),
        decisions_max: 50,
        ..config(vec![TailRule::Error, TailRule::Probability(0.5)])
    };
    let mut spans: Vec<Sent> = Vec::new();
    for trace in 1..=120_u8 {
        let error = random.bool();
        let trace = id(trace.reverse_bits());
        let span = |span| Sent { trace, span, parent: (span > 1).then_some(1), error, ..Sent::default() };
        spans.extend((1..=random.u64(1..8)).map(span));
    }
    random.shuffle(&mut spans);
    let mut arrived: BTreeMap<([u8; 16], u64), u64> = BTreeMap::new();
    let mut rest = spans.as_slice();
    while !rest.is_empty() {
        let mut life = Life::begin(&world, &config).await;
        for _ in 0..random.usize(1..12) {
            let (batch, after) = rest.split_at(random.usize(1..=8).min(rest.len()));
            rest = after;
            if !batch.is_empty() {
                life.send(batch).await;
            }
            tokio::time::sleep(Duration::from_millis(random.u64(0..60))).await;
        }
        for span in life.kept().await {
            *arrived.entry((span.trace, span.span)).or_default() += 1;
        }
        assert!(life.ledger.snapshot().balances(), "{:?}", life.ledger.snapshot());
        life.kill();
    }
    let mut life = Life::begin(&world, &config).await;
    life.until_settled().await;
    for span in life.kept().await {
        *arrived.entry((span.trace, span.span)).or_default() += 1;
    }
    life.stop().await;
    let twice: Vec<_> = arrived.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let mut sent: BTreeMap<[u8; 16], u64> = BTreeMap::new();
    spans.iter().for_each(|span| *sent.entry(span.trace).or_default() += 1);
    let mut came: BTreeMap<[u8; 16], u64> = BTreeMap::new();
    arrived.keys().for_each(|(trace, _)| *came.entry(*trace).or_default() += 1);
    for (trace, spans_of) in came {
        assert_eq!(spans_of, sent[&trace], "a trace is whole: {trace:?}");
    }
    for span in spans.iter().filter(|span| span.error) {
        assert!(arrived.contains_key(&(span.trace, span.span)), "an error is kept: {span:?}");
    }
}
