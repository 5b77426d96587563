//! The main job: metrics, logs and spans reach the real Prometheus, Elasticsearch and Jaeger, each record once, through
//! outages of each of them, rotation of every file and two kills of weir; and the books say the same.

mod main_job {
    pub(crate) mod journey;
    pub(crate) mod spans;
}

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use main_job::journey::{FIRST_PAGES, INDEX, Journey};
use main_job::spans;
use serde_json::{Value, json};
use weir_e2e::{PageServer, Rotation, Writer};
use weir_stack::{telemetrygen, wait_until};

const SETTLE: Duration = Duration::from_secs(60);
/// What a scrape says about itself.
const REPORTS: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];

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
    journey.rotate_and_kill_while_lines_are_written();
    spans::send_until_acknowledged(&journey.otlp_http(), &journey.json_trace_ids(20..40));
    journey.backends.elasticsearch.start_again().expect("elasticsearch starts again");

    journey.backends.jaeger.stop();
    spans::send_until_acknowledged(&journey.otlp_http(), &journey.json_trace_ids(40..60));
    journey.rotate_and_kill_while_lines_are_written();
    spans::send_until_acknowledged(&journey.otlp_http(), &journey.json_trace_ids(60..80));
    journey.backends.jaeger.start_again().expect("jaeger starts again");

    // A truncation takes away what was not read, with every tailer: so it waits for the reader.
    journey.await_documents(SETTLE);
    journey.rotate(Rotation::CopyTruncate);
    journey.write_lines(200);
    journey.await_pages(2);
    journey.await_documents(SETTLE);
    // This time the file outgrows at once what it was before.
    journey.rotate(Rotation::CopyTruncate);
    journey.write_lines(400);
    journey.await_documents(SETTLE);
    let books = journey.weir.settled(SETTLE);
    assert_eq!(books.sum("weir_records_dropped_total", &[]), 0.0, "{books:?}");

    check_lines(&journey);
    check_spans(&journey);
    check_that_a_log_line_leads_to_its_trace(&journey);
    // Pages stop being scraped, so that they can be counted.
    journey.weir.finish();
    check_samples(&journey, "text", &journey.text_target, &["e2e_pages_total"]);
    check_samples(
        &journey,
        "openmetrics",
        &journey.open_metrics_target,
        &[
            "e2e_pages_total",
            "e2e_latency_seconds_bucket",
            "e2e_latency_seconds_bucket",
            "e2e_latency_seconds_sum",
            "e2e_latency_seconds_count",
        ],
    );
    check_first_pages(&journey);
    check_host_metrics(&journey);
    check_exemplars(&journey);
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
    let exact = journey.json_trace_ids(0..20);
    for trace_id in journey.json_trace_ids(0..80) {
        let spans = wait_until("the trace is there", SETTLE, || jaeger.spans(&trace_id));
        let ids: BTreeSet<_> = spans.iter().map(|span| span["spanID"].to_string()).collect();
        assert_eq!(ids.len(), spans::PER_TRACE, "{trace_id}: {spans:?}");
        // The first twenty were sent while nothing was away: once. Of the others one that was on its way when weir was
        // killed or Jaeger was stopped may be sent again, by its sender or by weir, since nobody knew it had arrived.
        let sendings = if exact.contains(&trace_id) { 1 } else { 2 };
        assert!(spans.len() <= sendings * spans::PER_TRACE, "{trace_id}: {spans:?}");
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

/// The id is what Elasticsearch shows, not what the writer wrote.
fn check_that_a_log_line_leads_to_its_trace(journey: &Journey) {
    let with_a_trace = json!({"exists": {"field": "trace.id"}});
    let found = journey.backends.elasticsearch.search(INDEX, &with_a_trace).expect("elasticsearch answers");
    for number in [0, 25, 45, 79] {
        let message = journey.json.message(number);
        let line = found.iter().find(|(_, document)| document["message"] == json!(message));
        let (_, line) = line.unwrap_or_else(|| panic!("no trace.id at {message}"));
        let trace_id = line["trace.id"].as_str().unwrap_or_else(|| panic!("{line}"));
        let spans = journey.backends.jaeger.spans(trace_id).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert!(!spans.is_empty(), "{line}");
        assert!(spans.iter().all(|span| span["traceID"] == line["trace.id"]), "{line}: {spans:?}");
    }
}

/// Every series of a job holds one sample per page, and so do the reports on each scrape.
fn check_samples(journey: &Journey, job: &str, target: &PageServer, on_each_page: &[&str]) {
    let prometheus = &journey.backends.prometheus;
    let selector = format!("job=\"{job}\",deployment_environment_name=\"e2e\"");
    let answer = prometheus.api("query", &[("query", &format!("e2e_pages_total{{{selector}}}[1h]"))]);
    let values: Vec<u64> = answer["result"][0]["values"]
        .as_array()
        .map(|values| values.iter().filter_map(|pair| pair[1].as_str()?.parse().ok()).collect())
        .unwrap_or_default();
    assert!(values.windows(2).all(|pair| pair[0] < pair[1]), "{job}: twice or out of order: {values:?}");
    assert_eq!(values.first(), Some(&0), "{job}: {values:?}");
    // A page that was on its way when weir was killed was never weir's; nor was one at the stop, which leaves no gap.
    let gaps = values.windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
    let missing = target.shown() as usize - values.len();
    assert!(gaps <= Journey::KILLS && missing <= Journey::KILLS + 1, "{job}: {missing} missing: {values:?}");

    let all = format!("{{{selector},__name__!=\"e2e_first_pages_only\"}}[1h]");
    let answer = prometheus.api("query", &[("query", &all)]);
    let series = answer["result"].as_array().cloned().unwrap_or_default();
    for one in &series {
        let samples = one["values"].as_array().map_or(0, Vec::len);
        assert_eq!(samples, values.len(), "{job}: not a sample per page: {}", one["metric"]);
    }
    let mut names: Vec<&str> = series.iter().filter_map(|one| one["metric"]["__name__"].as_str()).collect();
    let mut expected = [on_each_page, &REPORTS].concat();
    names.sort_unstable();
    expected.sort_unstable();
    assert_eq!(names, expected, "{job}");
    let scraped = format!("last_over_time(scrape_samples_scraped{{{selector}}}[1h])");
    let answer = prometheus.api("query", &[("query", &scraped)]);
    assert_eq!(answer["result"][0]["value"][1], json!(on_each_page.len().to_string()), "{job}: {answer}");
    let up = format!("min(min_over_time(up{{{selector}}}[1h]))");
    assert_eq!(prometheus.api("query", &[("query", &up)])["result"][0]["value"][1], "1", "{job}");
}

fn check_first_pages(journey: &Journey) {
    let prometheus = &journey.backends.prometheus;
    let shown =
        prometheus.api("query", &[("query", "count_over_time(e2e_first_pages_only{job=\"text\"}[1h])")]);
    assert_eq!(shown["result"][0]["value"][1], json!(FIRST_PAGES.to_string()), "{shown}");
    let stale = prometheus.api("query", &[("query", "e2e_first_pages_only")]);
    assert_eq!(stale["result"], json!([]), "a series that vanished from the page is stale");
}

/// The machine's own figures are there from before the first outage until the end, with the configured resource.
fn check_host_metrics(journey: &Journey) {
    let pages = journey.text_target.shown();
    for (name, selector) in [
        ("node_cpu_seconds_total", "cpu=\"0\",mode=\"idle\","),
        ("node_memory_MemTotal_bytes", ""),
        ("node_memory_MemAvailable_bytes", ""),
        ("node_load1", ""),
        ("node_load15", ""),
    ] {
        let query = format!("count_over_time({name}{{{selector}deployment_environment_name=\"e2e\"}}[1h])");
        let answer = journey.backends.prometheus.api("query", &[("query", &query)]);
        let series = answer["result"].as_array().cloned().unwrap_or_default();
        assert_eq!(series.len(), 1, "{query}: {answer}");
        let readings: u64 = series[0]["value"][1].as_str().and_then(|count| count.parse().ok()).unwrap_or(0);
        // Read once a second, as the pages are; each life of weir begins at a moment of its own for either.
        assert!(readings + 2 * (Journey::KILLS as u64 + 1) >= pages, "{query}: {readings} of about {pages}");
    }
    let total = journey
        .backends
        .prometheus
        .api("query", &[("query", "last_over_time(node_memory_MemTotal_bytes[1h])")]);
    let total: f64 =
        total["result"][0]["value"][1].as_str().and_then(|text| text.parse().ok()).unwrap_or(0.0);
    assert!(total > 1e8, "{total} bytes of memory");
}

fn check_exemplars(journey: &Journey) {
    let exemplars = journey.backends.prometheus.api(
        "query_exemplars",
        &[("query", "e2e_latency_seconds_bucket"), ("start", "0"), ("end", "9999999999")],
    );
    let trace_id = &exemplars[0]["exemplars"][0]["labels"]["trace_id"];
    assert_eq!(trace_id, &json!(journey.json.trace_id(0)), "{exemplars}");
}
