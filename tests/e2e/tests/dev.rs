//! `weir dev`: the first minute, from an empty folder and beside an agent's exporters.

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prost::Message;
use serde_json::Value;
use weir_e2e::{LineShape, Local, Page, PageServer, Weir, Writer, post_until_acknowledged};
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceRequest;
use weir_proto::generated::otlp::trace::{ResourceSpans, ScopeSpans, Span};
use weir_stack::{Prometheus, PrometheusMode, try_get_text, wait_until};

const WAIT: Duration = Duration::from_secs(30);
/// What a person waits for without wondering.
const READY_WITHIN: Duration = Duration::from_secs(2);

fn array<'a>(answer: &'a Value, member: &str) -> &'a [Value] {
    answer[member].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn target<'a>(answer: &'a Value, job: &str) -> Option<&'a Value> {
    array(answer, "targets").iter().find(|target| target["job"] == job)
}

fn matching_logs(local: &Local, query: &str) -> u64 {
    local.api(&format!("/logs/histogram?{query}"))["total"].as_u64().unwrap_or_default()
}

#[test]
fn from_an_empty_folder_it_is_ready_within_two_seconds_and_shows_the_machine_and_itself() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let mut local = Local::start(folder.path(), &[]);
    assert!(local.ready_after() < READY_WITHIN, "{:?}", local.ready_after());
    local.await_api("host metrics", "/metrics/query?query=node_memory_MemTotal_bytes", |answer| {
        array(answer, "series").first().map(drop)
    });
    local.await_api("its own target is up", "/targets", |answer| {
        (target(answer, "weir")?["health"] == "up").then_some(())
    });
    local.await_api("its own traces", "/traces?service=weir", |answer| {
        let names = array(answer, "traces").iter().map(|trace| trace["root"]["operation"].as_str());
        names.flatten().any(|name| name == "scrape").then_some(())
    });
    local.await_api("its own logs", "/logs?filter=service%3Dweir", |answer| {
        array(answer, "records").first().map(drop)
    });
    let pipeline = local.api("/pipeline");
    assert_eq!(pipeline["state"], "ready", "{pipeline}");
    assert!(local.delivered("metrics") > 0);
    assert!(local.stop().success());
}

#[test]
fn without_a_journal_the_machine_s_own_logs_are_those_under_var_log() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let logs = folder.path().join("machine");
    std::fs::create_dir_all(logs.join("nginx")).expect("folder for logs");
    std::fs::write(logs.join("syslog"), "Nov 26 12:00:00 host sshd[1]: Accepted publickey\n").expect("a log");
    std::fs::write(logs.join("nginx/access.log"), "GET /orders 200\n").expect("a log");
    std::fs::write(logs.join("btmp"), "not a log\n").expect("another file");
    let mut local = Local::start_on_machine(&folder.path().join("dev"), &logs);
    for (words, source) in [("publickey", "/var/log/syslog"), ("orders", "/var/log/nginx/access.log")] {
        local.await_api("a line of the machine", &format!("/logs?q={words}"), |answer| {
            (array(answer, "records").first()?["source"] == source).then_some(())
        });
    }
    assert_eq!(matching_logs(&local, "q=%22not+a+log%22"), 0);
    assert!(local.stop().success());
}

#[test]
fn with_a_journal_the_machine_s_own_logs_are_its_entries_also_those_before_the_last_boot() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let logs = folder.path().join("machine");
    let machine = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
    let machine = if machine.trim().is_empty() { "0123456789abcdef0123456789abcdef" } else { machine.trim() };
    write_journal(&logs.join("journal").join(machine), machine, &["before the boot", "after the boot"]);
    write_journal(&logs.join("journal/remote"), "fedcba9876543210fedcba9876543210", &["of another machine"]);
    std::fs::write(logs.join("syslog"), "the same words, before the boot\n").expect("a log");
    let mut local = Local::start_on_machine(&folder.path().join("dev"), &logs);
    for words in ["before the boot", "after the boot"] {
        local.await_api("an entry", &format!("/logs?q={}", words.replace(' ', "+")), |answer| {
            let [record] = array(answer, "records") else { return None };
            (record["message"] == words && record["service"] == "sshd").then_some(())
        });
    }
    let receivers = local.api("/pipeline")["receivers"].clone();
    assert!(receivers.to_string().contains("journald"), "{receivers}");
    if std::path::Path::new("/etc/machine-id").exists() {
        assert_eq!(matching_logs(&local, "q=another"), 0, "it is not this machine's");
    }
    assert!(local.stop().success());
}

/// Writes a journal with the real writer, a message a boot, of the last minute.
fn write_journal(folder: &std::path::Path, machine: &str, messages: &[&str]) {
    std::fs::create_dir_all(folder).expect("folder for journals");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_micros();
    let entries: String = messages.iter().enumerate().map(|(boot, message)| {
        let time = now - 60_000_000 + boot as u128;
        format!(
            "__REALTIME_TIMESTAMP={time}\n__MONOTONIC_TIMESTAMP=1\n_BOOT_ID={boot:032x}\n_MACHINE_ID={machine}\n\
             MESSAGE={message}\nPRIORITY=6\n_SYSTEMD_UNIT=sshd.service\n\n"
        )
    }).collect();
    let export = folder.with_extension("export");
    std::fs::write(&export, entries).expect("the entries");
    let written = Command::new("/lib/systemd/systemd-journal-remote")
        .arg("--output")
        .arg(folder.join("system.journal"))
        .arg(&export)
        .output()
        .expect("systemd-journal-remote is installed; ./test does it");
    assert!(written.status.success(), "{written:?}");
}

#[test]
fn the_lines_that_it_prints_work_when_they_are_copied() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let mut local = Local::start(folder.path(), &[]);
    let lines = local.lines_to_copy();
    assert_eq!(lines.len(), 4, "{lines:?}");
    for line in &lines {
        let ran = Command::new("sh").args(["-c", line]).status().expect("a shell");
        assert!(ran.success(), "{line}");
    }
    let found = local.await_api("the line of the log", "/logs?q=hello", |answer| {
        array(answer, "records").first().cloned()
    });
    assert_eq!((&found["message"], &found["level"]), (&"hello".into(), &"info".into()));
    local.await_api("the target", "/targets", |answer| {
        (target(answer, "dev")?["url"] == "http://127.0.0.1:8080/metrics").then_some(())
    });
    let http = lines.iter().find(|line| line.contains("http/protobuf")).expect("a line for OTLP over HTTP");
    let endpoint =
        http.split_once("ENDPOINT=").expect("the variable").1.split(' ').next().unwrap_or_default();
    post_until_acknowledged(&format!("{endpoint}/v1/traces"), &trace(7), WAIT);
    local.await_api("the trace", &format!("/traces/{}", "07".repeat(16)), |answer| {
        (answer["root"]["operation"] == "GET /").then_some(())
    });
    assert!(local.stop().success());
}

/// A request with one span.
fn trace(id: u8) -> Vec<u8> {
    let span = Span {
        trace_id: vec![id; 16],
        span_id: vec![id; 8],
        name: "GET /".to_owned(),
        start_time_unix_nano: 1_795_527_000_000_000_000,
        end_time_unix_nano: 1_795_527_000_000_000_001,
        ..Span::default()
    };
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

#[test]
fn an_agent_s_configuration_delivers_as_before_and_to_the_store_beside() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let mut prometheus =
        Prometheus::start(PrometheusMode::Receiver, &folder.path().join("prometheus"), "global: {}\n")
            .expect("prometheus starts");
    let page = PageServer::start(|shown| Page::text(format!("shown_total {shown}\n")));
    let config = format!(
        "remote_write: [{{url: \"{}/api/v1/write\"}}]\ntelemetry: {{listen: \"127.0.0.1:0\"}}\nspool: {{path: /nowhere}}\n\
         scrape_configs: [{{job_name: page, scrape_interval: 1s, static_configs: [{{targets: [\"{}\"]}}]}}]\n",
        prometheus.url(),
        page.address()
    );
    let file = folder.path().join("weir.yaml");
    std::fs::write(&file, config).expect("configuration file");
    let mut local = Local::start(&folder.path().join("dev"), &["--config", file.to_str().expect("UTF-8")]);
    local.await_api("the store has the metric", "/metrics/query?query=shown_total", |answer| {
        array(answer, "series").first().filter(|series| series["value"].as_f64() > Some(1.0)).map(drop)
    });
    wait_until("prometheus has it too", WAIT, || {
        let answer = prometheus.api("query", &[("query", "shown_total")]);
        if answer["result"] == serde_json::json!([]) { Err(answer.to_string()) } else { Ok(()) }
    });
    let pipeline = local.api("/pipeline");
    let kinds: Vec<_> =
        array(&pipeline, "exporters").iter().map(|exporter| exporter["kind"].clone()).collect();
    assert_eq!(kinds, ["remote_write", "store"], "{pipeline}");
    assert!(local.data().join("spool").is_dir(), "spool.path of the file is left alone");
    assert!(local.stop().success());
    prometheus.stop();
}

#[test]
fn after_kills_in_the_middle_every_line_is_in_the_store_once() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let mut local = Local::start(folder.path(), &[]);
    let mut writer = Writer::create(&local.data().join("logs"), "shop", LineShape::Json);
    let own = "filter=service!%3Dweir&filter=log.file.path~shop&from=0";
    for _ in 0..4 {
        writer.write(20_000);
        wait_until("some of it is stored", WAIT, || match matching_logs(&local, own) {
            0 => Err("nothing yet".to_owned()),
            stored => Ok(stored),
        });
        local.kill();
        writer.write(5_000);
        local.start_again();
    }
    wait_until("every line is stored", WAIT, || match matching_logs(&local, own) {
        stored if stored == writer.written() => Ok(()),
        stored => Err(format!("{stored} of {}", writer.written())),
    });
    // Each once: the last one, and none of them twice.
    let last = format!("q=%22shop+line+{}%22&from=0", writer.written() - 1);
    assert_eq!(matching_logs(&local, &last), 1);
    assert!(local.delivered("logs") > 0);
    assert!(local.stop().success());
}

#[test]
fn another_address_needs_a_token_and_then_asks_for_it() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let data = folder.path().join("data");
    let data = data.to_str().expect("UTF-8");
    let refused = Weir::run(&["dev", "--data", data, "--listen", "0.0.0.0:0"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("needs a token"), "{said}");
    assert!(!std::path::Path::new(data).exists(), "nothing was begun");

    let file = folder.path().join("token");
    std::fs::write(&file, "0123456789abcdef\n").expect("file with the token");
    let arguments = ["--listen", "127.0.0.1:0", "--token-file", file.to_str().expect("UTF-8")];
    let mut local = Local::start(folder.path(), &arguments);
    let refused = try_get_text(&local.url("/api/v1/status")).expect_err("no token was shown");
    assert!(refused.contains("401") && refused.contains("unauthorized"), "{refused}");
    assert!(try_get_text(&local.url("/pipeline")).expect("the page needs none").contains("<div id=\"app\">"));
    assert!(local.stop().success());
}

#[test]
fn a_second_one_finds_free_ports_and_one_on_the_same_data_says_why_it_cannot() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let mut first = Local::start(&folder.path().join("first"), &[]);
    let mut second = Local::start(&folder.path().join("second"), &[]);
    assert_ne!(first.lines_to_copy()[0], second.lines_to_copy()[0]);
    let data = first.data();
    let refused = Weir::run(&["dev", "--data", data.to_str().expect("UTF-8"), "--listen", "127.0.0.1:0"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("spool"), "{said}");
    assert!(second.stop().success() && first.stop().success());
}
