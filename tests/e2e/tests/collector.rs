//! The tier: agents before it, the real Jaeger and Prometheus behind it.

#[path = "collector/span_metrics.rs"]
mod span_metrics;
#[path = "collector/spans.rs"]
mod spans;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use spans::{Spec, send};
use weir_e2e::{Books, Weir};
use weir_stack::{Jaeger, JaegerMode, free_port, wait_until};

const WAIT: Duration = Duration::from_secs(60);

fn collector_config(port: u16, jaeger: &Jaeger, more: &str) -> String {
    format!(
        "otlp: {{grpc: {{listen: \"127.0.0.1:{port}\", connection_age_max: 200ms}}}}\njaeger: [{{endpoint: \"{}\"}}]\n{more}",
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
    // Jaeger would hide a span that comes twice, the collector's books would not. What is asked is what came out of the
    // decisions: a delivery of the last milliseconds before a kill is made again, as everywhere.
    let kept = |books: &Books| books.sum("weir_records_received_total", &[("receiver", "tail_sampling")]);
    assert_eq!(kept(&collector.settled(WAIT)), TRACES as f64 / 2.0 * 4.0);
    collector.kill();
    collector.start_again();
    // After a kill, late spans still follow the decision.
    let late: Vec<Spec> = (0..TRACES).map(|trace| spec(trace, 5)).collect();
    send(http, &late);
    agent.settled(WAIT);
    let books = collector.settled(WAIT);
    assert_eq!(kept(&books), TRACES as f64 / 2.0);
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
