//! Answers and their encoding.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use tonic::Code;
use weir_proto::wire::{put_bytes_field, put_varint_field};

use crate::Accepted;

/// The body of an answer: bytes, then trailers.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    data: Option<Bytes>,
    trailers: Option<Box<HeaderMap>>,
}

impl Answer {
    pub(crate) fn new(data: Bytes) -> Self {
        Self { data: Some(data), trailers: None }
    }

    pub(crate) fn with_trailers(data: Bytes, trailers: HeaderMap) -> Self {
        Self { data: Some(data), trailers: Some(Box::new(trailers)) }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = self.data.take().map(Frame::data);
        let frame = data.or_else(|| self.trailers.take().map(|trailers| Frame::trailers(*trailers)));
        Poll::Ready(frame.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.as_ref().map_or(0, |data| data.len() as u64))
    }
}

/// An `ExportTraceServiceResponse` or `ExportLogsServiceResponse`, which are alike: field 1 is the partial success,
/// and of that field 1 the rejected records, field 2 the message. A complete success is an empty message.
pub(crate) fn export_response(accepted: &Accepted) -> Vec<u8> {
    let mut response = Vec::new();
    if *accepted != Accepted::default() {
        let mut partial = Vec::new();
        if accepted.rejected > 0 {
            put_varint_field(&mut partial, 1, accepted.rejected);
        }
        put_text(&mut partial, 2, &accepted.message);
        put_bytes_field(&mut response, 1, &partial);
    }
    response
}

/// A `google.rpc.Status`, with a `google.rpc.RetryInfo` among its details when there is a delay.
pub(crate) fn rpc_status(code: Code, message: &str, retry_after: Option<Duration>) -> Vec<u8> {
    let mut status = Vec::new();
    put_varint_field(&mut status, 1, code as u64);
    put_text(&mut status, 2, message);
    if let Some(delay) = retry_after {
        let mut any = Vec::new();
        put_text(&mut any, 1, "type.googleapis.com/google.rpc.RetryInfo");
        put_bytes_field(&mut any, 2, &retry_info(delay));
        put_bytes_field(&mut status, 3, &any);
    }
    status
}

fn retry_info(delay: Duration) -> Vec<u8> {
    let mut duration = Vec::new();
    put_varint_field(&mut duration, 1, delay.as_secs());
    put_varint_field(&mut duration, 2, u64::from(delay.subsec_nanos()));
    let mut info = Vec::new();
    put_bytes_field(&mut info, 1, &duration);
    info
}

fn put_text(out: &mut Vec<u8>, number: u32, text: &str) {
    if !text.is_empty() {
        put_bytes_field(out, number, text.as_bytes());
    }
}
