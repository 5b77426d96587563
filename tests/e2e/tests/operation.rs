//! Running weir: its endpoints, reload by difference, a full spool, a stop that delivers, own traces.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;
use weir_e2e::{LineShape, Page, PageServer, Weir, Writer};
use weir_stack::{
    Jaeger, JaegerMode, Prometheus, PrometheusMode, free_port, get_json, get_text, try_get_text, wait_until,
};

const WAIT: Duration = Duration::from_secs(60);

fn post(url: &str) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut answer = agent.post(url).send_empty().expect("weir answers");
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap_or_default())
}

fn jobs(weir: &Weir) -> BTreeSet<String> {
    let targets = get_json(&weir.url("/targets"));
    let targets = targets.as_array().cloned().unwrap_or_default();
    targets.iter().filter_map(|target| target["labels"]["job"].as_str()).map(str::to_owned).collect()
}

fn job(name: &str, page: &PageServer) -> String {
    format!(
        "- {{job_name: {name}, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [{{targets: [\"{}\"]}}]}}\n",
        page.address()
    )
}

#[test]
fn a_reload_changes_what_the_file_changes_and_a_bad_file_changes_nothing() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let mut prometheus =
        Prometheus::start(PrometheusMode::Receiver, &folder.path().join("prometheus"), "global: {}\n")
            .expect("prometheus starts");
    let (first, second) = (
        PageServer::start(|_| Page::text("a 1\n".into())),
        PageServer::start(|_| Page::text("b 1\n".into())),
    );
    let head = format!("remote_write: [{{url: \"{}/api/v1/write\"}}]\nscrape_configs:\n", prometheus.url());
    let mut weir = Weir::start(&folder.path().join("weir"), &format!("{head}{}", job("one", &first)));
    assert_eq!(get_text(&weir.url("/healthz")).trim(), "alive");
    assert_eq!(jobs(&weir), BTreeSet::from(["one".to_owned()]));

    weir.write_config(&format!("{head}{}{}", job("one", &first), job("two", &second)));
    assert_eq!(post(&weir.url("/-/reload")).0, 200);
    assert_eq!(jobs(&weir), BTreeSet::from(["one".to_owned(), "two".to_owned()]));

    weir.write_config("scrape_configs: [{job_name: three, nonsense: 1}]\n");
    let (status, text) = post(&weir.url("/-/reload"));
    assert!(status == 400 && text.contains("nonsense"), "{status} {text}");
    assert_eq!(jobs(&weir).len(), 2);
    assert_eq!(weir.books().sum("weir_config_last_reload_successful", &[]), 0.0);

    weir.write_config(&format!("{head}{}", job("two", &second)));
    weir.hang_up();
    wait_until("the reload is applied", WAIT, || match jobs(&weir) {
        jobs if jobs == BTreeSet::from(["two".to_owned()]) => Ok(()),
        jobs => Err(format!("{jobs:?}")),
    });
    // A target that is gone is marked stale at once, not after five minutes.
    wait_until("the first job is stale", WAIT, || {
        let answer = prometheus.api("query", &[("query", "a")]);
        if answer["result"] == serde_json::json!([]) { Ok(()) } else { Err(answer.to_string()) }
    });
    assert!(!get_text(&weir.url("/config")).contains("job_name: one"));
    weir.settled(WAIT);
    weir.finish();
    prometheus.stop();
}

#[test]
fn a_full_spool_makes_weir_slow_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let mut jaeger = Jaeger::start(&JaegerMode::Store, &folder.path().join("jaeger")).expect("jaeger starts");
    let http_port = free_port();
    let config = format!(
        "otlp: {{http: {{listen: \"127.0.0.1:{http_port}\"}}}}\njaeger: [{{endpoint: \"{}\"}}]\nspool: {{path: /unused, \
         bytes_max: 4MiB}}\n",
        jaeger.grpc_endpoint()
    );
    let mut weir = Weir::start(&folder.path().join("weir"), &config);
    jaeger.stop();
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let url = format!("http://127.0.0.1:{http_port}/v1/traces");
    let mut accepted = 0_u64;
    let refused = loop {
        let body = span_body(accepted);
        let answer =
            agent.post(&url).content_type("application/x-protobuf").send(&body[..]).expect("weir answers");
        match answer.status().as_u16() {
            200 => accepted += 1,
            _ => break answer,
        }
        assert!(accepted < 1000, "a spool of 4 MiB took more than 1000 requests of 16 kB");
    };
    assert_eq!(refused.status().as_u16(), 429);
    assert!(refused.headers().contains_key("retry-after"), "{refused:?}");
    await_full_spool(&weir);
    wait_until("weir says how long that can go on", WAIT, || {
        let seconds = weir.books().sum("weir_time_to_loss_seconds", &[("exporter", "jaeger")]);
        if seconds.is_finite() && seconds > 0.0 { Ok(()) } else { Err(seconds.to_string()) }
    });
    jaeger.start_again().expect("jaeger starts again");
    let books = weir.settled(WAIT);
    assert_eq!(books.sum("weir_records_received_total", &[]), accepted as f64, "{books:?}");
    assert_eq!(books.sum("weir_records_delivered_total", &[]), accepted as f64, "{books:?}");
    weir.finish();
}

#[test]
fn a_full_disk_makes_weir_slow_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let mut jaeger = Jaeger::start(&JaegerMode::Store, &folder.path().join("jaeger")).expect("jaeger starts");
    let http_port = free_port();
    let config = format!(
        "otlp: {{http: {{listen: \"127.0.0.1:{http_port}\"}}}}\njaeger: [{{endpoint: \"{}\"}}]\n",
        jaeger.grpc_endpoint()
    );
    let mut weir = Weir::start_on_small_disk(&folder.path().join("weir"), &config, 8 << 20);
    jaeger.stop();
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let url = format!("http://127.0.0.1:{http_port}/v1/traces");
    let mut accepted = 0_u64;
    let status = loop {
        let body = span_body(accepted);
        let answer = agent.post(&url).content_type("application/x-protobuf").send(&body[..]);
        match answer.expect("weir answers").status().as_u16() {
            200 => accepted += 1,
            status => break status,
        }
        assert!(accepted < 1000, "a disk of 8 MiB took more than 1000 requests of 16 kB");
    };
    assert_eq!(status, 429);
    wait_until("weir says why it is not ready", WAIT, || match try_get_text(&weir.url("/readyz")) {
        Err(text) if text.contains("the disk is full") => Ok(()),
        Ok(text) | Err(text) => Err(text),
    });
    jaeger.start_again().expect("jaeger starts again");
    let books = weir.settled(WAIT);
    assert_eq!(books.sum("weir_records_received_total", &[]), accepted as f64, "{books:?}");
    assert_eq!(books.sum("weir_records_delivered_total", &[]), accepted as f64, "{books:?}");
    weir.finish();
}

/// One span with an attribute of 16 kB.
fn span_body(number: u64) -> Vec<u8> {
    use prost::Message;
    use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
    use weir_proto::generated::otlp::common::{AnyValue, KeyValue, any_value};
    use weir_proto::generated::otlp::trace::{ResourceSpans, ScopeSpans, Span};
    let value = AnyValue { value: Some(any_value::Value::StringValue("x".repeat(16 << 10))) };
    let span = Span {
        trace_id: [&[1; 8], &(number + 1).to_be_bytes()[..]].concat(),
        span_id: (number + 1).to_be_bytes().to_vec(),
        name: "big".to_owned(),
        start_time_unix_nano: 1,
        end_time_unix_nano: 2,
        attributes: vec![KeyValue { key: "filler".to_owned(), value: Some(value), ..KeyValue::default() }],
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

#[test]
fn a_stop_delivers_what_is_held_and_own_traces_show_the_deliveries() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let jaeger = Jaeger::start(&JaegerMode::Store, &folder.path().join("jaeger")).expect("jaeger starts");
    let logs = folder.path().join("logs");
    let mut writer = Writer::create(&logs, "plain", LineShape::Plain);
    writer.write(10);
    // A second weir is the destination: nothing else takes OTLP logs here.
    let grpc_port = free_port();
    let tier = format!(
        "otlp: {{grpc: {{listen: \"127.0.0.1:{grpc_port}\"}}}}\nforward: [{{endpoint: \"{}\", signals: [traces]}}]\n",
        jaeger.grpc_endpoint()
    );
    let mut tier = Weir::start(&folder.path().join("tier"), &tier);
    let config = format!(
        "logs: [{{name: files, paths: [\"{}/*.log\"]}}]\nforward: [{{endpoint: \"http://127.0.0.1:{grpc_port}\", signals: \
         [logs]}}]\ntelemetry: {{traces: {{endpoint: \"{}\"}}}}\n",
        logs.display(),
        jaeger.grpc_endpoint()
    );
    let mut weir = Weir::start(&folder.path().join("weir"), &config);
    wait_until("the lines are read", WAIT, || match weir.books().sum("weir_records_received_total", &[]) {
        10.0 => Ok(()),
        other => Err(other.to_string()),
    });
    weir.finish();
    let arrived = tier.books();
    assert_eq!(arrived.sum("weir_records_received_total", &[("signal", "logs")]), 10.0, "{arrived:?}");
    // No exporter of the tier takes logs; that is a stated drop, not a loss.
    assert_eq!(arrived.sum("weir_records_dropped_total", &[("reason", "no_exporter")]), 10.0, "{arrived:?}");
    wait_until("own traces are there", WAIT, || {
        let services: Value = jaeger.query("services")?;
        let found = services["data"].as_array().is_some_and(|all| all.iter().any(|name| name == "weir"));
        if found { Ok(()) } else { Err(services.to_string()) }
    });
    tier.finish();
}

/// Nothing listens there.
fn closed_address() -> String {
    format!("127.0.0.1:{}", free_port())
}

#[test]
fn a_reload_and_a_stop_end_in_time_while_the_spool_is_full() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let page = PageServer::start(|number| Page::text(big_page(number)));
    let jobs: String = (0..4).map(|number| job(&format!("big-{number}"), &page)).collect();
    let destination = closed_address();
    let config = |interval: &str| {
        format!(
            "remote_write: [{{url: \"http://{destination}/api/v1/write\"}}]\nhost_metrics: {{interval: {interval}}}\n\
             spool: {{path: /unused, bytes_max: 4MiB}}\nshutdown_timeout: 3s\nscrape_configs:\n{}",
            jobs
        )
    };
    let mut weir = Weir::start(&folder.path().join("weir"), &config("1s"));
    await_full_spool(&weir);
    await_waiting_host_metrics(&weir);
    weir.write_config(&config("2s"));
    weir.hang_up();
    let began = Instant::now();
    wait_until("the reload ends", Duration::from_secs(5), || match weir.log() {
        log if log.contains("configuration reloaded") => Ok(()),
        log => Err(log),
    });
    weir.balanced_books();
    let stopping = Instant::now();
    let status = weir.stop();
    let took = stopping.elapsed();
    assert!(took < Duration::from_secs(3 + 2), "the stop took {took:?}, {:?} after SIGHUP", began.elapsed());
    // What waited for room is lost, which is an error, and counted; without that it is a clean end.
    let log = weir.log();
    assert!(status.success() || log.contains("records were lost"), "{status}: {log}");
}

/// Series that no page had before, so that each scrape brings them and the markers of those that went: some 350 kB,
/// since a batch of more than an eighth of the spool is not taken.
fn big_page(number: u64) -> String {
    (0..1500_u64)
        .map(|series| {
            let id = (number * 1500 + series).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            format!("big{{id=\"{id:064x}{:016x}\"}} {number}\n", id.rotate_left(21))
        })
        .collect()
}

/// Waits until no reading, of one a second, has been taken in for 2 s: the last one waits for room.
fn await_waiting_host_metrics(weir: &Weir) {
    let mut last = (0.0, Instant::now());
    wait_until("host metrics wait for room", WAIT, || {
        let taken = weir.books().sum("weir_records_received_total", &[("receiver", "host_metrics")]);
        if taken != last.0 {
            last = (taken, Instant::now());
        }
        if last.1.elapsed() > Duration::from_secs(2) { Ok(()) } else { Err(format!("{taken} taken in")) }
    });
}

fn await_full_spool(weir: &Weir) {
    wait_until("weir says that the spool is full", WAIT, || match try_get_text(&weir.url("/readyz")) {
        Ok(text) => Err(text),
        Err(text) if text.contains("spool") => Ok(()),
        Err(text) => Err(text),
    });
}

#[test]
fn a_refused_reload_forgets_no_record_of_an_exporter_that_it_would_have_removed() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let http_port = free_port();
    let occupied = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let occupied =
        occupied.local_addr().map(|address| (occupied, address)).expect("a bound listener has an address");
    let (a, b) = (closed_address(), closed_address());
    let config = |more_exporters: &str, more_listeners: &str| {
        format!(
            "otlp: {{http: {{listen: \"127.0.0.1:{http_port}\"}}{more_listeners}}}\nforward:\n- {{name: a, endpoint: \
             \"http://{a}\"}}\n{more_exporters}"
        )
    };
    let with_b = config(&format!("- {{name: b, endpoint: \"http://{b}\"}}\n"), "");
    let mut weir = Weir::start(&folder.path().join("weir"), &with_b);
    for number in 0..5 {
        let url = format!("http://127.0.0.1:{http_port}/v1/traces");
        weir_e2e::post_until_acknowledged(&url, &span_body(number), WAIT);
    }
    let held = |weir: &Weir| weir.balanced_books().sum("weir_records_held", &[("exporter", "b")]);
    assert_eq!(held(&weir), 5.0, "{:?}", weir.books());

    weir.write_config(&config("", &format!(", grpc: {{listen: \"{}\"}}", occupied.1)));
    let (status, text) = post(&weir.url("/-/reload"));
    assert!(status == 400 && text.contains(&occupied.1.port().to_string()), "{status} {text}");
    assert_eq!(held(&weir), 5.0, "{:?}", weir.books());

    // It is still there after a restart with the configuration that names it, and gone only with one that does not.
    weir.write_config(&with_b);
    weir.kill();
    weir.start_again();
    assert_eq!(held(&weir), 5.0, "{:?}", weir.books());
    weir.write_config(&config("", ""));
    let (status, text) = post(&weir.url("/-/reload"));
    assert_eq!(status, 200, "{text}");
    assert_eq!(weir.books().count("weir_records_held", &[("exporter", "b")]), 0, "{:?}", weir.books());
    weir.balanced_books();
}
