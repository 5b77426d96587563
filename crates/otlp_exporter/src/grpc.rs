//! OTLP over gRPC: unary calls whose messages are sent in the pieces that the batches are.

use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, TE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, Version};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use tonic::{Code, Status};
use weir_http_client::{ClientError, HttpClient};

use crate::Request;
use crate::chunks::OneFrame;
use crate::endpoint::Endpoint;
use crate::link::{Line, Link, LinkError};
use crate::reply::Reply;
use crate::request::Kind;
use crate::status::{from_http, reply_to};

/// A gRPC client of one server.
#[derive(Debug)]
pub(crate) struct Grpc {
    pub(crate) exporter: Arc<str>,
    pub(crate) link: Link,
    pub(crate) traces: Uri,
    pub(crate) logs: Uri,
    /// Knows the credentials where there are any; sends nothing itself.
    pub(crate) credentials: Option<HttpClient>,
    pub(crate) metadata: HeaderMap,
    pub(crate) timeout: Duration,
}

/// Why an attempt brought no answer.
#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error(transparent)]
    Credentials(#[from] ClientError),
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error("connection failed: {}", chain(.0))]
    Call(#[source] hyper::Error),
    #[error("answer broke off: {}", chain(.0.as_ref()))]
    Answer(#[source] Box<dyn std::error::Error + Send + Sync>),
}

pub(crate) fn traces_uri(endpoint: &Endpoint) -> Uri {
    endpoint.with_path("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
}

pub(crate) fn logs_uri(endpoint: &Endpoint) -> Uri {
    endpoint.with_path("/opentelemetry.proto.collector.logs.v1.LogsService/Export")
}

impl Grpc {
    /// Makes one attempt.
    pub(crate) async fn attempt(&self, request: &Request) -> Reply {
        let mut line = None;
        let reply = match tokio::time::timeout(self.timeout, self.call(request, &mut line)).await {
            Ok(Ok(reply)) => return reply,
            Ok(Err(error)) => again(error.to_string()),
            Err(_) => again(format!("no answer within {} s", self.timeout.as_secs_f64())),
        };
        if let Some(line) = line {
            self.link.give_up(line).await;
        }
        reply
    }

    /// `line` is set once the attempt has a connection.
    async fn call(&self, request: &Request, line: &mut Option<Line>) -> Result<Reply, CallError> {
        let call = self.http_request(request).await?;
        let line = line.insert(self.link.line().await?);
        let response = line.sender.send_request(call).await.map_err(CallError::Call)?;
        self.reply(response).await
    }

    async fn http_request(&self, request: &Request) -> Result<http::Request<OneFrame>, CallError> {
        let uri = match request.kind() {
            Kind::Traces => &self.traces,
            Kind::Logs => &self.logs,
        };
        let mut call = http::Request::new(OneFrame(Some(message(request))));
        *call.method_mut() = Method::POST;
        *call.version_mut() = Version::HTTP_2;
        *call.uri_mut() = uri.clone();
        *call.headers_mut() = self.headers(request.is_packed(), uri).await?;
        Ok(call)
    }

    async fn headers(&self, is_packed: bool, uri: &Uri) -> Result<HeaderMap, CallError> {
        let mut headers = self.metadata.clone();
        if let Some(client) = &self.credentials {
            let with_credentials = client.request(Method::POST, &uri.to_string()).await?;
            let built = with_credentials.build().map_err(|error| ClientError::Build(error.to_string()))?;
            headers.extend(built.headers().clone());
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(TE, HeaderValue::from_static("trailers"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("weir/", env!("CARGO_PKG_VERSION"))));
        if is_packed {
            headers.insert("grpc-encoding", HeaderValue::from_static("gzip"));
        }
        Ok(headers)
    }

    async fn reply(&self, response: Response<Incoming>) -> Result<Reply, CallError> {
        let (head, body) = response.into_parts();
        if let Some(status) = Status::from_header_map(&head.headers) {
            return Ok(self.reply_of(&status, &[]));
        }
        if head.status != StatusCode::OK {
            return Ok(reply_to(&from_http(head.status)));
        }
        let answer = Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(CallError::Answer)?;
        let Some(status) = answer.trailers().and_then(Status::from_header_map) else {
            return Ok(again("server ended its answer without a status".to_owned()));
        };
        Ok(self.reply_of(&status, &answer.to_bytes()))
    }

    fn reply_of(&self, status: &Status, answer: &[u8]) -> Reply {
        match status.code() {
            Code::Ok => Reply::taken(&self.exporter, answer.get(PREFIX_LEN..).unwrap_or_default()),
            _ => reply_to(status),
        }
    }
}

/// The message with its flag and length before it.
fn message(request: &Request) -> crate::chunks::Chunks {
    let mut message = request.body();
    let len = bytes::Buf::remaining(&message);
    let mut prefix = BytesMut::with_capacity(PREFIX_LEN);
    prefix.put_u8(u8::from(request.is_packed()));
    prefix.put_u32(u32::try_from(len).expect("a request is far below 4 GiB"));
    message.prepend(Bytes::from(prefix));
    message
}

fn again(cause: String) -> Reply {
    Reply::Later { after: None, cause }
}

/// An error and its causes in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(": ");
        words.push_str(&error.to_string());
        cause = error.source();
    }
    words
}

const PREFIX_LEN: usize = 5;
/// A partial success with a long message.
const ANSWER_BYTES_MAX: usize = 64 << 10;
