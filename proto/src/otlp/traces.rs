//! Spans.

use std::ops::Range;

use super::any_value::{KeyValues, utf8};
use super::request::{self, Kind, id};
use crate::wire::{Fields, WireError};

/// An `ExportTraceServiceRequest`.
pub type RequestView<'a> = request::RequestView<'a, Span>;
/// A `ResourceSpans` message.
pub type ResourceView<'a> = request::ResourceView<'a, Span>;
/// A `ScopeSpans` message.
pub type ScopeView<'a> = request::ScopeView<'a, Span>;

/// The kind of a `Span` message.
#[derive(Clone, Copy, Debug)]
pub enum Span {}

impl Kind for Span {
    const ATTRIBUTES: u8 = 9;
    type View<'a> = SpanView<'a>;

    fn view(message: &[u8], start: usize) -> Result<SpanView<'_>, WireError> {
        SpanView::read(message, start)
    }
}

/// A `Span` message. Its own fields are found in one pass when it is made; what they hold is read when asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpanView<'a> {
    message: &'a [u8],
    start: usize,
    trace_id: &'a [u8],
    span_id: &'a [u8],
    parent_span_id: &'a [u8],
    trace_state: &'a [u8],
    name: &'a [u8],
    kind: i32,
    flags: u32,
    start_time_unix_nano: u64,
    end_time_unix_nano: u64,
    status: Option<&'a [u8]>,
}

impl<'a> SpanView<'a> {
    /// Reads a message that starts at `start` of its request.
    pub fn read(message: &'a [u8], start: usize) -> Result<Self, WireError> {
        let mut view = Self { message, start, ..Self::default() };
        let mut fields = Fields::new(message);
        while let Some(field) = fields.next() {
            let field = field?;
            match field.number {
                9 => while fields.next_short(Span::ATTRIBUTES).is_some() {},
                1 => view.trace_id = field.bytes()?,
                2 => view.span_id = field.bytes()?,
                3 => view.trace_state = field.bytes()?,
                4 => view.parent_span_id = field.bytes()?,
                5 => view.name = field.bytes()?,
                6 => view.kind = field.varint()? as i32,
                7 => view.start_time_unix_nano = field.fixed64()?,
                8 => view.end_time_unix_nano = field.fixed64()?,
                15 => field.once(&mut view.status)?,
                16 => view.flags = field.fixed32()?,
                _ => {}
            }
        }
        Ok(view)
    }

    /// The trace id; none when empty or all zero.
    pub fn trace_id(&self) -> Result<Option<[u8; 16]>, WireError> {
        id(self.trace_id)
    }

    /// The span id; none when empty or all zero.
    pub fn span_id(&self) -> Result<Option<[u8; 8]>, WireError> {
        id(self.span_id)
    }

    /// The parent's span id; none for a root span.
    pub fn parent_span_id(&self) -> Result<Option<[u8; 8]>, WireError> {
        id(self.parent_span_id)
    }

    /// W3C `tracestate`.
    pub fn trace_state(&self) -> Result<&'a str, WireError> {
        utf8(self.trace_state)
    }

    /// Name of the operation.
    pub fn name(&self) -> Result<&'a str, WireError> {
        utf8(self.name)
    }

    /// A `SpanKind`, as number.
    pub fn kind(&self) -> i32 {
        self.kind
    }

    /// W3C trace flags in the lowest 8 bits, and two bits that say whether the parent is remote.
    pub fn flags(&self) -> u32 {
        self.flags
    }

    /// Start, in nanoseconds since the Unix epoch.
    pub fn start_time_unix_nano(&self) -> u64 {
        self.start_time_unix_nano
    }

    /// End, in nanoseconds since the Unix epoch.
    pub fn end_time_unix_nano(&self) -> u64 {
        self.end_time_unix_nano
    }

    /// The attributes.
    pub fn attributes(&self) -> KeyValues<'a> {
        KeyValues::new(self.message, Span::ATTRIBUTES)
    }

    /// A `StatusCode`, as number: 0 unset, 1 ok, 2 error.
    pub fn status_code(&self) -> Result<i32, WireError> {
        let mut code = 0;
        for field in Fields::new(self.status.unwrap_or_default()) {
            let field = field?;
            if field.number == 3 {
                code = field.varint()? as i32;
            }
        }
        Ok(code)
    }

    /// The encoded span.
    pub fn message(&self) -> &'a [u8] {
        self.message
    }

    /// Where the message, without tag and length, stands in the request.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.message.len()
    }
}
