//! The exporter against an in-process cluster.

use std::collections::VecDeque;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use weir_config::{Compression, ElasticsearchConfig, HttpClientConfig};
use weir_delivery::{Exporter, Outcome, Retry};
use weir_model::Reason;

use super::Elasticsearch;
use crate::codec::unpack_answer;
use crate::document::tests::{batch_of, stream, tailed};

/// A cluster that gives planned answers in turn, each an HTTP status and a body, and keeps what it got.
#[derive(Clone, Default)]
struct Cluster {
    answers: Arc<Mutex<VecDeque<(u16, String)>>>,
    got: Arc<Mutex<Vec<Got>>>,
}

#[derive(Debug)]
struct Got {
    method: Method,
    uri: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Got {
    /// The `message` of every document.
    fn messages(&self) -> Vec<String> {
        let text = std::str::from_utf8(&self.body).unwrap();
        let message = |line: &str| {
            serde_json::from_str::<Value>(line).unwrap()["message"].as_str().map(str::to_owned).unwrap()
        };
        text.lines().skip(1).step_by(2).map(message).collect()
    }
}

async fn answer(
    State(cluster): State<Cluster>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let is_gzip = headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip");
    let body = if is_gzip { unpack_answer(&body, 1 << 20).unwrap() } else { body.to_vec() };
    cluster.got.lock().push(Got { method, uri: uri.to_string(), headers, body });
    let (status, body) = cluster.answers.lock().pop_front().unwrap_or((500, "no answer planned".to_owned()));
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

struct Setup {
    cluster: Cluster,
    config: ElasticsearchConfig,
    folder: TempDir,
}

impl Setup {
    async fn new<B: ToString>(answers: impl IntoIterator<Item = (u16, B)>) -> Self {
        let cluster = Cluster::default();
        cluster.answers.lock().extend(answers.into_iter().map(|(status, body)| (status, body.to_string())));
        let app = Router::new().fallback(answer).with_state(cluster.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let config = ElasticsearchConfig {
            name: "elasticsearch".to_owned(),
            urls: vec![url],
            data_stream: stream(),
            http: HttpClientConfig::default(),
            compression: Compression::Gzip(1),
            bulk_bytes_max: 5 << 20,
            requests_max: 2,
            timeout: Duration::from_secs(10),
            install_template: false,
            dead_letter_bytes_max: 1 << 20,
        };
        Self { cluster, config, folder: tempfile::tempdir().unwrap() }
    }

    fn exporter(&self) -> Elasticsearch {
        Elasticsearch::new(&self.config, self.folder.path()).unwrap()
    }

    fn dead_letters(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.path().join("elasticsearch.ndjson")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn messages(&self) -> Vec<Vec<String>> {
        self.cluster.got.lock().iter().map(Got::messages).collect()
    }
}

fn items(statuses: &[u16]) -> Value {
    let item = |&status: &u16| match status {
        201 => json!({"create": {"status": 201}}),
        _ => json!({"create": {"status": status, "error": {"type": "t", "reason": "r"}}}),
    };
    let errors = statuses.iter().any(|&status| status != 201);
    json!({"errors": errors, "items": statuses.iter().map(item).collect::<Vec<_>>()})
}

fn elasticsearch_error(kind: &str) -> Value {
    json!({"error": {"type": kind, "reason": "words"}, "status": 0})
}

async fn send_once(exporter: &Elasticsearch, lines: &[&str]) -> (Outcome, usize) {
    let mut request = exporter.encode(&[tailed(lines)]).request.unwrap();
    let outcome = exporter.send(&mut request).await;
    (outcome, request.parts.len())
}

#[tokio::test]
async fn a_bulk_goes_to_its_data_stream_with_one_line_per_action_and_document() {
    for (compression, encoding) in [(Compression::Gzip(6), Some("gzip")), (Compression::None, None)] {
        let mut setup = Setup::new([(200, items(&[201, 201]))]).await;
        setup.config.compression = compression;
        let (outcome, left) = send_once(&setup.exporter(), &["a", "b"]).await;
        assert_eq!((outcome, left), (Outcome::Delivered { deduplicated: 0 }, 0));
        let got = setup.cluster.got.lock();
        assert_eq!(got[0].method, Method::POST);
        assert!(
            got[0].uri.starts_with("/logs-app-default/_bulk?filter_path=errors,items.*.status,"),
            "{}",
            got[0].uri
        );
        assert_eq!(got[0].headers["content-type"], "application/x-ndjson");
        let found = got[0].headers.get("content-encoding").map(|value| value.to_str().unwrap());
        assert_eq!(found, encoding);
        assert_eq!(got[0].messages(), ["a", "b"]);
    }
}

#[tokio::test]
async fn documents_end_by_their_own_status_and_only_passing_ones_are_sent_again() {
    let answers = [(200, items(&[201, 409, 429, 400, 503])), (200, items(&[201, 409]))];
    let setup = Setup::new(answers).await;
    let exporter = setup.exporter();
    let mut request = exporter.encode(&[tailed(&["a", "b", "c", "d", "e"])]).request.unwrap();
    let expected = Outcome::Partial {
        delivered: 2,
        deduplicated: 1,
        dropped: vec![(Reason::DeadLetter, 1)],
        retry: Some(Retry { after: None, cause: "document answered 429: t: r".to_owned() }),
    };
    assert_eq!(exporter.send(&mut request).await, expected);
    assert_eq!(exporter.send(&mut request).await, Outcome::Delivered { deduplicated: 1 });
    assert_eq!(setup.messages(), [vec!["a", "b", "c", "d", "e"], vec!["c", "e"]]);
    let letters = setup.dead_letters();
    assert_eq!(letters.len(), 1);
    assert_eq!((&letters[0]["status"], &letters[0]["reason"]), (&json!(400), &json!("t: r")));
    assert_eq!(letters[0]["document"]["message"], json!("d"));
    assert_eq!(letters[0]["index"], json!("logs-app-default"));
}

#[tokio::test]
async fn documents_that_cannot_be_written_to_the_dead_letter_file_are_kept() {
    let setup = Setup::new([(200, items(&[400, 201]))]).await;
    std::os::unix::fs::symlink("/dev/full", setup.folder.path().join("elasticsearch.ndjson")).unwrap();
    let exporter = setup.exporter();
    let mut request = exporter.encode(&[tailed(&["a", "b"])]).request.unwrap();
    let outcome = exporter.send(&mut request).await;
    let Outcome::Partial { delivered: 1, dropped, retry: Some(retry), .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(dropped, []);
    assert!(retry.cause.contains("No space left"), "{}", retry.cause);
    assert_eq!(request.parts.iter().map(|part| part.documents()).sum::<u64>(), 1);
}

#[tokio::test]
async fn a_cluster_that_is_busy_or_not_set_up_gets_the_same_documents_again() {
    for status in [401, 403, 404, 405, 429, 500, 503] {
        let setup = Setup::new([(status, elasticsearch_error("trouble"))]).await;
        let (outcome, left) = send_once(&setup.exporter(), &["a"]).await;
        let Outcome::Retry(retry) = outcome else { panic!("{status}: {outcome:?}") };
        assert!(retry.cause.contains("trouble: words"), "{}", retry.cause);
        assert_eq!(left, 1);
    }
}

#[tokio::test]
async fn a_bad_request_is_a_refusal_only_in_elasticsearch_s_own_words() {
    let setup =
        Setup::new([(400, json!("<html>")), (400, elasticsearch_error("illegal_argument_exception"))]).await;
    let exporter = setup.exporter();
    let mut request = exporter.encode(&[tailed(&["a", "b"])]).request.unwrap();
    assert!(matches!(exporter.send(&mut request).await, Outcome::Retry(_)));
    let dropped = vec![(Reason::DeadLetter, 2)];
    let expected = Outcome::Partial { delivered: 0, deduplicated: 0, dropped, retry: None };
    assert_eq!(exporter.send(&mut request).await, expected);
    assert_eq!(setup.dead_letters().len(), 2);
}

#[tokio::test]
async fn a_request_that_is_too_large_is_halved_until_it_fits() {
    let too_large = || (413, Value::Null);
    let answers = [too_large(), (200, items(&[201])), too_large(), too_large(), (200, items(&[201]))];
    let setup = Setup::new(answers).await;
    let (outcome, left) = send_once(&setup.exporter(), &["a", "b", "c"]).await;
    // a fits; b alone does not and never will; c does.
    let dropped = vec![(Reason::DeadLetter, 1)];
    assert_eq!(outcome, Outcome::Partial { delivered: 2, deduplicated: 0, dropped, retry: None });
    assert_eq!(left, 0);
    assert_eq!(setup.messages(), [vec!["a", "b", "c"], vec!["a"], vec!["b", "c"], vec!["b"], vec!["c"]]);
    assert_eq!(setup.dead_letters()[0]["status"], json!(413));
}

#[tokio::test]
async fn a_body_past_the_limit_is_sent_as_several_and_a_failure_keeps_the_rest() {
    let answers = [(200, items(&[201])), (503, Value::Null), (200, items(&[201])), (200, items(&[201]))];
    let mut setup = Setup::new(answers).await;
    setup.config.bulk_bytes_max = 1;
    let exporter = setup.exporter();
    let mut request = exporter.encode(&[tailed(&["a", "b", "c"])]).request.unwrap();
    let outcome = exporter.send(&mut request).await;
    assert!(matches!(outcome, Outcome::Partial { delivered: 1, retry: Some(_), .. }), "{outcome:?}");
    assert_eq!(exporter.send(&mut request).await, Outcome::Delivered { deduplicated: 0 });
    assert_eq!(setup.messages(), [["a"], ["b"], ["b"], ["c"]]);
}

#[tokio::test]
async fn an_answer_that_is_none_of_a_bulk_request_delivers_nothing() {
    for body in [json!({"ok": true}), items(&[409]), json!("<html>")] {
        let setup = Setup::new([(200, body)]).await;
        let (outcome, left) = send_once(&setup.exporter(), &["a", "b"]).await;
        assert!(matches!(outcome, Outcome::Retry(_)), "{outcome:?}");
        assert_eq!(left, 1);
    }
}

#[tokio::test]
async fn nodes_take_turns() {
    let first = Setup::new([(503, Value::Null)]).await;
    let mut second = Setup::new([(200, items(&[201]))]).await;
    second.config.urls.insert(0, first.config.urls[0].clone());
    let exporter = second.exporter();
    let mut request = exporter.encode(&[tailed(&["a"])]).request.unwrap();
    assert!(matches!(exporter.send(&mut request).await, Outcome::Retry(_)));
    assert_eq!(exporter.send(&mut request).await, Outcome::Delivered { deduplicated: 0 });
}

#[tokio::test]
async fn the_template_is_there_before_the_first_bulk_and_put_once() {
    let ours = json!({"index_templates": [{"name": "weir-logs", "index_template": {
        "index_patterns": ["logs-app-*"], "_meta": {"managed_by": "weir", "version": 1}}}]});
    let answers = [
        (503, Value::Null),
        (404, Value::Null),
        (400, elasticsearch_error("no match_only_text")),
        (200, json!({"acknowledged": true})),
        (200, ours),
        (200, items(&[201])),
        (200, items(&[201])),
    ];
    let mut setup = Setup::new(answers).await;
    setup.config.install_template = true;
    let exporter = setup.exporter();
    let (outcome, _) = send_once(&exporter, &["a"]).await;
    let Outcome::Retry(retry) = outcome else { panic!("{outcome:?}") };
    assert!(retry.cause.starts_with("index template: server answered 503"), "{}", retry.cause);
    for line in ["a", "b"] {
        assert_eq!(send_once(&exporter, &[line]).await.0, Outcome::Delivered { deduplicated: 0 });
    }
    let got = setup.cluster.got.lock();
    let methods: Vec<&str> = got.iter().map(|got| got.method.as_str()).collect();
    assert_eq!(methods, ["GET", "GET", "PUT", "PUT", "GET", "POST", "POST"]);
    assert!(got[..5].iter().all(|got| got.uri == "/_index_template/weir-logs"));
    let text_type = |got: &Got| {
        let template: Value = serde_json::from_slice(&got.body).unwrap();
        template["template"]["mappings"]["properties"]["message"]["type"].clone()
    };
    assert_eq!((text_type(&got[2]), text_type(&got[3])), (json!("match_only_text"), json!("text")));
}

#[tokio::test]
async fn a_template_of_another_maker_is_not_overwritten() {
    let foreign = json!({"index_templates": [{"index_template": {"index_patterns": ["logs-*"]}}]});
    let mut setup = Setup::new([(200, foreign), (200, items(&[201]))]).await;
    setup.config.install_template = true;
    assert_eq!(send_once(&setup.exporter(), &["a"]).await.0, Outcome::Delivered { deduplicated: 0 });
    let methods: Vec<Method> = setup.cluster.got.lock().iter().map(|got| got.method.clone()).collect();
    assert_eq!(methods, [Method::GET, Method::POST]);
}

#[tokio::test]
async fn records_that_cannot_be_read_are_dropped_as_malformed() {
    let setup = Setup::new([(200, items(&[201]))]).await;
    let exporter = setup.exporter();
    let encoded = exporter.encode(&[tailed(&["a"]), batch_of(&b"\x0a\xff"[..], 3)]);
    assert_eq!((encoded.records, encoded.dropped), (1, vec![(Reason::Malformed, 3)]));
    let nothing = exporter.encode(&[batch_of(&b"\x0a\xff"[..], 3)]);
    assert!(nothing.request.is_none());
}

#[test]
fn the_delivery_loop_is_driven_within_the_configured_bytes() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let setup = runtime.block_on(Setup::new::<Value>([]));
    let settings = Elasticsearch::settings(&setup.config);
    assert_eq!((settings.requests_max, settings.batch_bytes_max), (2, 5 << 19));
    assert_eq!(settings.exporter, "elasticsearch");
}
