use std::collections::BTreeMap;

use proptest::prelude::{ProptestConfig, prop, proptest};
use tokio::runtime::Runtime;
use weir_delivery::Outcome;
use weir_model::Reason;

use crate::stage::{MS, NOW, Stage, native_histogram, sample_with_exemplar, samples, span, spans};

const T: i64 = NOW / MS;

const UP: &[(&str, &str)] = &[("__name__", "up"), ("job", "web")];

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..ProptestConfig::default() })]

    #[test]
    fn samples_are_what_was_stored_whether_in_head_or_blocks(
        batches in prop::collection::vec(
            (prop::collection::vec((0..4_usize, 0..40_i64, -5.0..5.0_f64), 1..20), prop::bool::weighted(0.3)),
            1..8,
        ),
    ) {
        Runtime::new().expect("a runtime").block_on(async {
            let stage = Stage::new();
            let mut expected: BTreeMap<(usize, i64), f64> = BTreeMap::new();
            let names: Vec<String> = (0..4).map(|series| series.to_string()).collect();
            for (index, (batch, compacts)) in batches.iter().enumerate() {
                let labels: Vec<[(&str, &str); 2]> =
                    batch.iter().map(|sample| [("__name__", "m"), ("series", names[sample.0].as_str())]).collect();
                let list: Vec<_> = batch
                    .iter()
                    .zip(&labels)
                    .map(|(&(_, time, value), labels)| (&labels[..], T + time * 1000, value))
                    .collect();
                stage.put_new(&samples(NOW + index as i64, &list)).await;
                expected.extend(batch.iter().map(|&(series, time, value)| ((series, time), value)));
                if *compacts {
                    stage.store.keep_house().await;
                }
            }
            for ((series, time), value) in expected {
                let query = format!("last_over_time(m{{series=\"{series}\"}}[1ms])");
                let found = stage.store.query(query, T + time * 1000).await.expect("valid");
                assert_eq!(found.series[0].value, Some(value), "series {series} at {time}");
            }
        });
    }
}

#[tokio::test]
async fn a_batch_of_samples_that_comes_again_counts_once() {
    let mut stage = Stage::new();
    let batch = samples(NOW, &[(UP, T, 1.0), (UP, T + 1, 2.0)]);
    stage.put_new(&batch).await;
    assert_eq!(stage.put(&batch).await, Outcome::Delivered { deduplicated: 2 });
    stage.store.keep_house().await;
    stage.reopen().await;
    assert_eq!(stage.put(&batch).await, Outcome::Delivered { deduplicated: 2 });
    let found = stage.store.query("count_over_time(up[1m])".to_owned(), T + 10).await.expect("valid");
    assert_eq!(found.series[0].value, Some(2.0));
    assert_eq!(stage.store.status().await.expect("readable").signals[0].records, 2);
}

#[tokio::test]
async fn native_histograms_are_refused_and_counted() {
    let stage = Stage::new();
    let expected =
        Outcome::Partial { delivered: 1, deduplicated: 0, dropped: vec![(Reason::Rejected, 1)], retry: None };
    assert_eq!(stage.put(&native_histogram(T)).await, expected);
}

#[tokio::test]
async fn names_labels_and_values_can_be_found() {
    let stage = Stage::new();
    let labels = |job: &'static str| [("__name__", "http_total"), ("job", job)];
    stage.put_new(&sample_with_exemplar(&labels("web"), T, 1.0, 7)).await;
    stage.put_new(&samples(NOW, &[(&labels("db"), T, 1.0), (UP, T, 1.0)])).await;

    let names = stage.store.metric_names(String::new(), 10).await.expect("readable");
    let [http, up] = &names.metrics[..] else { panic!("{names:?}") };
    assert_eq!(
        (http.name.as_str(), http.kind, http.series, http.has_exemplars),
        ("http_total", "counter", 2, true)
    );
    assert_eq!(http.help.as_deref(), Some("Requests served."));
    assert_eq!((up.name.as_str(), up.kind, &up.help, up.has_exemplars), ("up", "unknown", &None, false));
    for (text, found) in [("HTTP", 1), ("served", 1), ("nothing", 0)] {
        assert_eq!(
            stage.store.metric_names(text.to_owned(), 10).await.expect("readable").metrics.len(),
            found
        );
    }
    assert!(stage.store.metric_names(String::new(), 1).await.expect("readable").truncated);

    let labels = stage.store.label_names(Some("http_total")).await.expect("readable").labels;
    let labels: Vec<(&str, u64, u64)> =
        labels.iter().map(|label| (label.name.as_str(), label.series, label.values)).collect();
    assert_eq!(labels, [("__name__", 2, 1), ("job", 2, 2)]);
    let values =
        stage.store.label_values("job".to_owned(), None, "w".to_owned(), 10).await.expect("readable");
    let values: Vec<(&str, u64)> =
        values.values.iter().map(|value| (value.value.as_str(), value.series)).collect();
    assert_eq!(values, [("web", 2)]);
    assert!(stage.store.label_names(Some("rate(x[1m])")).await.is_err(), "not a selector");
}

#[tokio::test]
async fn exemplars_lead_to_their_traces() {
    let stage = Stage::new();
    let labels = [("__name__", "latency_bucket"), ("le", "0.5")];
    for (seconds, trace) in [(0, 7), (15, 8)] {
        stage.put_new(&sample_with_exemplar(&labels, T + seconds * 1000, 1.0, trace)).await;
    }
    stage.put_new(&spans("web", NOW, vec![span(8, 1, 0, 0, 1)])).await;
    let query = "histogram_quantile(0.9, sum by (le) (rate(latency_bucket[5m])))";
    let found = stage.store.exemplars(query, (T - 1000, T + 60_000), 10).await.expect("valid");
    let [series] = &found.series[..] else { panic!("{found:?}") };
    assert_eq!(series.labels["le"], "0.5");
    let [first, second] = &series.exemplars[..] else { panic!("{series:?}") };
    assert_eq!((first.time_ms, first.value, first.trace_exists), ((T - 5) as f64, Some(0.31), false));
    assert_eq!((second.trace_id.as_deref(), second.trace_exists), (Some("08".repeat(16).as_str()), true));
    let newest = stage.store.exemplars("latency_bucket", (0, i64::MAX), 1).await.expect("valid");
    assert!(newest.truncated);
    assert_eq!(newest.series[0].exemplars[..], *std::slice::from_ref(second));
}
