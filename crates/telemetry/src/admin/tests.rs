//! The endpoints, asked over a real socket.

use std::sync::Arc;

use prometheus::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use crate::{Admin, Readiness, ReloadRequest, register_process_metrics, serve};

struct Running {
    address: std::net::SocketAddr,
    readiness: Readiness,
    reloads: mpsc::Receiver<ReloadRequest>,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<std::io::Result<()>>,
}

async fn start() -> Running {
    let registry = Registry::new();
    register_process_metrics(&registry).expect("the registry is empty");
    let (reload, reloads) = mpsc::channel(1);
    let readiness = Readiness::new();
    let admin = Admin {
        registry,
        readiness: readiness.clone(),
        targets: Arc::new(|| serde_json::json!([{"job": "a<b"}])),
        config_text: Arc::new(|| "global: {}\n".to_owned()),
        reload,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = listener.local_addr().expect("the listener is bound");
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(serve(listener, admin, async move { drop(stopped.await) }));
    Running { address, readiness, reloads, stop, served }
}

/// The whole answer to one request, head and body.
async fn ask(running: &Running, method: &str, path: &str, accept: &str) -> String {
    let mut stream = TcpStream::connect(running.address).await.expect("the server listens");
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: weir\r\nAccept: {accept}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("the answer is UTF-8");
    answer
}

#[tokio::test]
async fn metrics_are_in_the_text_format_and_name_the_build() {
    let answer = ask(&start().await, "GET", "/metrics", "*/*").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{answer}");
    assert!(answer.contains(&format!("weir_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"))));
    assert!(answer.contains("\nprocess_resident_memory_bytes "), "{answer}");
}

#[tokio::test]
async fn readiness_lists_what_is_missing_while_health_stays_good() {
    let running = start().await;
    running.readiness.block("spool", "recovering");
    running.readiness.block("otlp_grpc", "not listening yet");
    let answer = ask(&running, "GET", "/readyz", "*/*").await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\notlp_grpc: not listening yet\nspool: recovering\n"), "{answer}");
    assert!(ask(&running, "GET", "/healthz", "*/*").await.starts_with("HTTP/1.1 200 "));
    running.readiness.clear("spool");
    running.readiness.clear("otlp_grpc");
    assert!(ask(&running, "GET", "/readyz", "*/*").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn targets_come_as_json_for_programs_and_as_a_table_for_browsers() {
    let running = start().await;
    let json = ask(&running, "GET", "/targets", "*/*").await;
    assert!(json.contains("content-type: application/json\r\n"), "{json}");
    assert!(json.ends_with(r#"[{"job":"a<b"}]"#), "{json}");
    let html = ask(&running, "GET", "/targets", "text/html").await;
    assert!(html.contains("content-type: text/html; charset=utf-8\r\n"), "{html}");
    assert!(html.contains("<td>a&lt;b</td>"), "{html}");
}

#[tokio::test]
async fn the_configuration_is_shown_as_the_caller_of_serve_gives_it() {
    let answer = ask(&start().await, "GET", "/config", "*/*").await;
    assert!(answer.ends_with("\r\n\r\nglobal: {}\n"), "{answer}");
}

#[tokio::test]
async fn a_reload_answers_with_what_became_of_it() {
    let mut running = start().await;
    let (_idle, unused) = mpsc::channel(1);
    let mut reloads = std::mem::replace(&mut running.reloads, unused);
    let applier = tokio::spawn(async move {
        let answers = [Ok(()), Err("weir.yaml:3:1: spool.pth: is not a setting".to_owned())];
        for answer in answers {
            let request = reloads.recv().await.expect("a request is on its way");
            request.send(answer).expect("the asker waits");
        }
    });
    let good = ask(&running, "POST", "/-/reload", "*/*").await;
    assert!(good.starts_with("HTTP/1.1 200 "), "{good}");
    let bad = ask(&running, "POST", "/-/reload", "*/*").await;
    assert!(bad.starts_with("HTTP/1.1 400 "), "{bad}");
    assert!(bad.ends_with("weir.yaml:3:1: spool.pth: is not a setting\n"), "{bad}");
    applier.await.expect("both requests came");
}

#[tokio::test]
async fn a_reload_while_weir_stops_is_refused() {
    let mut running = start().await;
    running.reloads.close();
    assert!(ask(&running, "POST", "/-/reload", "*/*").await.starts_with("HTTP/1.1 503 "));
}

#[tokio::test]
async fn a_wrong_method_or_path_is_refused() {
    let running = start().await;
    assert!(ask(&running, "GET", "/-/reload", "*/*").await.starts_with("HTTP/1.1 405 "));
    assert!(ask(&running, "POST", "/metrics", "*/*").await.starts_with("HTTP/1.1 405 "));
    assert!(ask(&running, "GET", "/nothing", "*/*").await.starts_with("HTTP/1.1 404 "));
}

#[tokio::test]
async fn serving_ends_when_told_to() {
    let running = start().await;
    running.stop.send(()).expect("the server waits for it");
    running.served.await.expect("the server does not panic").expect("the listener works");
}
