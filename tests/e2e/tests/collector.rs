//! The tier: agents before it, the real Jaeger and Prometheus behind it.

#[path = "collector/spans.rs"]
mod spans;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use spans::{Spec, send};
use weir_e2e::{Books, Weir};
use weir_stack::{Jaeger, JaegerMode, Prometheus, PrometheusMode, free_port, wait_until};

const WAIT: Duration = Duration::from_secs(60);

fn collector_config(port: u16, jaeger: &Jaeger, more: &str) -> String {
    format!(
        "otlp: {{grpc: {{listen: \"127.0.0.1:{port}\"}}}}\njaeger: [{{endpoint: \"{}\"}}]\n{more}",
        jaeger.grpc_endpoint()
    )
}

fn agent_config(http: u16, collector: u16) -> String {
    format!(
        "otlp: {{http: {{listen: \"127.0.0.1:{http}\"}}}}\n\
         forward: [{{endpoint: \"http://127.0.0.1:{collector}\", signals: [traces]}}]\n"
    )
}

fn jaeger(folder: &Path) -> Jaeger {
    Jaeger::start(&JaegerMode::Store, &folder.join("jaeger")).expect("jaeger starts")
}

/// How often each span of a trace is in Jaeger.
fn span_counts(jaeger: &Jaeger, trace: u128) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    // Jaeger answers 404 for a trace that it does not have.
    for span in jaeger.spans(&format!("{trace:032x}")).unwrap_or_default() {
        *counts.entry(span["spanID"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn over_kills_every_trace_is_decided_over_as_a_whole_and_none_comes_twice() {
    const TRACES: u128 = 60;
    let folder = tempfile::tempdir().expect("temporary folder");
    let jaeger = jaeger(folder.path());
    let (http, port) = (free_port(), free_port());
    let config = collector_config(
        port,
        &jaeger,
        "tail_sampling:\n  decision_wait: 1h\n  decision_wait_after_root: 1s\n  policies: [{name: errors, error: {}}]\n",
    );
    let mut collector = Weir::start_collector(&folder.path().join("collector"), &config);
    let mut agent = Weir::start(&folder.path().join("agent"), &agent_config(http, port));
    let trace_id = |trace: u128| 0x1000_0000_0000_0000_0000_0000_0000_0000 + trace;
    let spec = |trace: u128, span: u64| Spec {
        trace_id: trace_id(trace),
        span_id: span,
        is_root: span == 1,
        is_error: trace.is_multiple_of(2) && span == 3,
        ..Spec::default()
    };
    // Children come first, over three lives that end with kills while every trace is undecided.
    for span in [4, 3, 2] {
        let specs: Vec<Spec> = (0..TRACES).map(|trace| spec(trace, span)).collect();
        specs.chunks(7).for_each(|specs| send(http, specs));
        agent.settled(WAIT);
        collector.await_books("all is taken", WAIT, |books| {
            books.sum("weir_tail_sampling_undecided_traces", &[]) == TRACES as f64
        });
        collector.kill();
        collector.start_again();
    }
    let roots: Vec<Spec> = (0..TRACES).map(|trace| spec(trace, 1)).collect();
    send(http, &roots);
    agent.settled(WAIT);
    // Jaeger would hide a span that comes twice, the collector's books would not.
    let delivered = |books: &Books| books.sum("weir_records_delivered_total", &[("exporter", "jaeger")]);
    assert_eq!(delivered(&collector.settled(WAIT)), TRACES as f64 / 2.0 * 4.0);
    collector.kill();
    collector.start_again();
    // After a kill, late spans still follow the decision.
    let late: Vec<Spec> = (0..TRACES).map(|trace| spec(trace, 5)).collect();
    send(http, &late);
    agent.settled(WAIT);
    let books = collector.settled(WAIT);
    assert_eq!(delivered(&books), TRACES as f64 / 2.0);
    assert_eq!(
        books.sum("weir_tail_sampling_late_spans_total", &[("decision", "kept")]),
        TRACES as f64 / 2.0
    );
    for trace in 0..TRACES {
        let counts = span_counts(&jaeger, trace_id(trace));
        let whole: BTreeMap<String, usize> = (1..=5).map(|span| (format!("{span:016x}"), 1)).collect();
        let wanted = if trace.is_multiple_of(2) { whole } else { BTreeMap::new() };
        assert_eq!(counts, wanted, "trace {trace}");
    }
    agent.finish();
    collector.finish();
}

#[test]
fn a_stop_keeps_undecided_traces_and_taking_tail_sampling_out_of_the_file_does_not_lose_them() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let jaeger = jaeger(folder.path());
    let (http, port) = (free_port(), free_port());
    let tail = "tail_sampling: {decision_wait: 1h, policies: [{probability: {ratio: 1}}]}\n";
    let mut collector =
        Weir::start_collector(&folder.path().join("collector"), &collector_config(port, &jaeger, tail));
    let mut agent = Weir::start(&folder.path().join("agent"), &agent_config(http, port));
    send(http, &[Spec { trace_id: 7, span_id: 2, ..Spec::default() }]);
    agent.settled(WAIT);
    let status = collector.stop();
    assert!(status.success(), "an undecided trace is held, not lost: {status}");
    let path = collector.data();
    collector.write_config(&collector_config(port, &jaeger, ""));
    let refused = Weir::run(&[
        "collector",
        "--config",
        path.with_file_name("weir.yaml").to_str().expect("UTF-8"),
        "--data",
        path.to_str().expect("UTF-8"),
        "--listen",
        "127.0.0.1:0",
    ]);
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && words.contains("1 spans in "), "{words}");
    let sooner = tail.replace("1h", "1ms");
    collector.write_config(&collector_config(port, &jaeger, &sooner));
    collector.start_again();
    wait_until("the trace is in jaeger", WAIT, || match span_counts(&jaeger, 7).len() {
        1 => Ok(()),
        spans => Err(format!("{spans} spans")),
    });
    agent.finish();
    collector.finish();
}

#[test]
fn each_program_refuses_what_belongs_to_the_other() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let file = folder.path().join("weir.yaml");
    let refused = |program: &str, config: &str| {
        std::fs::write(&file, config).expect("a file");
        let path = file.to_str().expect("UTF-8");
        let ended = Weir::run(&[program, "--config", path, "--data", folder.path().to_str().expect("UTF-8")]);
        assert!(!ended.status.success());
        String::from_utf8_lossy(&ended.stderr).into_owned()
    };
    let words = refused("agent", "tail_sampling: {policies: [{error: {}}]}\nspan_metrics: {}\n");
    assert!(words.contains("tail_sampling, span_metrics has no effect in weir agent"), "{words}");
    let words = refused("collector", "host_metrics: {}\njournald: {}\n");
    assert!(words.contains("host_metrics, journald has no effect in weir collector"), "{words}");
}

/// The one value of an instant query.
fn value(prometheus: &Prometheus, query: &str) -> Option<f64> {
    let answer = prometheus.api("query", &[("query", query)]);
    let [series] = answer["result"].as_array().map(Vec::as_slice).unwrap_or_default() else { return None };
    series["value"][1].as_str()?.parse().ok()
}

#[test]
fn span_metrics_of_an_agent_that_samples_a_tenth_are_right_in_prometheus_over_kills() {
    const TRACES: usize = 6_000;
    let folder = tempfile::tempdir().expect("temporary folder");
    let prometheus =
        Prometheus::start(PrometheusMode::Receiver, &folder.path().join("prometheus"), "global: {}\n")
            .expect("prometheus starts");
    let jaeger = jaeger(folder.path());
    let (http, port) = (free_port(), free_port());
    let remote_write = |name: &str, message: &str, label: &str| {
        format!(
            "  - {{name: {name}, url: \"{}/api/v1/write\", protobuf_message: {message}, \
             write_relabel_configs: [{{target_label: message, replacement: {label}}}]}}\n",
            prometheus.url()
        )
    };
    let config = collector_config(
        port,
        &jaeger,
        &format!(
            "tail_sampling: {{decision_wait_after_root: 0s, policies: [{{error: {{}}}}]}}\n\
             span_metrics: {{interval: 1s, instance: c1}}\nremote_write:\n{}{}",
            remote_write("v1", "prometheus.WriteRequest", "v1"),
            remote_write("v2", "io.prometheus.write.v2.Request", "v2")
        ),
    );
    let mut collector = Weir::start_collector(&folder.path().join("collector"), &config);
    let sampling = "sampling: {traces: {ratio: 0.1}}\n";
    let mut agent =
        Weir::start(&folder.path().join("agent"), &format!("{}{sampling}", agent_config(http, port)));
    let mut random = fastrand::Rng::with_seed(11);
    let specs: Vec<Spec> = (0..TRACES)
        .map(|number| Spec {
            trace_id: random.u128(..),
            is_root: true,
            is_error: number.is_multiple_of(4),
            duration: Duration::from_millis(if number.is_multiple_of(2) { 30 } else { 300 }),
            ..Spec::default()
        })
        .collect();
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
    let truth = TRACES as f64;
    let bound = |truth: f64| 4.0 * (truth * 0.9 / 0.1).sqrt();
    for message in ["v1", "v2"] {
        let of = |query: &str| {
            let query = query.replace("{", &format!("{{instance=\"c1\",message=\"{message}\","));
            value(&prometheus, &query).unwrap_or_else(|| panic!("{query} gives no single value"))
        };
        let close = |counted: f64, truth: f64| {
            assert!((counted - truth).abs() < bound(truth), "{message}: {counted}, truth {truth}");
        };
        close(of("sum(traces_span_metrics_calls_total{service_name=\"shop\"})"), truth);
        close(of("sum(traces_span_metrics_calls_total{status_code=\"STATUS_CODE_ERROR\"})"), truth / 4.0);
        close(of("sum(traces_span_metrics_duration_seconds_bucket{le=\"0.05\"})"), truth / 2.0);
        close(
            of("histogram_count(sum(traces_span_metrics_duration_seconds{span_kind=\"SPAN_KIND_SERVER\"}))"),
            truth,
        );
        let slow =
            of("histogram_quantile(0.9, sum(traces_span_metrics_duration_seconds{span_name=\"GET /\"}))");
        assert!((0.27..0.33).contains(&slow), "{message}: 300 ms within the width of a bucket: {slow}");
        let resets = of("max(resets(traces_span_metrics_calls_total{job=\"span_metrics\"}[10m]))");
        assert_eq!(resets, 0.0, "{message}: no counter fell over three kills");
    }
    let exemplars = prometheus.api(
        "query_exemplars",
        &[
            ("query", "traces_span_metrics_duration_seconds_bucket{message=\"v2\"}"),
            ("start", "0"),
            ("end", "4000000000"),
        ],
    );
    let trace_id = exemplars[0]["exemplars"][0]["labels"]["trace_id"].as_str().unwrap_or_default().to_owned();
    let sent = specs.iter().any(|spec| format!("{:032x}", spec.trace_id) == trace_id);
    assert!(sent, "an exemplar names a trace that was sent: {exemplars}");
    agent.finish();
    collector.finish();
}
