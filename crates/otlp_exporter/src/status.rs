//! gRPC statuses, and which of them mean: again.

use std::time::Duration;

use http::StatusCode;
use tonic::{Code, Status};
use weir_proto::wire::{Fields, Value};

use crate::reply::Reply;

/// What a status other than OK means.
pub(crate) fn reply_to(status: &Status) -> Reply {
    let cause = words(status);
    match status.code() {
        Code::ResourceExhausted | Code::OutOfRange | Code::InvalidArgument
            if is_too_large(status.message()) =>
        {
            Reply::TooLarge { cause }
        }
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss
        | Code::ResourceExhausted => Reply::Later { after: retry_delay(status.details()), cause },
        _ => Reply::Refused { cause },
    }
}

/// The status of an HTTP answer without a gRPC one, which some proxy gave:
/// <https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>.
pub(crate) fn from_http(status: StatusCode) -> Status {
    let code = match status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    };
    Status::new(code, format!("HTTP status {status} instead of a gRPC answer"))
}

/// Whether a server means the size of this very message. No code says so: grpc-go, grpc-java and the C core use
/// RESOURCE_EXHAUSTED, which is also "come back later"; tonic OUT_OF_RANGE, which OTLP would send again for ever; weir
/// INVALID_ARGUMENT. So their words decide.
fn is_too_large(message: &str) -> bool {
    const WORDS: [&str; 4] =
        ["larger than max", "exceeds maximum size", "message length too large", "request is larger than"];
    WORDS.iter().any(|words| message.contains(words))
}

fn words(status: &Status) -> String {
    let code = status.code().description();
    if status.message().is_empty() { code.to_owned() } else { format!("{code}: {}", status.message()) }
}

/// The delay of a `google.rpc.RetryInfo` among the details (field 3) of a `google.rpc.Status`.
pub(crate) fn retry_delay(rpc_status: &[u8]) -> Option<Duration> {
    messages(rpc_status, 3).find_map(|any| {
        let kind = messages(any, 1).next()?;
        if !kind.ends_with(b"/google.rpc.RetryInfo") {
            return None;
        }
        let duration = messages(messages(any, 2).next()?, 1).next()?;
        let seconds = number(duration, 1).unwrap_or(0);
        let nanos = number(duration, 2).unwrap_or(0).min(999_999_999);
        Some(Duration::from_secs(seconds) + Duration::from_nanos(nanos))
    })
}

/// The message (field 2) of a `google.rpc.Status`.
pub(crate) fn rpc_message(rpc_status: &[u8]) -> Option<String> {
    let message = messages(rpc_status, 2).next()?;
    String::from_utf8(message.to_vec()).ok()
}

/// The length-delimited values of a field, as far as the message can be read.
fn messages(message: &[u8], number: u32) -> impl Iterator<Item = &[u8]> {
    Fields::new(message).flatten().filter_map(move |field| match field.value {
        Value::Bytes(bytes) if field.number == number => Some(bytes),
        _ => None,
    })
}

/// A number, 0 when it is negative.
fn number(message: &[u8], number: u32) -> Option<u64> {
    Fields::new(message).flatten().find_map(|field| match field.value {
        Value::Varint(value) if field.number == number => Some(u64::try_from(value as i64).unwrap_or(0)),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
