//! What weir does with what is malformed, too big or refused: a clear error, and nothing dropped without being counted.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use weir_e2e::{Backends, Page, PageServer, Weir, world_readable_folder};
use weir_stack::{free_port, wait_until};

const WAIT: Duration = Duration::from_secs(60);

#[test]
fn a_malformed_configuration_stops_the_start_with_every_mistake_listed() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("weir.yaml");
    fs::write(&path, "global: {scrape_interval: fast}\nlogz: []\nsampling: {traces: {ratio: 7}}\n")
        .expect("file");
    let path = path.to_str().expect("temporary paths are text");
    for arguments in [["validate", path].as_slice(), &["agent", "--config", path]] {
        let output = Weir::run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{arguments:?}: {said}");
        for part in ["weir.yaml", "scrape_interval", "logz", "logs", "sampling.traces.ratio"] {
            assert!(said.contains(part), "{arguments:?}: {part} is not in {said}");
        }
    }
}

#[test]
fn bad_pages_lines_bodies_and_documents_are_refused_and_counted() {
    let folder = world_readable_folder();
    let backends = Backends::start(folder.path());
    let pages = [
        ("good", PageServer::start(|_| Page::text("good 1\n".to_owned()))),
        ("malformed", PageServer::start(|_| Page::text("good 1\nbad{ 2\n".to_owned()))),
        ("failing", PageServer::start(|_| Page { status: 503, ..Page::text(String::new()) })),
    ];
    refuse_documents_without_a_number(&backends);
    let logs = folder.path().join("logs");
    fs::create_dir_all(&logs).expect("folder");
    let http_port = free_port();
    let mut weir = Weir::start(&folder.path().join("weir"), &config(&backends, &pages, &logs, http_port));

    refuses_bad_bodies(&weir, http_port);
    cuts_long_lines(&weir, &backends, &logs);
    writes_dead_letters(&weir, &logs);
    fails_bad_scrapes(&weir, &backends);
    weir.finish();
}

fn config(backends: &Backends, pages: &[(&str, PageServer)], logs: &Path, http_port: u16) -> String {
    let jobs: String = pages
        .iter()
        .map(|(job, page)| {
            format!("- {{job_name: {job}, static_configs: [{{targets: [\"{}\"]}}]}}\n", page.address())
        })
        .collect();
    format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n{jobs}remote_write: [{{url: \
         \"{}/api/v1/write\"}}]\nlogs: [{{name: files, paths: [\"{}/*.log\"], line_bytes_max: 100B}}]\notlp: {{http: \
         {{listen: \"127.0.0.1:{http_port}\", request_bytes_max: 1MiB}}}}\nelasticsearch:\n- {{urls: [\"{}\"], \
         data_stream: {{dataset: bad, namespace: default}}, install_template: false}}\njaeger: [{{endpoint: \"{}\"}}]\n",
        backends.prometheus.url(),
        logs.display(),
        backends.elasticsearch.url(),
        backends.jaeger.grpc_endpoint(),
    )
}

/// Elasticsearch takes a document whose `json.number` is a number, and refuses one whose is not.
fn refuse_documents_without_a_number(backends: &Backends) {
    let template = json!({
        "index_patterns": ["logs-bad-*"], "data_stream": {}, "priority": 900,
        "template": {"mappings": {"properties": {"json": {"properties": {"number": {"type": "long"}}}}}}
    });
    let url = format!("{}/_index_template/strict", backends.elasticsearch.url());
    weir_stack::post_json(&url, &template).expect("the template is taken");
}

fn refuses_bad_bodies(weir: &Weir, http_port: u16) {
    let url = format!("http://127.0.0.1:{http_port}/v1/traces");
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let post = |body: &[u8]| {
        let mut answer =
            agent.post(&url).content_type("application/x-protobuf").send(body).expect("weir answers");
        let text = answer.body_mut().read_to_vec().expect("the answer has a body");
        (answer.status().as_u16(), String::from_utf8_lossy(&text).into_owned())
    };
    let (status, text) = post(b"\xff\xff no protobuf");
    assert_eq!(status, 400, "{text}");
    assert!(text.chars().filter(char::is_ascii_alphabetic).count() > 10, "a readable status: {text:?}");
    let (status, text) = post(&vec![0; 2 << 20]);
    assert_eq!(status, 413, "{text}");
    let books = weir.books();
    assert!(books.sum("weir_records_dropped_total", &[("reason", "malformed")]) >= 1.0, "{books:?}");
}

fn cuts_long_lines(weir: &Weir, backends: &Backends, logs: &Path) {
    let line = "x".repeat(250);
    fs::write(logs.join("long.log"), format!("{line}\nshort\n")).expect("log file");
    let documents = wait_until("both lines are there", WAIT, || {
        let found = backends.elasticsearch.search("logs-bad-default", &json!({"match_all": {}}))?;
        if found.len() == 2 { Ok(found) } else { Err(format!("{} documents: {}", found.len(), weir.log())) }
    });
    let mut messages: Vec<_> =
        documents.iter().filter_map(|(_, document)| document["message"].as_str()).collect();
    messages.sort_unstable_by_key(|message| message.len());
    assert_eq!(messages, ["short", &line[..100]]);
    assert_eq!(weir.books().sum("weir_lines_cut_total", &[]), 1.0);
}

fn writes_dead_letters(weir: &Weir, logs: &Path) {
    let mut file = fs::File::create(logs.join("json.log")).expect("log file");
    file.write_all(b"{\"msg\":\"good\",\"number\":1}\n{\"msg\":\"bad\",\"number\":\"one\"}\n")
        .expect("lines");
    let books = weir.await_books("the dead letter is counted", WAIT, |books| {
        books.sum("weir_records_dropped_total", &[("reason", "dead_letter")]) == 1.0
    });
    assert_eq!(books.sum("weir_records_delivered_total", &[("exporter", "elasticsearch")]), 3.0, "{books:?}");
    let letters =
        fs::read_to_string(weir.data().join("dead-letters/elasticsearch.ndjson")).expect("the file is there");
    let letters: Vec<Value> = letters.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(letters.len(), 1);
    let text = letters[0].to_string();
    assert!(text.contains("\"bad\"") && text.contains("document_parsing_exception"), "{text}");
}

fn fails_bad_scrapes(weir: &Weir, backends: &Backends) {
    for (job, up) in [("good", "1"), ("malformed", "0"), ("failing", "0")] {
        let query = format!("up{{job=\"{job}\"}}");
        wait_until(&query, WAIT, || {
            let answer = backends.prometheus.api("query", &[("query", &query)]);
            if answer["result"][0]["value"][1] == up { Ok(()) } else { Err(answer.to_string()) }
        });
    }
    let none = backends.prometheus.api("query", &[("query", "good{job=\"malformed\"}")]);
    assert_eq!(none["result"], json!([]), "a page with a bad line is refused as a whole");
    let targets = weir_stack::get_json(&weir.url("/targets")).to_string();
    assert!(targets.contains("line 2"), "the reason is shown: {targets}");
}
