//! Unary gRPC over HTTP/2: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.
//!
//! Written out rather than left to a server library's codec, which would read each request whole before anything here
//! could refuse it, and would answer a request that is too large with a code that OTLP clients send again.

use bytes::{BufMut, Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use tonic::Status;

use crate::answer::{Answer, export_response, rpc_status};
use crate::door::{Admitted, Door, Kind};
use crate::metrics::Outcome;
use crate::reader::BodyReader;
use crate::refusal::{Refusal, Unsupported};
use crate::{Accepted, Sink};

/// Answers one call.
pub(crate) async fn answer<S: Sink, B>(door: &Door<S>, request: Request<B>) -> Response<Answer>
where
    B: Body<Data = Bytes> + Unpin,
{
    if !is_grpc(request.headers()) {
        door.metrics.count(Outcome::Unsupported);
        return not_grpc();
    }
    match call(door, request).await {
        Ok(accepted) => {
            door.metrics.count(Outcome::of(&accepted));
            success(&accepted)
        }
        Err(refusal) => {
            door.metrics.count(refusal.outcome());
            tracing::debug!(receiver = %door.receiver, cause = refusal.message(), "request refused");
            failure(&refusal)
        }
    }
}

async fn call<S: Sink, B>(door: &Door<S>, request: Request<B>) -> Result<Accepted, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    let kind = kind_of(request.uri().path())?;
    let packing = packing_of(request.headers())?;
    let mut body = BodyReader::new(request.into_body());
    let message = door.in_time(read_message(door, &mut body)).await?;
    let admitted = match (message.is_packed, packing) {
        (false, _) => message.admitted,
        (true, Packing::Gzip) => door.unpack(message.admitted).await?,
        (true, Packing::None) => {
            return Err(Refusal::Malformed(
                "message is marked compressed, but no grpc-encoding is given".into(),
            ));
        }
    };
    door.hand_in(kind, admitted).await
}

fn kind_of(path: &str) -> Result<Kind, Refusal> {
    match path {
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => Ok(Kind::Traces),
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export" => Ok(Kind::Logs),
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => {
            Err(Refusal::Unsupported(Unsupported::Metrics))
        }
        _ => Err(Refusal::Unsupported(Unsupported::Path(path.to_owned()))),
    }
}

#[derive(Clone, Copy, Debug)]
enum Packing {
    None,
    Gzip,
}

fn packing_of(headers: &HeaderMap) -> Result<Packing, Refusal> {
    match headers.get("grpc-encoding").map(HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(Packing::None),
        Some(b"gzip") => Ok(Packing::Gzip),
        Some(other) => {
            let other = String::from_utf8_lossy(other).into_owned();
            Err(Refusal::Unsupported(Unsupported::Encoding(other)))
        }
    }
}

#[derive(Debug)]
struct Message {
    is_packed: bool,
    admitted: Admitted,
}

/// Reads the one message of a unary call: a flag, the length in 4 bytes, the message.
async fn read_message<S: Sink, B>(door: &Door<S>, body: &mut BodyReader<B>) -> Result<Message, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut prefix = [0; PREFIX_LEN];
    if !body.fill(&mut &mut prefix[..], PREFIX_LEN).await? {
        return Err(Refusal::Malformed("request has no message".to_owned()));
    }
    let [flag, len @ ..] = prefix;
    if flag > 1 {
        return Err(Refusal::Malformed(format!("message has the invalid compression flag {flag}")));
    }
    let len = u32::from_be_bytes(len) as usize;
    let mut admitted = door.admit(len)?;
    if !body.fill(&mut admitted.body, len).await? {
        return Err(Refusal::Malformed("message is shorter than its prefix says".to_owned()));
    }
    if body.has_more().await? {
        return Err(Refusal::Malformed("request has more than one message".to_owned()));
    }
    Ok(Message { is_packed: flag == 1, admitted })
}

const PREFIX_LEN: usize = 5;

fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    match kind.strip_prefix(b"application/grpc") {
        Some(suffix) => matches!(suffix.first(), None | Some(b'+' | b';')),
        None => false,
    }
}

/// What a client hears that speaks plain HTTP to the gRPC port.
fn not_grpc() -> Response<Answer> {
    let text = "this port speaks OTLP over gRPC; OTLP over HTTP has a port of its own, by default 4318\n";
    let mut response = Response::new(Answer::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn success(accepted: &Accepted) -> Response<Answer> {
    let mut trailers = HeaderMap::with_capacity(1);
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let mut response = Response::new(Answer::with_trailers(framed(&export_response(accepted)), trailers));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

fn framed(message: &[u8]) -> Bytes {
    if message.is_empty() {
        return Bytes::from_static(&[0; PREFIX_LEN]);
    }
    let mut framed = BytesMut::with_capacity(PREFIX_LEN + message.len());
    framed.put_u8(0);
    framed.put_u32(message.len() as u32);
    framed.put_slice(message);
    framed.freeze()
}

/// An answer of trailers alone, with the `google.rpc.Status` in `grpc-status-details-bin` where it says more.
fn failure(refusal: &Refusal) -> Response<Answer> {
    let (code, message) = (refusal.code(), refusal.message());
    let details = match refusal.retry_after() {
        Some(delay) => Bytes::from(rpc_status(code, &message, Some(delay))),
        None => Bytes::new(),
    };
    let mut response = Status::with_details(code, message, details).into_http();
    if let Refusal::Unsupported(Unsupported::Encoding(_)) = refusal {
        response.headers_mut().insert("grpc-accept-encoding", HeaderValue::from_static("identity,gzip"));
    }
    response
}
