//! Log records.

use std::ops::Range;

use super::any_value::{AnyValueView, KeyValues, utf8};
use super::request::{self, Kind, id};
use crate::wire::{Fields, WireError};

/// An `ExportLogsServiceRequest`.
pub type RequestView<'a> = request::RequestView<'a, LogRecord>;
/// A `ResourceLogs` message.
pub type ResourceView<'a> = request::ResourceView<'a, LogRecord>;
/// A `ScopeLogs` message.
pub type ScopeView<'a> = request::ScopeView<'a, LogRecord>;

/// An `ExportLogsServiceRequest` of whose records only the severity numbers are read.
pub type SeveritiesView<'a> = request::RequestView<'a, SeverityOfRecord>;

/// The kind of a `LogRecord` message.
#[derive(Clone, Copy, Debug)]
pub enum LogRecord {}

impl Kind for LogRecord {
    const ATTRIBUTES: u8 = 6;
    type View<'a> = LogRecordView<'a>;

    fn view(message: &[u8], start: usize) -> Result<LogRecordView<'_>, WireError> {
        LogRecordView::read(message, start)
    }
}

/// The kind of a `LogRecord` message of which only the severity number is read, and nothing that stands behind it:
/// encoders write it early. Of two, which none writes, the first counts.
#[derive(Clone, Copy, Debug)]
pub enum SeverityOfRecord {}

impl Kind for SeverityOfRecord {
    const ATTRIBUTES: u8 = LogRecord::ATTRIBUTES;
    type View<'a> = i32;

    fn view(message: &[u8], _start: usize) -> Result<i32, WireError> {
        for field in Fields::new(message) {
            let field = field?;
            if field.number == 2 {
                return Ok(field.varint()? as i32);
            }
        }
        Ok(0)
    }
}

/// A `LogRecord` message. Its own fields are found in one pass when it is made; what they hold is read when asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogRecordView<'a> {
    message: &'a [u8],
    start: usize,
    time_unix_nano: u64,
    observed_time_unix_nano: u64,
    severity_number: i32,
    severity_text: &'a [u8],
    body: Option<&'a [u8]>,
    flags: u32,
    trace_id: &'a [u8],
    span_id: &'a [u8],
    event_name: &'a [u8],
}

impl<'a> LogRecordView<'a> {
    /// Reads a message that starts at `start` of its request.
    pub fn read(message: &'a [u8], start: usize) -> Result<Self, WireError> {
        let mut view = Self { message, start, ..Self::default() };
        let mut fields = Fields::new(message);
        while let Some(field) = fields.next() {
            let field = field?;
            match field.number {
                6 => while fields.next_short(LogRecord::ATTRIBUTES).is_some() {},
                1 => view.time_unix_nano = field.fixed64()?,
                2 => view.severity_number = field.varint()? as i32,
                3 => view.severity_text = field.bytes()?,
                5 => field.once(&mut view.body)?,
                8 => view.flags = field.fixed32()?,
                9 => view.trace_id = field.bytes()?,
                10 => view.span_id = field.bytes()?,
                11 => view.observed_time_unix_nano = field.fixed64()?,
                12 => view.event_name = field.bytes()?,
                _ => {}
            }
        }
        Ok(view)
    }

    /// When it happened, in nanoseconds since the Unix epoch; 0 when unknown.
    pub fn time_unix_nano(&self) -> u64 {
        self.time_unix_nano
    }

    /// When it was collected, in nanoseconds since the Unix epoch.
    pub fn observed_time_unix_nano(&self) -> u64 {
        self.observed_time_unix_nano
    }

    /// A `SeverityNumber`: 1 to 24, 0 when unknown.
    pub fn severity_number(&self) -> i32 {
        self.severity_number
    }

    /// The severity as the source wrote it.
    pub fn severity_text(&self) -> Result<&'a str, WireError> {
        utf8(self.severity_text)
    }

    /// The body.
    pub fn body(&self) -> Result<Option<AnyValueView<'a>>, WireError> {
        self.body.map(AnyValueView::read).transpose()
    }

    /// The attributes.
    pub fn attributes(&self) -> KeyValues<'a> {
        KeyValues::new(self.message, LogRecord::ATTRIBUTES)
    }

    /// W3C trace flags in the lowest 8 bits.
    pub fn flags(&self) -> u32 {
        self.flags
    }

    /// The trace id; none when empty or all zero.
    pub fn trace_id(&self) -> Result<Option<[u8; 16]>, WireError> {
        id(self.trace_id)
    }

    /// The span id; none when empty or all zero.
    pub fn span_id(&self) -> Result<Option<[u8; 8]>, WireError> {
        id(self.span_id)
    }

    /// Name of the event, when the record is one.
    pub fn event_name(&self) -> Result<&'a str, WireError> {
        utf8(self.event_name)
    }

    /// The encoded record.
    pub fn message(&self) -> &'a [u8] {
        self.message
    }

    /// Where the message, without tag and length, stands in the request.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.message.len()
    }
}
