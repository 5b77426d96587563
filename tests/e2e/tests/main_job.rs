//! The main job: metrics, logs and spans reach the real Prometheus, Elasticsearch and Jaeger, each record once, through
//! outages of each of them, rotation of every file and two kills of weir; and the books say the same.

mod main_job {
    pub(crate) mod journey;
    pub(crate) mod spans;
}

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use main_job::journey::Journey;
use main_job::spans;
use serde_json::{Value, json};
use weir_e2e::{Rotation, Writer};
use weir_stack::{telemetrygen, wait_until};

const SETTLE: Duration = Duration::from_secs(60);

#[test]
fn every_sample_line_and_span_arrives_once_through_outages_rotations_and_kills() {
    let mut journey = Journey::start();
    journey.write_lines(500);
    spans::send_with_the_sdk(&journey.otlp_grpc(), &journey.json_trace_ids(0..20));
    generate(&journey, "traces", &["--traces", "50", "--child-spans", "3", "--service", "telemetrygen"]);
    generate(
        &journey,
        "logs",
        &["--logs", "200", "--body", "from telemetrygen", "--service", "telemetrygen"],
    );
    journey.rotate(Rotation::Rename);

    // Each destination is away once while everything goes on, and weir dies twice with records held.
    journey.backends.prometheus.stop();
    journey.write_lines(300);
    journey.await_pages(3);
    journey.backends.prometheus.start_again().expect("prometheus starts again");

    journey.backends.elasticsearch.stop();
    journey.write_lines(300);
    journey.rotate(Rotation::Rename);
    journey.write_lines(300);
    journey.kill_while_lines_are_written(300);
    spans::send_until_acknowledged(&journey.otlp_http(), &journey.json_trace_ids(20..40));
    journey.backends.elasticsearch.start_again().expect("elasticsearch starts again");

    journey.backends.jaeger.stop();
    spans::send_until_acknowledged(&journey.otlp_http(), &journey.json_trace_ids(40..60));
    journey.kill_while_lines_are_written(300);
    spans::send_until_acknowledged(&journey.otlp_http(), &journey.json_trace_ids(60..80));
    journey.backends.jaeger.start_again().expect("jaeger starts again");

    // A truncation takes away what was not read, with every tailer: so it waits for the reader.
    journey.await_documents(SETTLE);
    journey.rotate(Rotation::CopyTruncate);
    journey.write_lines(200);
    journey.await_pages(2);
    journey.await_documents(SETTLE);
    let books = journey.weir.settled(SETTLE);
    assert_eq!(books.sum("weir_records_dropped_total", &[]), 0.0, "{books:?}");

    check_lines(&journey);
    check_spans(&journey);
    check_samples(&journey);
    let status = journey.weir.stop();
    assert!(status.success(), "{status}: {}", journey.weir.log());
}

fn generate(journey: &Journey, signal: &str, arguments: &[&str]) {
    let endpoint = journey.otlp_grpc();
    let endpoint = endpoint.trim_start_matches("http://");
    let common = [signal, "--otlp-insecure", "--otlp-endpoint", endpoint, "--rate", "0", "--workers", "1"];
    let output = telemetrygen(&[&common, arguments].concat()).expect("telemetrygen runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn check_lines(journey: &Journey) {
    let documents = journey.documents();
    let mut found: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for (_, document) in &documents {
        let message = document["message"].as_str().unwrap_or_default().to_owned();
        found.entry(message).or_default().push(document);
    }
    assert_eq!(found.remove("from telemetrygen").map(|all| all.len()), Some(200));
    let expected: BTreeSet<String> = journey.writers().flat_map(Writer::expected).collect();
    let missing: Vec<_> = expected.iter().filter(|message| !found.contains_key(*message)).take(5).collect();
    let extra: Vec<_> = found.keys().filter(|message| !expected.contains(*message)).take(5).collect();
    let twice: Vec<_> = found.iter().filter(|(_, all)| all.len() > 1).take(5).collect();
    assert!(missing.is_empty() && extra.is_empty() && twice.is_empty(), "{missing:?} {extra:?} {twice:?}");

    for number in [0, journey.json.written() - 1] {
        let document = found[&journey.json.message(number)][0];
        assert_eq!(document["trace.id"], json!(journey.json.trace_id(number)), "{document}");
        assert_eq!(document["log.level"], "warn", "{document}");
        assert_eq!(document["json"]["n"], json!(number), "{document}");
        assert_eq!(document["service.environment"], "e2e", "{document}");
    }
    let parted = found[&journey.cri.message(0)][0];
    assert_eq!(
        parted["@timestamp"].as_str().map(|time| &time[..19]),
        Some("2026-03-04T05:06:07"),
        "{parted}"
    );
}

fn check_spans(journey: &Journey) {
    let jaeger = &journey.backends.jaeger;
    for trace_id in journey.json_trace_ids(0..80) {
        let spans = wait_until("the trace is there", SETTLE, || jaeger.spans(&trace_id));
        let ids: BTreeSet<_> = spans.iter().map(|span| span["spanID"].to_string()).collect();
        assert_eq!(ids.len(), spans::PER_TRACE, "{trace_id}: {spans:?}");
    }
    let answer = jaeger.query("traces?service=telemetrygen&limit=1000&lookback=1h").expect("jaeger answers");
    let spans: usize = answer["data"]
        .as_array()
        .map(|traces| traces.iter().map(|trace| trace["spans"].as_array().map_or(0, Vec::len)).sum())
        .unwrap_or_default();
    assert_eq!(spans, 50 * 4);
    let process = &answer["data"][0]["processes"]["p1"]["tags"];
    let tags = process.as_array().cloned().unwrap_or_default();
    assert!(
        tags.iter().any(|tag| tag["key"] == "deployment.environment.name" && tag["value"] == "e2e"),
        "{tags:?}"
    );
}

fn check_samples(journey: &Journey) {
    for (job, shown) in
        [("text", journey.text_target.shown()), ("openmetrics", journey.open_metrics_target.shown())]
    {
        let answer = journey.backends.prometheus.api(
            "query",
            &[(
                "query",
                &format!("e2e_pages_total{{job=\"{job}\",deployment_environment_name=\"e2e\"}}[1h]"),
            )],
        );
        let values: Vec<u64> = answer["result"][0]["values"]
            .as_array()
            .map(|values| values.iter().filter_map(|pair| pair[1].as_str()?.parse().ok()).collect())
            .unwrap_or_default();
        assert!(values.windows(2).all(|pair| pair[0] < pair[1]), "{job}: twice or out of order: {values:?}");
        let missing = (0..shown).filter(|number| !values.contains(number)).count();
        // A page that was on its way when weir was killed, or is so now, was never weir's.
        assert!(missing <= Journey::KILLS + 1, "{job}: {missing} of {shown} pages are missing: {values:?}");
    }
    let up = journey.backends.prometheus.api("query", &[("query", "min(min_over_time(up[1h]))")]);
    assert_eq!(up["result"][0]["value"][1], "1");
    let exemplars = journey.backends.prometheus.api(
        "query_exemplars",
        &[("query", "e2e_latency_seconds_bucket"), ("start", "0"), ("end", "9999999999")],
    );
    let trace_id = &exemplars[0]["exemplars"][0]["labels"]["trace_id"];
    assert_eq!(trace_id, &json!(journey.json.trace_id(0)), "{exemplars}");
    let stale = journey.backends.prometheus.api("query", &[("query", "e2e_first_pages_only")]);
    assert_eq!(stale["result"], json!([]), "a series that vanished from the page is stale");
}
