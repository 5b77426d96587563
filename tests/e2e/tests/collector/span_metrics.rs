//! Span metrics in the real Prometheus.

use std::time::Duration;

use weir_e2e::Weir;
use weir_stack::{Prometheus, PrometheusMode, free_port};

use super::spans::{Spec, send};
use super::{WAIT, agent_config, collector_config, jaeger};

const TRACES: usize = 6_000;
const SAMPLED: f64 = 0.1;

fn config(port: u16, jaeger: &weir_stack::Jaeger, prometheus: &Prometheus) -> String {
    let remote_write = |name: &str, message: &str| {
        format!(
            "  - {{name: {name}, url: \"{}/api/v1/write\", protobuf_message: {message}, \
             write_relabel_configs: [{{target_label: message, replacement: {name}}}]}}\n",
            prometheus.url()
        )
    };
    let more = format!(
        "tail_sampling: {{decision_wait_after_root: 0s, policies: [{{error: {{}}}}]}}\n\
         span_metrics: {{interval: 1s, instance: c1}}\nremote_write:\n{}{}",
        remote_write("v1", "prometheus.WriteRequest"),
        remote_write("v2", "io.prometheus.write.v2.Request")
    );
    collector_config(port, jaeger, &more)
}

/// Root spans, a quarter of them errors, half of them slow.
fn specs() -> Vec<Spec> {
    let mut random = fastrand::Rng::with_seed(11);
    let spec = |number: usize| Spec {
        trace_id: random.u128(..),
        is_root: true,
        is_error: number.is_multiple_of(4),
        duration: Duration::from_millis(if number.is_multiple_of(2) { 30 } else { 300 }),
        ..Spec::default()
    };
    (0..TRACES).map(spec).collect()
}

/// The one value of an instant query over the series that came with a version of remote-write.
fn value(prometheus: &Prometheus, message: &str, query: &str) -> f64 {
    let query = query.replace('{', &format!("{{instance=\"c1\",message=\"{message}\","));
    let answer = prometheus.api("query", &[("query", &query)]);
    let value = answer["result"][0]["value"][1].as_str().and_then(|value| value.parse().ok());
    value.unwrap_or_else(|| panic!("{query} gives {answer}"))
}

/// What is counted is the truth, within 4 standard errors: a kept span counts 1 / p.
fn check(prometheus: &Prometheus, message: &str) {
    let of = |query: &str| value(prometheus, message, query);
    let close = |query: &str, truth: f64| {
        let (counted, bound) = (of(query), 4.0 * (truth * (1.0 - SAMPLED) / SAMPLED).sqrt());
        assert!((counted - truth).abs() < bound, "{message}: {query} is {counted}, truth {truth} +- {bound}");
    };
    let truth = TRACES as f64;
    close("sum(traces_span_metrics_calls_total{service_name=\"shop\"})", truth);
    close("sum(traces_span_metrics_calls_total{status_code=\"STATUS_CODE_ERROR\"})", truth / 4.0);
    close("sum(traces_span_metrics_duration_seconds_bucket{le=\"0.05\"})", truth / 2.0);
    close(
        "histogram_count(sum(traces_span_metrics_duration_seconds{span_kind=\"SPAN_KIND_SERVER\"}))",
        truth,
    );
    let slow = of("histogram_quantile(0.9, sum(traces_span_metrics_duration_seconds{span_name=\"GET /\"}))");
    assert!((0.27..0.33).contains(&slow), "{message}: 300 ms within the width of a bucket: {slow}");
    let resets = of("max(resets(traces_span_metrics_calls_total{job=\"span_metrics\"}[10m]))");
    assert_eq!(resets, 0.0, "{message}: no counter fell");
}

#[test]
fn counts_after_sampling_a_tenth_are_right_in_prometheus_over_kills_and_exemplars_name_traces() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let prometheus =
        Prometheus::start(PrometheusMode::Receiver, &folder.path().join("prometheus"), "global: {}\n")
            .expect("prometheus starts");
    let jaeger = jaeger(folder.path());
    let (http, port) = (free_port(), free_port());
    let config = config(port, &jaeger, &prometheus);
    let mut collector = Weir::start_collector(&folder.path().join("collector"), &config);
    let sampling = format!("{}sampling: {{traces: {{ratio: {SAMPLED}}}}}\n", agent_config(http, port));
    let mut agent = Weir::start(&folder.path().join("agent"), &sampling);
    let specs = specs();
    for (batch, specs) in specs.chunks(500).enumerate() {
        send(http, specs);
        if batch % 4 == 3 {
            agent.settled(WAIT);
            collector.kill();
            collector.start_again();
        }
    }
    agent.settled(WAIT);
    collector.settled(WAIT);
    ["v1", "v2"].iter().for_each(|message| check(&prometheus, message));
    let query = "traces_span_metrics_duration_seconds_bucket{message=\"v2\"}";
    let exemplars =
        prometheus.api("query_exemplars", &[("query", query), ("start", "0"), ("end", "4000000000")]);
    let trace_id = exemplars[0]["exemplars"][0]["labels"]["trace_id"].as_str().unwrap_or_default();
    let was_sent = specs.iter().any(|spec| format!("{:032x}", spec.trace_id) == trace_id);
    assert!(was_sent, "an exemplar names a trace that was sent: {exemplars}");
    agent.finish();
    collector.finish();
}
