//! An encoded request.

use std::collections::VecDeque;

use bytes::Bytes;
use weir_model::Signal;

use crate::chunks::Chunks;
use crate::packer::Packer;

/// Batches of one signal on their way. Each attempt sends the first `at_once` of them joined: all of them, unless the
/// server has called that too large.
///
/// Invariant: `1 <= at_once <= parts.len()` until the last part is done.
#[derive(Debug)]
pub struct Request {
    kind: Kind,
    parts: VecDeque<Part>,
    at_once: usize,
    /// The body of the next attempt where it is to be compressed.
    packed: Option<Bytes>,
}

/// What OTLP carries here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Traces,
    Logs,
}

/// One batch.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) payload: Bytes,
    pub(crate) records: u64,
}

impl Kind {
    pub(crate) fn of(signal: Signal) -> Option<Self> {
        match signal {
            Signal::Traces => Some(Self::Traces),
            Signal::Logs => Some(Self::Logs),
            Signal::Metrics => None,
        }
    }
}

impl Request {
    /// A request of `parts`, of which there is at least one.
    pub(crate) fn new(kind: Kind, parts: VecDeque<Part>, packer: Option<&Packer>) -> Self {
        let at_once = parts.len();
        let mut request = Self { kind, parts, at_once, packed: None };
        request.pack(packer);
        request
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The body of the next attempt.
    pub(crate) fn body(&self) -> Chunks {
        match &self.packed {
            Some(packed) => std::iter::once(packed.clone()).collect(),
            None => self.next_parts().map(|part| part.payload.clone()).collect(),
        }
    }

    pub(crate) fn is_packed(&self) -> bool {
        self.packed.is_some()
    }

    /// Bytes of the next attempt before compression.
    pub(crate) fn bytes(&self) -> usize {
        self.next_parts().map(|part| part.payload.len()).sum()
    }

    /// The last attempt ended for good: its parts leave the request. Returns how many records they had.
    pub(crate) fn take_sent(&mut self, packer: Option<&Packer>) -> u64 {
        let records = self.parts.drain(..self.at_once).map(|part| part.records).sum();
        self.at_once = self.at_once.min(self.parts.len());
        self.pack(packer);
        records
    }

    /// Makes the next attempt half as large; `false` when it is a single part already.
    pub(crate) fn try_halve(&mut self, packer: Option<&Packer>) -> bool {
        if self.at_once <= 1 {
            return false;
        }
        self.at_once = self.at_once.div_ceil(2);
        self.pack(packer);
        true
    }

    /// Whether nothing is left to send.
    pub(crate) fn is_done(&self) -> bool {
        self.parts.is_empty()
    }

    fn next_parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().take(self.at_once)
    }

    fn pack(&mut self, packer: Option<&Packer>) {
        self.packed = match packer {
            Some(packer) if !self.is_done() => {
                Some(packer.pack(self.next_parts().map(|part| &part.payload[..])))
            }
            _ => None,
        };
    }
}
