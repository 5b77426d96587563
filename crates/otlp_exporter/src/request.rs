//! An encoded request.

use std::collections::VecDeque;

use bytes::Bytes;
use weir_model::Signal;

/// Batches of one signal on their way; requests join by concatenation, so each batch is a part of the body.
#[derive(Debug)]
pub struct Request {
    pub(crate) signal: Signal,
    pub(crate) parts: VecDeque<Part>,
}

/// One batch.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) payload: Bytes,
    pub(crate) records: u64,
}
