//! OTLP over gRPC.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Code, Status};
use weir_model::{Receiver, Signal};
use weir_otlp_receiver::{Accepted, Limits, Refused};
use weir_proto::generated::otlp::collector_logs::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use weir_proto::generated::otlp::collector_trace::ExportTraceServiceResponse;

use crate::stand::{OK, Port, limits, read_status, spans, start};

pub(crate) const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

/// prost messages under tonic, as generated clients have them.
struct Prost<T, U>(std::marker::PhantomData<(T, U)>);

impl<T: Message + 'static, U: Message + Default + 'static> Codec for Prost<T, U> {
    type Encode = T;
    type Decode = U;
    type Encoder = Self;
    type Decoder = Self;
    fn encoder(&mut self) -> Self {
        Self(std::marker::PhantomData)
    }
    fn decoder(&mut self) -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<T: Message + 'static, U> Encoder for Prost<T, U> {
    type Item = T;
    type Error = Status;
    fn encode(&mut self, item: T, buf: &mut EncodeBuf<'_>) -> Result<(), Status> {
        item.encode(buf).map_err(|error| Status::internal(error.to_string()))
    }
}

impl<T, U: Message + Default + 'static> Decoder for Prost<T, U> {
    type Item = U;
    type Error = Status;
    fn decode(&mut self, buf: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        U::decode(buf).map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}

/// A tonic client.
#[derive(Clone)]
pub(crate) struct Client {
    grpc: tonic::client::Grpc<Channel>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let endpoint = Channel::from_shared(format!("http://{address}")).expect("it is a URL");
        let channel = endpoint.connect().await.expect("the listener is there");
        Self { grpc: tonic::client::Grpc::new(channel) }
    }

    pub(crate) fn with_gzip(self) -> Self {
        Self { grpc: self.grpc.send_compressed(CompressionEncoding::Gzip) }
    }

    pub(crate) async fn call<T, U>(&mut self, path: &'static str, message: T) -> Result<U, Status>
    where
        T: Message + 'static,
        U: Message + Default + 'static,
    {
        self.grpc.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
        let codec = Prost(std::marker::PhantomData);
        let call = self.grpc.unary(tonic::Request::new(message), PathAndQuery::from_static(path), codec);
        call.await.map(tonic::Response::into_inner)
    }

    pub(crate) async fn traces(&mut self, name_len: usize) -> Result<ExportTraceServiceResponse, Status> {
        self.call(TRACES, spans(name_len)).await
    }
}

/// A body of the frames sent to it, which ends when the sender is dropped.
pub(crate) struct Fed(pub(crate) mpsc::UnboundedReceiver<Bytes>);

impl Body for Fed {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// Sends a request as it is over a new HTTP/2 connection.
pub(crate) async fn send<B>(address: SocketAddr, request: Request<B>) -> hyper::Result<Response<Incoming>>
where
    B: Body<Data = Bytes, Error = Infallible> + Send + Unpin + 'static,
{
    let stream = TcpStream::connect(address).await.expect("the listener is there");
    let builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await;
    if response.is_err() {
        connection.abort();
    }
    response
}

/// A gRPC call with a body of any bytes.
pub(crate) fn raw<B>(path: &str, headers: &[(&'static str, &str)], body: B) -> Request<B> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://weir{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).expect("the parts are valid")
}

/// The status of an answer, in its head or its trailers.
pub(crate) async fn status_of(response: Response<Incoming>) -> (Status, HeaderMap) {
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("the answer is whole");
    let trailers = body.trailers().cloned().unwrap_or_default();
    let status = Status::from_header_map(&head.headers).or_else(|| Status::from_header_map(&trailers));
    (status.expect("an answer has a status"), head.headers)
}

async fn raw_status(headers: &[(&'static str, &str)], body: &[u8]) -> Status {
    let server = start(Port::Grpc, limits(1000), OK).await;
    let request = raw(TRACES, headers, Full::new(Bytes::copy_from_slice(body)));
    status_of(send(server.address, request).await.expect("it is answered")).await.0
}

#[tokio::test]
async fn spans_reach_the_sink_byte_for_byte() {
    let mut server = start(Port::Grpc, Limits::default(), OK).await;
    let mut client = Client::connect(server.address).await;
    for len in [0, 1, 100, 20_000, 3_000_000] {
        let response = client.traces(len).await.expect("it is taken");
        assert_eq!(response, ExportTraceServiceResponse::default());
        let (signal, receiver, body) = server.taken.recv().await.expect("the sink was called");
        assert_eq!((signal, receiver), (Signal::Traces, Receiver::OtlpGrpc));
        assert!(body == spans(len).encode_to_vec(), "the body of {len} bytes differs");
    }
    assert_eq!(server.metric("weir_otlp_requests_total", "accepted"), 5.0);
    assert_eq!(server.metric("weir_otlp_in_flight_bytes", "otlp_grpc"), 0.0);
}

#[tokio::test]
async fn logs_have_a_service_of_their_own() {
    let mut server = start(Port::Grpc, Limits::default(), OK).await;
    let mut client = Client::connect(server.address).await;
    let answer: ExportLogsServiceResponse =
        client.call(LOGS, ExportLogsServiceRequest::default()).await.expect("it is taken");
    assert_eq!(answer, ExportLogsServiceResponse::default());
    let (signal, _, body) = server.taken.recv().await.expect("the sink was called");
    assert_eq!((signal, body.len()), (Signal::Logs, 0));
}

#[tokio::test]
async fn gzip_is_unpacked() {
    let mut server = start(Port::Grpc, Limits::default(), OK).await;
    let mut client = Client::connect(server.address).await.with_gzip();
    for len in [0, 20_000, 3_000_000] {
        client.traces(len).await.expect("it is taken");
        let (_, _, body) = server.taken.recv().await.expect("the sink was called");
        assert!(body == spans(len).encode_to_vec(), "the body of {len} bytes differs");
    }
}

#[tokio::test]
async fn a_partial_success_is_told() {
    let answer = Ok(Accepted { rejected: 3, message: "three spans have no id".to_owned() });
    let server = start(Port::Grpc, Limits::default(), answer).await;
    let response = Client::connect(server.address).await.traces(1).await.expect("it is taken in part");
    let partial = response.partial_success.expect("it is told");
    assert_eq!((partial.rejected_spans, partial.error_message.as_str()), (3, "three spans have no id"));
    assert_eq!(server.metric("weir_otlp_requests_total", "partial"), 1.0);
}

#[tokio::test]
async fn a_malformed_request_is_invalid_for_good() {
    let answer = Err(Refused::Malformed("message is cut off".to_owned()));
    let server = start(Port::Grpc, Limits::default(), answer).await;
    let status = Client::connect(server.address).await.traces(1).await.expect_err("it is refused");
    assert_eq!((status.code(), status.message()), (Code::InvalidArgument, "message is cut off"));
}

#[tokio::test]
async fn a_full_sink_says_when_to_come_back() {
    let delay = Duration::from_millis(1500);
    let server = start(Port::Grpc, Limits::default(), Err(Refused::Full { retry_after: delay })).await;
    let status = Client::connect(server.address).await.traces(1).await.expect_err("it is refused");
    assert_eq!(status.code(), Code::ResourceExhausted);
    let (code, message, told) = read_status(status.details());
    assert_eq!(
        (code, message.as_str(), told),
        (Code::ResourceExhausted as i32, status.message(), Some(delay))
    );
}

#[tokio::test]
async fn an_unavailable_sink_is_unavailable() {
    let server =
        start(Port::Grpc, Limits::default(), Err(Refused::Unavailable("disk failed".to_owned()))).await;
    let status = Client::connect(server.address).await.traces(1).await.expect_err("it is refused");
    assert_eq!((status.code(), status.message()), (Code::Unavailable, "disk failed"));
}

#[tokio::test]
async fn what_is_not_served_is_unimplemented() {
    let server = start(Port::Grpc, Limits::default(), OK).await;
    let mut client = Client::connect(server.address).await;
    let metrics = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
    for (path, words) in [(metrics, "let weir scrape them"), ("/a.B/C", "/a.B/C is not served here")] {
        let status =
            client.call::<_, ExportTraceServiceResponse>(path, spans(1)).await.expect_err("no such thing");
        assert_eq!(status.code(), Code::Unimplemented);
        assert!(status.message().contains(words), "{}", status.message());
    }
}

#[tokio::test]
async fn an_unknown_encoding_is_unimplemented_and_the_known_ones_are_named() {
    let server = start(Port::Grpc, Limits::default(), OK).await;
    let request =
        raw(TRACES, &[("grpc-encoding", "zstd")], Full::new(Bytes::from_static(b"\x01\0\0\0\x01x")));
    let (status, headers) = status_of(send(server.address, request).await.expect("it is answered")).await;
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(headers["grpc-accept-encoding"], "identity,gzip");
}

#[tokio::test]
async fn broken_framing_is_invalid() {
    let plain = &[("grpc-encoding", "identity")][..];
    let packed = &[("grpc-encoding", "gzip")][..];
    for (headers, body, words) in [
        (plain, &b""[..], "no message"),
        (plain, b"\0\0\0", "no message"),
        (plain, b"\x02\0\0\0\x01x", "compression flag 2"),
        (plain, b"\0\0\0\0\x02x", "shorter than its prefix"),
        (plain, b"\0\0\0\0\x01x\0\0\0\0\x01x", "more than one message"),
        (plain, b"\x01\0\0\0\x01x", "no grpc-encoding"),
        (packed, b"\x01\0\0\0\x01x", "not valid gzip"),
    ] {
        let status = raw_status(headers, body).await;
        assert_eq!(status.code(), Code::InvalidArgument, "{words}");
        assert!(status.message().contains(words), "{}", status.message());
    }
}

#[tokio::test]
async fn an_empty_message_and_an_unpacked_one_under_gzip_are_taken() {
    assert_eq!(raw_status(&[], b"\0\0\0\0\0").await.code(), Code::Ok);
    assert_eq!(raw_status(&[("grpc-encoding", "gzip")], b"\0\0\0\0\x01x").await.code(), Code::Ok);
}

#[tokio::test]
async fn plain_http_on_the_grpc_port_hears_what_the_port_is_for() {
    let server = start(Port::Grpc, Limits::default(), OK).await;
    let answer = crate::http::post(server.address, "/v1/traces", &[], b"x").await;
    assert_eq!(answer.status, 415);
    assert!(String::from_utf8_lossy(&answer.body).contains("4318"));
}
