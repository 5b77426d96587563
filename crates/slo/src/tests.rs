//! What is read, and what is made of it. The rules themselves are judged by promtool, in tests/e2e.

use std::time::Duration;

use weir_config::SloIndicator;

use crate::{Generated, generate, read};

const SLO: &str = r#"
apiVersion: openslo/v1
kind: SLO
metadata:
  name: shop
  labels: {owner: [team-a, team-b], tier: gold}
  annotations: {weir.dev/min-bad-events: "3", other.tool/note: anything}
spec:
  service: shop
  timeWindow: [{duration: 30d, isRolling: true}]
  indicator:
    spec:
      ratioMetric:
        bad: {metricSource: {spec: {query: 'requests_total{code=~"5.."}'}}}
        total: {metricSource: {spec: {query: 'requests_total'}}}
  objectives: [{target: 0.999}]
"#;

fn made(text: &str, suffix: &str) -> String {
    let slos = read(text, "slo.yaml").unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let files = slos.iter().flat_map(|slo| generate(slo, "https://runbooks/"));
    let file = files.into_iter().find(|Generated { name, .. }| name.ends_with(suffix));
    file.map(|file| file.text).unwrap_or_default()
}

fn mistakes(text: &str) -> String {
    read(text, "slo.yaml")
        .map(|slos| format!("none: {slos:?}"))
        .unwrap_or_else(|mistakes| mistakes.to_string())
}

#[test]
fn thresholds_are_printed_as_people_write_them() {
    let rules = made(SLO, "shop.rules.yaml");
    for (burn, threshold) in [("5m", "0.0144"), ("30m", "0.006"), ("2h", "0.003"), ("6h", "0.001")] {
        let line = format!("slo:error_ratio:rate{burn}{{slo_id=\"shop\"}} > {threshold} and");
        assert!(rules.contains(&line), "{line} in\n{rules}");
    }
    assert!(rules.contains("* 3600 >= 3"), "the guard of the annotation");
    assert!(rules.contains("owner: \"team-a\"") && rules.contains("tier: \"gold\""), "{rules}");
    assert!(rules.contains("runbook_url: \"https://runbooks/SLOErrorBudgetBurn.md\""), "{rules}");
}

#[test]
fn error_series_that_never_were_count_as_none() {
    let rules = made(SLO, "shop.rules.yaml");
    let expr = "(sum(rate(requests_total{code=~\"5..\"}[5m]))) or 0 * (sum(rate(requests_total[5m])))";
    assert!(rules.contains(expr), "{rules}");
}

#[test]
fn a_query_may_be_an_expression_with_a_window_and_then_has_no_made_up_tests() {
    let text = SLO.replace("'requests_total'", "'sum(rate(a[$window])) + sum(rate(b[$window]))'");
    assert!(made(&text, "shop.rules.yaml").contains("expr: \"sum(sum(rate(a[1h])) + sum(rate(b[1h])))\""));
    assert_eq!(made(&text, "shop.test.yaml"), "");
}

#[test]
fn events_do_not_count_while_an_expression_has_a_value() {
    let annotation = "weir.dev/exclude-when: 'maintenance{service=\"shop\"} == 1', other.tool/note";
    let rules = made(&SLO.replace("other.tool/note", annotation), "shop.rules.yaml");
    assert!(
        rules.contains("unless on () count_over_time((maintenance{service=\"shop\"} == 1)[5m:15s])"),
        "{rules}"
    );
    assert!(rules.contains("sum_over_time(slo:events_total:rate5m{slo_id=\"shop\"}[1h:1m]) / 60"), "{rules}");
}

#[test]
fn a_latency_objective_takes_its_threshold_from_the_objective() {
    let indicator =
        "thresholdMetric: {metricSource: {spec: {query: 'd{a=\"b\"}', histogram: classic}}}\n    unused:";
    let text =
        SLO.replace("ratioMetric:", indicator).replace("target: 0.999", "target: 0.99, op: lte, value: 2");
    let start = text.find("    unused:").expect("it is there");
    let end = text.find("  objectives").expect("it is there");
    let text = format!("{}{}", &text[..start], &text[end..]);
    let slos = read(&text, "slo.yaml").unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let wanted = SloIndicator::Latency { histogram: "d{a=\"b\"}".to_owned(), native: false, threshold: 2.0 };
    assert_eq!((slos[0].indicator.clone(), slos[0].period), (wanted, Duration::from_secs(30 * 86_400)));
    let rules = made(&text, "shop.rules.yaml");
    assert!(rules.contains(r#"d_bucket{a="b",le=~"2|2\\.0"}"#), "both ways to write the bound:\n{rules}");
    let native = made(&text.replace("classic", "native"), "shop.rules.yaml");
    assert!(native.contains("histogram_fraction(0, 2, sum(rate(d{a=\"b\"}[5m])))"), "{native}");
}

#[test]
fn each_mistake_is_told_with_its_place_and_remedy() {
    let cases = [
        ("target: 0.999", "target: 1.0", "is not one that burn rates can watch"),
        ("target: 0.999", "target: 0.5", "is not one that burn rates can watch"),
        ("duration: 30d, isRolling: true", "duration: 1d, isRolling: true", "is too short"),
        ("isRolling: true", "isRolling: false", "only rolling windows are watched"),
        ("objectives: [", "budgetingMethod: Timeslices\n  objectives: [", "budgetingMethod"),
        ("'requests_total'", "'rate(requests_total[5m])'", "is neither a selector nor an expression"),
        ("'requests_total'", "'requests_total{'", "is no PromQL"),
        ("'requests_total'", "'{a=\"b\"}'", "names no metric"),
        ("service: shop\n", "servise: shop\n", "did you mean `service`?"),
        ("kind: SLO\n", "kind: SLOO\n", "did you mean `SLO`?"),
        ("openslo/v1\n", "openslo/v1alpha\n", "write the document as openslo/v1"),
        ("weir.dev/min-bad-events", "weir.dev/min-bad-event", "did you mean `weir.dev/min-bad-events`?"),
        ("[{target: 0.999}]", "[{target: 0.999}, {target: 0.99}]", "2 objectives"),
        ("tier: gold", "severity: gold", "is a label that weir sets"),
        ("'requests_total'", "'scalar(rate(a[$window]))'", "is a scalar"),
        (
            "objectives: [",
            "alertPolicies: [{spec: {conditions: [{a: b}]}}]\n  objectives: [",
            "are not taken",
        ),
    ];
    for (from, to, words) in cases {
        let text = SLO.replacen(from, to, 1);
        assert_ne!(text, SLO, "{from}");
        let told = mistakes(&text);
        assert!(told.contains(words) && !told.starts_with("none"), "{to}: {words} in\n{told}");
    }
    let twice = format!("{SLO}---{SLO}");
    assert!(mistakes(&twice).contains("is the name of another SLO"));
}
