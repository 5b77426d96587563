//! A request's body, read piece by piece.

use bytes::{Buf, BufMut, Bytes};
use http_body::Body;
use http_body_util::BodyExt;

use crate::refusal::Refusal;

/// The body of a request.
#[derive(Debug)]
pub(crate) struct BodyReader<B> {
    body: B,
    /// What has arrived and was not asked for yet.
    rest: Bytes,
}

impl<B: Body<Data = Bytes> + Unpin> BodyReader<B> {
    pub(crate) fn new(body: B) -> Self {
        Self { body, rest: Bytes::new() }
    }

    /// Bytes that are still to come, where the sender has said so.
    pub(crate) fn told_len(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    /// Waits until there are bytes; `false` at the end of the body.
    pub(crate) async fn has_more(&mut self) -> Result<bool, Refusal> {
        while self.rest.is_empty() {
            match self.body.frame().await {
                None => return Ok(false),
                Some(Err(_)) => return Err(Refusal::CutOff),
                Some(Ok(frame)) => self.rest = frame.into_data().unwrap_or_default(),
            }
        }
        Ok(true)
    }

    /// Appends the next `len` bytes to `out`, which has room for them; `false` when the body ends before.
    pub(crate) async fn fill(&mut self, out: &mut impl BufMut, len: usize) -> Result<bool, Refusal> {
        let mut missing = len;
        while missing > 0 {
            if !self.has_more().await? {
                return Ok(false);
            }
            let count = missing.min(self.rest.len());
            out.put_slice(&self.rest[..count]);
            self.rest.advance(count);
            missing -= count;
        }
        Ok(true)
    }

    /// The bytes that have arrived, at least one; `None` at the end of the body.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        Ok(self.has_more().await?.then(|| std::mem::take(&mut self.rest)))
    }

    /// Reads up to `bytes_max` bytes and forgets them.
    pub(crate) async fn discard(&mut self, bytes_max: usize) {
        let mut left = bytes_max;
        while let Ok(Some(bytes)) = self.next().await {
            let Some(rest) = left.checked_sub(bytes.len()) else { return };
            left = rest;
        }
    }
}
