//! Counts over real spools and lives, against a plain model.

mod life;

use std::collections::BTreeMap;
use std::time::Duration;

use weir_sampling::{Decision, Sampler, Threshold, TraceState};

use life::{Life, Sent, World};

const CALLS: &str = "traces_span_metrics_calls_total";
const DURATION: &str = "traces_span_metrics_duration_seconds";

fn labels(operation: &str, status: &str) -> String {
    format!(
        "instance=c1,job=span_metrics,service_name=shop,span_kind=SPAN_KIND_SERVER,span_name={operation},status_code={status}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_errors_and_durations_are_counted_by_service_operation_kind_and_status() {
    let world = World::new();
    let mut life = Life::begin(&world, 100).await;
    life.send(&[
        Sent { millis: 4, ..Sent::default() },
        Sent { millis: 40, ..Sent::default() },
        Sent { millis: 400, error: true, ..Sent::default() },
        Sent { millis: 0, name: "GET /health", ..Sent::default() },
    ])
    .await;
    let latest = life.told().await;
    let ok = labels("GET /", "STATUS_CODE_UNSET");
    let value = |name: &str, labels: &str| latest[&format!("{name}{{{labels}}}")];
    assert_eq!(value(CALLS, &ok), 2.0);
    assert_eq!(value(CALLS, &labels("GET /", "STATUS_CODE_ERROR")), 1.0);
    assert_eq!(value(&format!("{DURATION}_count"), &ok), 2.0);
    assert!((value(&format!("{DURATION}_sum"), &ok) - 0.044).abs() < 1e-9);
    let bucket = |le: &str| {
        let labels = ok.replace("job=span_metrics,", &format!("job=span_metrics,le={le},"));
        value(&format!("{DURATION}_bucket"), &labels)
    };
    assert_eq!((bucket("0.01"), bucket("0.1"), bucket("1.0"), bucket("+Inf")), (1.0, 2.0, 2.0, 2.0));
    let native = &life.histograms[&format!("{DURATION}{{{ok}}}")];
    assert_eq!((native.schema, native.positive_counts.iter().sum::<f64>()), (3, 2.0));
    // 4 ms is in the bucket above 2^(-64/8) s = 3.9 ms, 40 ms in the one up to 2^(-37/8) s = 40.5 ms.
    assert_eq!(life::indexes(native), [-63, -37]);
    let health = &life.histograms[&format!("{DURATION}{{{}}}", labels("GET /health", "STATUS_CODE_UNSET"))];
    assert_eq!(health.positive_counts.len(), 0, "a duration of 0 is in the zero bucket");
    assert_eq!(life.first(CALLS, &ok), 0.0, "a series begins with 0");
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exemplars_name_the_trace_that_samplers_most_likely_keep() {
    let world = World::new();
    let mut life = Life::begin(&world, 100).await;
    let of = |randomness: u8| {
        let mut trace = [1; 16];
        trace[9] = randomness;
        Sent { trace, ..Sent::default() }
    };
    life.send(&[of(3), of(200), of(7)]).await;
    life.told().await;
    let shown: Vec<&String> = life.exemplars.iter().collect();
    assert!(!shown.is_empty() && shown.iter().all(|id| id[18..20] == *"c8"), "{shown:?}");
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn combinations_that_are_too_many_are_counted_together() {
    let world = World::new();
    let mut life = Life::begin(&world, 2).await;
    let names = ["a", "b", "c", "d", "a"];
    life.send(&names.map(|name| Sent { name, ..Sent::default() })).await;
    let latest = life.told().await;
    let overflow = latest[&format!("{CALLS}{{instance=c1,job=span_metrics,otel_metric_overflow=true}}")];
    assert_eq!(overflow, 2.0);
    assert_eq!(latest[&format!("{CALLS}{{{}}}", labels("a", "STATUS_CODE_UNSET"))], 2.0);
    life.stop().await;
}

/// Random batches over lives that end with kills: counters never fall, and in the end each span is counted once.
#[tokio::test(flavor = "multi_thread")]
async fn after_kills_no_counter_has_fallen_and_each_span_counts_once() {
    let seed =
        std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let world = World::new();
    let mut wanted: BTreeMap<&str, f64> = BTreeMap::new();
    let mut seen: BTreeMap<String, f64> = BTreeMap::new();
    for _ in 0..12 {
        let mut life = Life::begin(&world, 100).await;
        for _ in 0..random.usize(1..6) {
            let spans: Vec<Sent> = (0..random.usize(1..20))
                .map(|_| Sent { name: ["a", "b", "c", "d"][random.usize(0..4)], ..Sent::default() })
                .collect();
            spans.iter().for_each(|span| *wanted.entry(span.name).or_default() += 1.0);
            life.send(&spans).await;
            tokio::time::sleep(Duration::from_millis(random.u64(0..80))).await;
        }
        for (series, value) in life.samples().await {
            let before = seen.insert(series.clone(), value).unwrap_or_default();
            assert!(value >= before, "{series} falls from {before} to {value}");
        }
        assert!(life.ledger.snapshot().balances(), "{:?}", life.ledger.snapshot());
        life.kill();
    }
    let mut life = Life::begin(&world, 100).await;
    let latest = life.told().await;
    for (name, count) in wanted {
        assert_eq!(latest[&format!("{CALLS}{{{}}}", labels(name, "STATUS_CODE_UNSET"))], count, "{name}");
    }
    assert!(life.ledger.snapshot().balances());
    life.stop().await;
}

/// 40,000 spans, of which an agent kept 10 %: the count must be within 4 standard errors of the truth. With the share p a
/// kept span counts 1 / p, so that the variance of the sum is n (1 - p) / p.
#[tokio::test(flavor = "multi_thread")]
async fn counts_after_sampling_a_tenth_are_those_of_the_truth_within_the_statistical_bound() {
    const SPANS: usize = 40_000;
    let mut random = fastrand::Rng::with_seed(5);
    let sampler = Sampler::new(0.1).expect("a ratio");
    let world = World::new();
    let mut life = Life::begin(&world, 100).await;
    let mut kept = Vec::new();
    let mut truth = [0.0; 2];
    for number in 0..SPANS {
        let trace = random.u128(..).to_be_bytes();
        let error = number % 5 == 0;
        truth[usize::from(error)] += 1.0;
        if let Decision::KeepAs(threshold) = sampler.decide(&trace, &TraceState::default()) {
            kept.push(Sent { trace, error, millis: 20, threshold: Some(threshold), ..Sent::default() });
        }
    }
    assert!((3_000..5_000).contains(&kept.len()), "{}", kept.len());
    for spans in kept.chunks(500) {
        life.send(spans).await;
    }
    let latest = life.told().await;
    let p = Threshold::from_ratio(0.1).expect("a ratio").probability();
    for (status, truth) in ["STATUS_CODE_UNSET", "STATUS_CODE_ERROR"].into_iter().zip(truth) {
        let counted = latest[&format!("{CALLS}{{{}}}", labels("GET /", status))];
        let bound = 4.0 * (truth * (1.0 - p) / p).sqrt();
        assert!((counted - truth).abs() < bound, "{status}: {counted}, truth {truth} +- {bound}");
        let count = latest[&format!("{DURATION}_count{{{}}}", labels("GET /", status))];
        assert_eq!(count, counted, "histograms count alike");
    }
    life.stop().await;
}
