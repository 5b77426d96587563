//! OTLP over HTTP with protobuf bodies.

use std::sync::Arc;
use std::time::SystemTime;

use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::{Body, Response};
use weir_http_client::{HttpClient, describe, read_all, retry_after};

use crate::Request;
use crate::chunks::Pieces;
use crate::reply::Reply;
use crate::request::Kind;
use crate::status::rpc_message;

/// An HTTP client of one server.
#[derive(Debug)]
pub(crate) struct HttpProtobuf {
    pub(crate) exporter: Arc<str>,
    pub(crate) client: HttpClient,
    pub(crate) traces: String,
    pub(crate) logs: String,
    pub(crate) headers: HeaderMap,
}

impl HttpProtobuf {
    /// Makes one attempt.
    pub(crate) async fn attempt(&self, request: &Request) -> Reply {
        let url = match request.kind() {
            Kind::Traces => &self.traces,
            Kind::Logs => &self.logs,
        };
        let mut call = match self.client.request(Method::POST, url).await {
            Ok(call) => call.headers(self.headers.clone()).header(CONTENT_TYPE, PROTOBUF),
            Err(error) => return Reply::Later { after: None, cause: error.to_string() },
        };
        if request.is_packed() {
            call = call.header(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        match call.body(Body::wrap(Pieces(request.body()))).send().await {
            Ok(response) => self.reply(response).await,
            Err(error) => Reply::Later { after: None, cause: describe(&error) },
        }
    }

    async fn reply(&self, mut response: Response) -> Reply {
        let status = response.status();
        let after = retry_after(response.headers(), SystemTime::now());
        let is_protobuf = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(PROTOBUF.as_bytes()));
        let body = match read_all(&mut response, ANSWER_BYTES_MAX).await {
            Ok(body) => body.unwrap_or_default(),
            Err(error) if status.is_success() => {
                return Reply::Later { after: None, cause: describe(&error) };
            }
            Err(_) => Vec::new(),
        };
        if status.is_success() {
            return Reply::taken(&self.exporter, if is_protobuf { &body } else { &[] });
        }
        let cause = words(status, is_protobuf, &body);
        match status {
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Reply::Later { after, cause },
            StatusCode::PAYLOAD_TOO_LARGE => Reply::TooLarge { cause },
            _ => Reply::Refused { cause },
        }
    }
}

fn words(status: StatusCode, is_protobuf: bool, body: &[u8]) -> String {
    let said = match is_protobuf.then(|| rpc_message(body)).flatten() {
        Some(message) => message,
        None => String::from_utf8_lossy(&body[..body.len().min(WORDS_BYTES_MAX)]).into_owned(),
    };
    let said: String = said.trim().chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    if said.is_empty() { status.to_string() } else { format!("{status}: {said}") }
}

const PROTOBUF: &str = "application/x-protobuf";
/// A partial success with a long message.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Of an error page, for the log.
const WORDS_BYTES_MAX: usize = 300;
