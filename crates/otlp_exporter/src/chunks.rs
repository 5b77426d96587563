//! A request's bytes in the pieces that they came in.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::IoSlice;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};

/// Bytes in pieces. Invariants: no piece is empty; `len` is the sum of their lengths.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chunks {
    pieces: VecDeque<Bytes>,
    len: usize,
}

impl FromIterator<Bytes> for Chunks {
    fn from_iter<I: IntoIterator<Item = Bytes>>(pieces: I) -> Self {
        let mut chunks = Self::default();
        for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
            chunks.len += piece.len();
            chunks.pieces.push_back(piece);
        }
        chunks
    }
}

impl Chunks {
    /// Puts `piece`, which is not empty, before the others.
    pub(crate) fn prepend(&mut self, piece: Bytes) {
        self.len += piece.len();
        self.pieces.push_front(piece);
    }
}

impl Buf for Chunks {
    fn remaining(&self) -> usize {
        self.len
    }

    fn chunk(&self) -> &[u8] {
        self.pieces.front().map_or(&[], |piece| piece)
    }

    fn chunks_vectored<'a>(&'a self, out: &mut [IoSlice<'a>]) -> usize {
        let count = out.len().min(self.pieces.len());
        for (slot, piece) in out.iter_mut().zip(&self.pieces) {
            *slot = IoSlice::new(piece);
        }
        count
    }

    fn advance(&mut self, count: usize) {
        assert!(count <= self.len, "advanced past the end");
        self.len -= count;
        let mut left = count;
        while left > 0 {
            let Some(first) = self.pieces.front_mut() else { return };
            if first.len() > left {
                first.advance(left);
                return;
            }
            left -= first.len();
            self.pieces.pop_front();
        }
    }
}

/// A body that hands over all chunks in one frame. The connection cuts frames of its own size from them.
#[derive(Debug)]
pub(crate) struct OneFrame(pub(crate) Option<Chunks>);

impl Body for OneFrame {
    type Data = Chunks;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Chunks>, Infallible>>> {
        Poll::Ready(self.0.take().map(|chunks| Ok(Frame::data(chunks))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
}

/// A body of known length that hands over one piece after the other.
#[derive(Debug)]
pub(crate) struct Pieces(pub(crate) Chunks);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.0.pieces.pop_front();
        self.0.len -= piece.as_ref().map_or(0, Bytes::len);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.len as u64)
    }
}

#[cfg(test)]
mod tests;
