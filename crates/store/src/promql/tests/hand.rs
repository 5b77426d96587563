//! Results calculated by hand.

use crate::metrics::STALE;
use crate::stage::{MS, NOW, Stage, samples};

const T: i64 = NOW / MS;

/// A counter `c{i="a"}` that grows by 3 and `c{i="b"}` that grows by 6 each 15 s, over 10 minutes before T.
async fn counters() -> Stage {
    let stage = Stage::new();
    let (a, b) = ([("__name__", "c"), ("i", "a")], [("__name__", "c"), ("i", "b")]);
    for n in 0..=40 {
        let time = T - 600_000 + n * 15_000;
        let list = [(&a[..], time, 1000.0 + (n * 3) as f64), (&b[..], time, 1000.0 + (n * 6) as f64)];
        stage.put_new(&samples(NOW + n, &list)).await;
    }
    stage
}

async fn value(stage: &Stage, query: &str, time: i64) -> Option<f64> {
    let result = stage.store.query(query.to_owned(), time).await.expect("valid");
    let [series] = &result.series[..] else { panic!("{query}: {result:?}") };
    series.value
}

fn near(found: Option<f64>, expected: f64) {
    let found = found.expect("a value");
    assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
}

#[tokio::test]
async fn a_steady_counter_has_its_rate() {
    let stage = counters().await;
    near(value(&stage, r#"rate(c{i="a"}[1m])"#, T).await, 0.2);
    near(value(&stage, r#"increase(c{i="b"}[5m])"#, T).await, 120.0);
    near(value(&stage, r#"irate(c{i="b"}[5m])"#, T).await, 0.4);
    near(value(&stage, r#"delta(c{i="a"}[5m])"#, T).await, 60.0);
    near(value(&stage, "sum(rate(c[1m]))", T).await, 0.6);
    near(value(&stage, "avg without (i) (rate(c[1m]))", T).await, 0.3);
    near(value(&stage, "max(c) ", T).await, 1240.0);
    near(value(&stage, "min by (job) (c)", T).await, 1120.0);
    near(value(&stage, "count(c)", T).await, 2.0);
    near(value(&stage, r#"-c{i="a"} * 2 + 1"#, T).await, -2239.0);
    near(value(&stage, r#"100 - 2 ^ 3 * rate(c{i="a"}[1m] offset 5m)"#, T).await, 98.4);
}

#[tokio::test]
async fn a_range_is_open_at_its_start_and_closed_at_its_end() {
    let stage = counters().await;
    near(value(&stage, r#"count_over_time(c{i="a"}[30s])"#, T).await, 2.0);
    near(value(&stage, r#"count_over_time(c{i="a"}[30001ms])"#, T).await, 3.0);
    near(value(&stage, r#"count_over_time(c{i="a"}[30s])"#, T + 1).await, 2.0);
    near(value(&stage, r#"sum_over_time(c{i="a"}[30s])"#, T).await, 1117.0 + 1120.0);
    near(value(&stage, r#"avg_over_time(c{i="a"}[30s])"#, T).await, 1118.5);
    near(value(&stage, r#"min_over_time(c{i="a"}[30s])"#, T).await, 1117.0);
    near(value(&stage, r#"max_over_time(c{i="a"}[30s])"#, T).await, 1120.0);
}

#[tokio::test]
async fn a_counter_reset_and_zero_bound_the_extrapolation() {
    let stage = Stage::new();
    let c = [("__name__", "c")];
    // 10 s apart: 5, 15, then a reset to 2, 12. Growth is 10 + 2 + 10 = 22 over 30 s.
    let values = [5.0, 15.0, 2.0, 12.0];
    let list: Vec<_> =
        values.iter().zip(0..).map(|(&value, n)| (&c[..], T - 35_000 + n * 10_000, value)).collect();
    stage.put_new(&samples(NOW, &list)).await;
    // The range starts 25 s before the first sample: further than 11 s, so half a distance, 5 s, is added; but the
    // counter reached zero 30 * 5 / 22 = 6.8 s before, which is further. The end is 5 s after the last.
    near(value(&stage, "increase(c[1m])", T).await, 22.0 * (30.0 + 5.0 + 5.0) / 30.0);
    near(value(&stage, "delta(c[1m])", T).await, 7.0 * 40.0 / 30.0);
    let one = stage.store.query("rate(c[6s])".to_owned(), T).await.expect("valid");
    assert!(one.series.is_empty(), "one sample has no rate");
}

#[tokio::test]
async fn a_sample_counts_for_five_minutes_and_until_its_series_ends() {
    let stage = Stage::new();
    let (a, b) = ([("__name__", "g"), ("i", "a")], [("__name__", "g"), ("i", "b")]);
    let ended = (&b[..], T + 1000, f64::from_bits(STALE));
    stage.put_new(&samples(NOW, &[(&a[..], T, 1.5), (&b[..], T, f64::NAN), ended])).await;
    let at = async |time| stage.store.query("g".to_owned(), time).await.expect("valid").series;
    let both = at(T).await;
    assert_eq!((both[0].value, both[0].text.as_str(), both[0].sample_ms), (Some(1.5), "1.5", Some(T as f64)));
    assert_eq!((both[1].value, both[1].text.as_str()), (None, "NaN"));
    assert_eq!(at(T + 1000).await.len(), 1, "b has ended");
    assert_eq!(at(T + 299_999).await.len(), 1);
    assert_eq!(at(T + 300_000).await.len(), 0);
    assert_eq!(at(T - 1).await.len(), 0);
}

#[tokio::test]
async fn a_range_query_has_a_value_or_none_per_step() {
    let stage = Stage::new();
    let g = [("__name__", "g")];
    stage.put_new(&samples(NOW, &[(&g[..], T, 1.0), (&g[..], T + 20_000, f64::INFINITY)])).await;
    let result =
        stage.store.query_range("g".to_owned(), (T - 10_000, T + 330_000), 10_000).await.expect("valid");
    let values = &result.series[0].values;
    assert_eq!((values.len(), values.len()), (result.times_ms.len(), 35));
    assert_eq!(values[..4], [None, Some(1.0), Some(1.0), None], "infinity has no place in JSON");
    assert_eq!(result.times_ms[1], T as f64);
    let scalar = stage.store.query_range("2 * 3".to_owned(), (T, T + 1000), 1000).await.expect("valid");
    assert_eq!(scalar.series[0].values, [Some(6.0), Some(6.0)]);
    let fixed =
        stage.store.query_range("g @ start()".to_owned(), (T, T + 20_000), 10_000).await.expect("valid");
    assert_eq!(fixed.series[0].values, [Some(1.0); 3]);
}

#[tokio::test]
async fn a_quantile_lies_within_its_bucket() {
    let stage = Stage::new();
    let bucket = |le: &'static str| [("__name__", "h_bucket"), ("le", le)];
    let labels = [bucket("0.1"), bucket("0.5"), bucket("1"), bucket("+Inf")];
    let counts = [10.0, 60.0, 90.0, 100.0];
    let list: Vec<_> = labels.iter().zip(counts).map(|(labels, count)| (&labels[..], T, count)).collect();
    stage.put_new(&samples(NOW, &list)).await;
    near(value(&stage, "histogram_quantile(0.05, h_bucket)", T).await, 0.05);
    near(value(&stage, "histogram_quantile(0.5, h_bucket)", T).await, 0.1 + 0.4 * (40.0 / 50.0));
    near(value(&stage, "histogram_quantile(0.9, sum by (le) (h_bucket))", T).await, 1.0);
    near(value(&stage, "histogram_quantile(0.99, h_bucket)", T).await, 1.0);
    assert_eq!(value(&stage, "histogram_quantile(2, h_bucket)", T).await, None, "+Inf");
    assert_eq!(value(&stage, r#"histogram_quantile(0.5, h_bucket{le!="+Inf"})"#, T).await, None, "NaN");
}
