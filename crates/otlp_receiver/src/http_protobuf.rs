//! OTLP/HTTP with protobuf bodies: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>.

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, CONTENT_TYPE, EXPECT, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Version};
use http_body::Body;

use crate::answer::{Answer, export_response, rpc_status};
use crate::door::{Admitted, Door, Kind};
use crate::metrics::Outcome;
use crate::reader::BodyReader;
use crate::refusal::{Refusal, Unsupported};
use crate::{Accepted, Sink};

/// Answers one request.
pub(crate) async fn answer<S: Sink, B>(door: &Door<S>, request: Request<B>) -> Response<Answer>
where
    B: Body<Data = Bytes> + Unpin,
{
    let (head, body) = request.into_parts();
    let mut body = BodyReader::new(body);
    match take(door, &head, &mut body).await {
        Ok(accepted) => {
            door.metrics.count(Outcome::of(&accepted));
            success(&accepted)
        }
        Err(refusal) => {
            door.metrics.count(refusal.outcome());
            tracing::debug!(receiver = %door.receiver, cause = refusal.message(), "request refused");
            if is_deaf_until_written(&head) {
                let discard = body.discard(DISCARD_BYTES_MAX);
                let _ = tokio::time::timeout(door.limits.body_timeout, discard).await;
            }
            failure(&refusal)
        }
    }
}

async fn take<S: Sink, B>(
    door: &Door<S>,
    head: &http::request::Parts,
    body: &mut BodyReader<B>,
) -> Result<Accepted, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    let kind = kind_of(head.uri.path())?;
    if head.method != Method::POST {
        return Err(Refusal::Unsupported(Unsupported::Method));
    }
    check_content_type(&head.headers)?;
    let is_packed = is_packed(&head.headers)?;
    let admitted = door.in_time(read_body(door, body)).await?;
    let admitted = if is_packed { door.unpack(admitted).await? } else { admitted };
    door.hand_in(kind, admitted).await
}

/// Whether the client reads no answer before it has written its whole request, as HTTP/1 clients do. Without reading
/// on, the connection would be reset and the answer lost on the way.
fn is_deaf_until_written(head: &http::request::Parts) -> bool {
    head.version < Version::HTTP_2 && !head.headers.contains_key(EXPECT)
}

fn kind_of(path: &str) -> Result<Kind, Refusal> {
    match path {
        "/v1/traces" => Ok(Kind::Traces),
        "/v1/logs" => Ok(Kind::Logs),
        "/v1/metrics" => Err(Refusal::Unsupported(Unsupported::Metrics)),
        _ => Err(Refusal::Unsupported(Unsupported::Path(path.to_owned()))),
    }
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let value = headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let essence = value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if essence.eq_ignore_ascii_case(PROTOBUF.as_bytes()) {
        return Ok(());
    }
    let value = String::from_utf8_lossy(value).into_owned();
    Err(Refusal::Unsupported(Unsupported::ContentType(value)))
}

fn is_packed(headers: &HeaderMap) -> Result<bool, Refusal> {
    let value = headers.get(CONTENT_ENCODING).map_or(&b""[..], |value| value.as_bytes().trim_ascii());
    if value.eq_ignore_ascii_case(b"gzip") {
        Ok(true)
    } else if value.is_empty() || value.eq_ignore_ascii_case(b"identity") {
        Ok(false)
    } else {
        let value = String::from_utf8_lossy(value).into_owned();
        Err(Refusal::Unsupported(Unsupported::Encoding(value)))
    }
}

/// Reads a body into a buffer of its told length or, where none was told (chunked), as it comes.
async fn read_body<S: Sink, B>(door: &Door<S>, body: &mut BodyReader<B>) -> Result<Admitted, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    let told = body.told_len().map(|len| usize::try_from(len).unwrap_or(usize::MAX));
    let mut admitted = door.admit(told.unwrap_or(0))?;
    match told {
        Some(len) => {
            if !body.fill(&mut admitted.body, len).await? {
                return Err(Refusal::CutOff);
            }
        }
        None => {
            while let Some(piece) = body.next().await? {
                door.admit_more(&mut admitted, piece.len())?;
                admitted.body.extend_from_slice(&piece);
            }
        }
    }
    Ok(admitted)
}

fn success(accepted: &Accepted) -> Response<Answer> {
    let mut response = Response::new(Answer::new(Bytes::from(export_response(accepted))));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROTOBUF));
    response
}

fn failure(refusal: &Refusal) -> Response<Answer> {
    let message = refusal.message();
    let (kind, body) = match refusal {
        // Whoever sent this may not speak protobuf.
        Refusal::Unsupported(_) => ("text/plain; charset=utf-8", message.into_bytes()),
        _ => (PROTOBUF, rpc_status(refusal.code(), &message, refusal.retry_after())),
    };
    let mut response = Response::new(Answer::new(Bytes::from(body)));
    *response.status_mut() = refusal.http_status();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(delay) = refusal.retry_after() {
        headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(delay)));
    }
    match refusal {
        Refusal::Unsupported(Unsupported::Method) => {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        Refusal::Unsupported(Unsupported::Encoding(_)) => {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
        _ => {}
    }
    response
}

/// Retry-After has whole seconds; never sooner than asked.
fn whole_seconds(delay: std::time::Duration) -> u64 {
    delay.as_secs() + u64::from(delay.subsec_nanos() > 0)
}

/// Of a request that was refused; past it the connection is closed, at the risk that the answer is lost.
const DISCARD_BYTES_MAX: usize = 64 << 20;

const PROTOBUF: &str = "application/x-protobuf";
