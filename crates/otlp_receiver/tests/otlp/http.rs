//! OTLP over HTTP.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use prost::Message;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tonic::Code;
use weir_model::{Receiver, Signal};
use weir_otlp_receiver::{Accepted, Limits, Refused};
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceResponse;

use crate::grpc::{Fed, send};
use crate::stand::{OK, Port, gzip, limits, read_status, spans, start};

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Sends a request as it is over a new HTTP/1 connection.
pub(crate) async fn send_http1<B>(address: SocketAddr, request: Request<B>) -> Answer
where
    B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let stream = TcpStream::connect(address).await.expect("the listener is there");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("it is HTTP");
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await.expect("it is answered");
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("the answer is whole").to_bytes();
    connection.abort();
    Answer { status: head.status.as_u16(), headers: head.headers, body }
}

/// A request with protobuf as its content type, unless `headers` say otherwise.
pub(crate) fn request<B>(
    method: Method,
    path: &str,
    headers: &[(&'static str, &str)],
    body: B,
) -> Request<B> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().expect("it is a path");
    request.headers_mut().insert("host", "weir".parse().expect("it is a value"));
    request.headers_mut().insert("content-type", "application/x-protobuf".parse().expect("it is a value"));
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().expect("it is a value"));
    }
    request
}

pub(crate) async fn post(
    address: SocketAddr,
    path: &str,
    headers: &[(&'static str, &str)],
    body: &[u8],
) -> Answer {
    let body = Full::new(Bytes::copy_from_slice(body));
    send_http1(address, request(Method::POST, path, headers, body)).await
}

#[tokio::test]
async fn bodies_reach_the_sink_byte_for_byte() {
    let mut server = start(Port::Http, Limits::default(), OK).await;
    for (path, signal) in [("/v1/traces", Signal::Traces), ("/v1/logs", Signal::Logs)] {
        for len in [0, 100, 3_000_000] {
            let sent = spans(len).encode_to_vec();
            let answer = post(server.address, path, &[], &sent).await;
            assert_eq!((answer.status, answer.body.len()), (200, 0));
            assert_eq!(answer.headers["content-type"], "application/x-protobuf");
            let taken = server.taken.recv().await.expect("the sink was called");
            assert!(taken == (signal, Receiver::OtlpHttp, Bytes::from(sent)), "{len} bytes to {path} differ");
        }
    }
}

#[tokio::test]
async fn gzip_chunked_and_http2_bodies_are_the_same_bodies() {
    let mut server = start(Port::Http, Limits::default(), OK).await;
    let sent = Bytes::from(spans(50_000).encode_to_vec());
    let packed = [("content-encoding", "gzip")];
    assert_eq!(post(server.address, "/v1/traces", &packed, &gzip(&sent)).await.status, 200);

    let (feed, fed) = mpsc::unbounded_channel();
    sent.chunks(7777).for_each(|piece| feed.send(sent.slice_ref(piece)).expect("the body is there"));
    drop(feed);
    let chunked = request(Method::POST, "/v1/traces", &[], Fed(fed));
    assert_eq!(send_http1(server.address, chunked).await.status, 200);

    let mut http2 = request(Method::POST, "http://weir/v1/traces", &[], Full::new(sent.clone()));
    http2.headers_mut().remove("host");
    assert_eq!(send(server.address, http2).await.expect("it is answered").status(), 200);

    for how in ["gzip", "chunked", "HTTP/2"] {
        let (_, _, body) = server.taken.recv().await.expect("the sink was called");
        assert!(body == sent, "{how}");
    }
}

#[tokio::test]
async fn a_content_type_may_have_parameters_and_capitals() {
    let server = start(Port::Http, Limits::default(), OK).await;
    let headers = [("content-type", "Application/X-Protobuf; charset=utf-8")];
    assert_eq!(post(server.address, "/v1/traces", &headers, b"").await.status, 200);
}

#[tokio::test]
async fn a_partial_success_is_told() {
    let answer = Ok(Accepted { rejected: 2, message: "two spans have no id".to_owned() });
    let server = start(Port::Http, Limits::default(), answer).await;
    let answer = post(server.address, "/v1/traces", &[], b"").await;
    assert_eq!(answer.status, 200);
    let response = ExportTraceServiceResponse::decode(answer.body).expect("it is a response");
    let partial = response.partial_success.expect("it is told");
    assert_eq!((partial.rejected_spans, partial.error_message.as_str()), (2, "two spans have no id"));
}

#[tokio::test]
async fn refusals_are_statuses_in_protobuf() {
    let delay = Duration::from_millis(1500);
    for (refused, status, code, told) in [
        (Refused::Malformed("cut off".to_owned()), 400, Code::InvalidArgument, None),
        (Refused::Full { retry_after: delay }, 429, Code::ResourceExhausted, Some(delay)),
        (Refused::Unavailable("disk failed".to_owned()), 503, Code::Unavailable, None),
    ] {
        let server = start(Port::Http, Limits::default(), Err(refused)).await;
        let answer = post(server.address, "/v1/logs", &[], b"").await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.headers["content-type"], "application/x-protobuf");
        let (read, message, delay) = read_status(&answer.body);
        assert_eq!((read, delay), (code as i32, told));
        assert!(!message.is_empty());
        let header = answer.headers.get("retry-after").map(|value| value.to_str().expect("it is text"));
        assert_eq!(header, told.map(|_| "2"), "whole seconds, never sooner than asked");
    }
}

#[tokio::test]
async fn what_is_not_served_is_said_in_text() {
    let server = start(Port::Http, Limits::default(), OK).await;
    let json = [("content-type", "application/json")];
    let deflate = [("content-encoding", "deflate")];
    for (path, headers, status, words) in [
        ("/v1/metrics", &[][..], 404, "let weir scrape them"),
        ("/v2/traces", &[], 404, "/v2/traces is not served here"),
        ("/v1/traces", &json, 415, "application/x-protobuf"),
        ("/v1/traces", &deflate, 415, "send gzip"),
    ] {
        let answer = post(server.address, path, headers, b"{}").await;
        assert_eq!(answer.status, status);
        assert!(String::from_utf8_lossy(&answer.body).contains(words), "{path}");
    }
    let get = request(Method::GET, "/v1/traces", &[], Full::new(Bytes::new()));
    let answer = send_http1(server.address, get).await;
    assert_eq!((answer.status, answer.headers["allow"].as_bytes()), (405, &b"POST"[..]));
}

#[tokio::test]
async fn a_body_that_is_not_gzip_is_malformed() {
    let server = start(Port::Http, Limits::default(), OK).await;
    let answer = post(server.address, "/v1/traces", &[("content-encoding", "gzip")], b"no gzip").await;
    assert_eq!(answer.status, 400);
    assert!(read_status(&answer.body).1.contains("not valid gzip"));
}

#[tokio::test]
async fn a_client_that_writes_on_still_hears_that_its_request_is_too_large() {
    let server = start(Port::Http, limits(1000), OK).await;
    let answer = post(server.address, "/v1/traces", &[], &vec![0; 8 << 20]).await;
    assert_eq!(answer.status, 413);
    assert!(read_status(&answer.body).1.contains("1000 bytes"));
}

#[tokio::test]
async fn a_chunked_body_is_too_large_once_it_passes_the_limit() {
    let server = start(Port::Http, limits(1000), OK).await;
    for (pieces, status) in [(10, 200), (11, 413)] {
        let (feed, fed) = mpsc::unbounded_channel();
        (0..pieces).for_each(|_| feed.send(Bytes::from(vec![0; 100])).expect("the body is there"));
        drop(feed);
        let chunked = request(Method::POST, "/v1/traces", &[], Fed(fed));
        assert_eq!(send_http1(server.address, chunked).await.status, status);
    }
    assert_eq!(server.metric("weir_otlp_in_flight_bytes", "otlp_http"), 0.0);
}
