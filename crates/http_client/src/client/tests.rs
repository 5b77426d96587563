//! What arrives at a server.

use std::fs;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap as ServerHeaders;
use axum::response::Redirect;
use axum::routing::{get, post};
use reqwest::Method;
use tokio::net::TcpListener;
use weir_config::{Authorization, BasicAuth, HttpClientConfig, Secret};

use super::{ClientError, HttpClient};
use crate::{describe, read_all, read_text};

const TIMEOUT: Duration = Duration::from_secs(10);

/// Echoes the headers it got as lines of `name: value`.
async fn echo_server() -> String {
    async fn echo(headers: ServerHeaders) -> String {
        let line = |(name, value): (&_, &axum::http::HeaderValue)| {
            format!("{name}: {}\n", value.to_str().unwrap_or("?"))
        };
        headers.iter().map(line).collect()
    }
    let app = Router::new()
        .route("/", get(echo).post(echo))
        .route("/moved", post(|| async { Redirect::temporary("/") }))
        .route("/long", get(|| async { "0123456789\n".repeat(1000) }));
    serve(app).await
}

async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

async fn echoed(config: &HttpClientConfig, url: &str) -> String {
    let client = HttpClient::new(config, TIMEOUT).unwrap();
    let mut response = client.request(Method::GET, url).await.unwrap().send().await.unwrap();
    String::from_utf8(read_all(&mut response, 1 << 20).await.unwrap().unwrap()).unwrap()
}

fn bearer(credentials: Option<&str>, file: Option<&std::path::Path>) -> HttpClientConfig {
    let authorization = Authorization {
        kind: "Bearer".to_owned(),
        credentials: credentials.map(|text| Secret(text.to_owned())),
        credentials_file: file.map(Into::into),
    };
    HttpClientConfig { authorization: Some(authorization), ..HttpClientConfig::default() }
}

#[tokio::test]
async fn a_request_says_that_it_is_from_weir_and_carries_the_configured_headers() {
    let headers = [("X-Scope-OrgID".to_owned(), Secret("team".to_owned()))].into();
    let config = HttpClientConfig { headers, ..HttpClientConfig::default() };
    let seen = echoed(&config, &echo_server().await).await;
    assert!(seen.contains(concat!("user-agent: weir/", env!("CARGO_PKG_VERSION"), "\n")), "{seen}");
    assert!(seen.contains("x-scope-orgid: team\n"), "{seen}");
}

#[tokio::test]
async fn basic_credentials_win_over_those_in_the_url() {
    let basic = BasicAuth {
        username: "user".to_owned(),
        password: Some(Secret("pass".to_owned())),
        password_file: None,
    };
    let config = HttpClientConfig { basic_auth: Some(basic), ..HttpClientConfig::default() };
    let url = echo_server().await.replace("http://", "http://other:words@");
    let seen = echoed(&config, &url).await;
    assert_eq!(seen.matches("authorization").count(), 1, "{seen}");
    assert!(seen.contains("authorization: Basic dXNlcjpwYXNz\n"), "{seen}");
    let seen = echoed(&HttpClientConfig::default(), &url).await;
    assert!(seen.contains("authorization: Basic b3RoZXI6d29yZHM=\n"), "{seen}");
}

#[tokio::test]
async fn a_token_file_is_read_at_each_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let client = HttpClient::new(&bearer(None, Some(&file)), TIMEOUT).unwrap();
    let url = echo_server().await;
    let missing = client.request(Method::GET, &url).await;
    assert!(matches!(missing, Err(ClientError::CredentialsFile { .. })), "{missing:?}");
    for token in ["first", "second"] {
        fs::write(&file, format!("{token}\n")).unwrap();
        let mut response = client.request(Method::GET, &url).await.unwrap().send().await.unwrap();
        let seen = read_text(&mut response, 1 << 16).await;
        assert!(seen.contains(&format!("authorization: Bearer {token}")), "{seen}");
    }
}

#[tokio::test]
async fn a_redirect_is_followed_only_where_the_configuration_says_so() {
    let url = format!("{}/moved", echo_server().await);
    for (follow_redirects, status) in [(true, 200), (false, 307)] {
        let config = HttpClientConfig { follow_redirects, ..HttpClientConfig::default() };
        let client = HttpClient::new(&config, TIMEOUT).unwrap();
        let request = client.request(Method::POST, &url).await.unwrap();
        assert_eq!(request.body("text").send().await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn a_body_longer_than_the_limit_is_not_read_to_its_end() {
    let url = format!("{}/long", echo_server().await);
    let client = HttpClient::new(&HttpClientConfig::default(), TIMEOUT).unwrap();
    let answer = || async { client.request(Method::GET, &url).await.unwrap().send().await.unwrap() };
    assert_eq!(read_all(&mut answer().await, 10_999).await.unwrap(), None);
    assert_eq!(read_all(&mut answer().await, 11_000).await.unwrap().map(|body| body.len()), Some(11_000));
    assert_eq!(read_text(&mut answer().await, 15).await, "0123456789 0123");
}

#[tokio::test]
async fn a_refused_connection_is_described_without_the_url() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = HttpClient::new(&HttpClientConfig::default(), TIMEOUT).unwrap();
    let request = client.request(Method::GET, &format!("http://{address}/?token=hidden")).await.unwrap();
    let words = describe(&request.send().await.unwrap_err());
    assert!(words.starts_with("connection failed: "), "{words}");
    assert!(words.contains("Connection refused"), "{words}");
    assert!(!words.contains("hidden"), "{words}");
}

#[tokio::test]
async fn an_answer_that_does_not_come_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let client = HttpClient::new(&HttpClientConfig::default(), Duration::from_millis(50)).unwrap();
    let error = client.request(Method::GET, &url).await.unwrap().send().await.unwrap_err();
    assert!(error.is_timeout());
    assert!(describe(&error).starts_with("timed out"), "{}", describe(&error));
}

#[tokio::test]
async fn credentials_do_not_show_in_debug_output() {
    let client = HttpClient::new(&bearer(Some("hidden"), None), TIMEOUT).unwrap();
    let request = client.request(Method::GET, "http://127.0.0.1/").await.unwrap();
    assert!(!format!("{client:?} {request:?}").contains("hidden"));
}

#[test]
fn settings_that_cannot_work_are_refused_at_once() {
    let with_header = |name: &str, value: &str| HttpClientConfig {
        headers: [(name.to_owned(), Secret(value.to_owned()))].into(),
        ..HttpClientConfig::default()
    };
    let made = |config| HttpClient::new(&config, TIMEOUT);
    assert!(matches!(made(with_header("a b", "x")), Err(ClientError::HeaderName { .. })));
    assert!(matches!(made(with_header("a", "x\ny")), Err(ClientError::HeaderValue { .. })));
    let proxy = HttpClientConfig { proxy_url: Some("http://".to_owned()), ..HttpClientConfig::default() };
    assert!(matches!(made(proxy), Err(ClientError::Build(_))));
}
