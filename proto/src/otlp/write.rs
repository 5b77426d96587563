//! Writing log batches: one resource, one scope, many records.

use bytes::Bytes;

use super::any_value::{AnyValueView, key_value_len, put_key_value};
use super::logs::LogRecord as LogRecordKind;
use super::request::{Kind, Resource};
use crate::wire::{
    bytes_field_len, put_bytes_field, put_fixed32_field, put_fixed64_field, put_tag, put_varint,
    put_varint_field, set_varint, varint_len,
};

/// An attribute to be written.
pub type Attribute<'a> = (&'a str, AnyValueView<'a>);

/// The resource and scope of log batches, encoded once for many of them.
#[derive(Clone, Debug)]
pub struct LogsHeader {
    /// Field `resource` of `ResourceLogs`.
    resource: Vec<u8>,
    /// Field `scope` of `ScopeLogs`.
    scope: Vec<u8>,
}

impl LogsHeader {
    /// Encodes a resource with `resource_attributes` and a scope.
    pub fn new(
        resource_attributes: &[Attribute<'_>],
        scope_name: &str,
        scope_attributes: &[Attribute<'_>],
    ) -> Self {
        let mut message = Vec::new();
        for &(key, value) in resource_attributes {
            put_key_value(&mut message, Resource::ATTRIBUTES, key, value);
        }
        let mut resource = Vec::with_capacity(message.len() + 6);
        put_bytes_field(&mut resource, 1, &message);
        message.clear();
        put_bytes_field(&mut message, 1, scope_name.as_bytes());
        for &(key, value) in scope_attributes {
            put_key_value(&mut message, 3, key, value);
        }
        let mut scope = Vec::with_capacity(message.len() + 6);
        put_bytes_field(&mut scope, 1, &message);
        Self { resource, scope }
    }

    /// Bytes that the header adds to a batch.
    pub fn encoded_len(&self) -> usize {
        HEAD_RESERVED + self.resource.len() + self.scope.len()
    }
}

/// A log record to be written.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogRecord<'a> {
    /// When it happened, in nanoseconds since the Unix epoch; 0 when unknown.
    pub time_unix_nano: u64,
    /// When it was collected, in nanoseconds since the Unix epoch.
    pub observed_time_unix_nano: u64,
    /// A `SeverityNumber`: 1 to 24, 0 when unknown.
    pub severity_number: u8,
    /// The severity as the source wrote it.
    pub severity_text: &'a str,
    /// The line.
    pub body: &'a str,
    /// Attributes, in order.
    pub attributes: &'a [Attribute<'a>],
    /// The trace that it belongs to.
    pub trace_id: Option<[u8; 16]>,
    /// The span that it belongs to.
    pub span_id: Option<[u8; 8]>,
    /// W3C trace flags.
    pub flags: u32,
}

impl LogRecord<'_> {
    fn encoded_len(&self) -> usize {
        let fixed64 = |number: u64| if number == 0 { 0 } else { 9 };
        let text = |text: &str| if text.is_empty() { 0 } else { bytes_field_len(3, text.len()) };
        let attributes = self.attributes.iter().map(|&(key, value)| {
            bytes_field_len(u32::from(LogRecordKind::ATTRIBUTES), key_value_len(key, value))
        });
        fixed64(self.time_unix_nano)
            + fixed64(self.observed_time_unix_nano)
            + if self.severity_number == 0 { 0 } else { 1 + varint_len(u64::from(self.severity_number)) }
            + text(self.severity_text)
            + bytes_field_len(5, bytes_field_len(1, self.body.len()))
            + attributes.sum::<usize>()
            + if self.flags == 0 { 0 } else { 5 }
            + self.trace_id.map_or(0, |_| 18)
            + self.span_id.map_or(0, |_| 10)
    }

    fn put(&self, out: &mut Vec<u8>) {
        if self.time_unix_nano != 0 {
            put_fixed64_field(out, 1, self.time_unix_nano);
        }
        if self.severity_number != 0 {
            put_varint_field(out, 2, u64::from(self.severity_number));
        }
        if !self.severity_text.is_empty() {
            put_bytes_field(out, 3, self.severity_text.as_bytes());
        }
        put_tag(out, 5, 2);
        put_varint(out, bytes_field_len(1, self.body.len()) as u64);
        put_bytes_field(out, 1, self.body.as_bytes());
        for &(key, value) in self.attributes {
            put_key_value(out, LogRecordKind::ATTRIBUTES, key, value);
        }
        if self.flags != 0 {
            put_fixed32_field(out, 8, self.flags);
        }
        if let Some(trace_id) = &self.trace_id {
            put_bytes_field(out, 9, trace_id);
        }
        if let Some(span_id) = &self.span_id {
            put_bytes_field(out, 10, span_id);
        }
        if self.observed_time_unix_nano != 0 {
            put_fixed64_field(out, 11, self.observed_time_unix_nano);
        }
    }
}

/// Tag and length of the one `ResourceLogs` and of its one `ScopeLogs`, at their longest.
const HEAD_RESERVED: usize = 2 * (1 + 10);

/// Writes an `ExportLogsServiceRequest` record by record. Each body is copied once.
///
/// The buffer starts with reserved bytes, the resource and the scope. When the lengths are known, the resource moves
/// to the left to make room for the scope's, and the request starts where that ends up.
#[derive(Clone, Debug)]
pub struct LogsWriter {
    out: Vec<u8>,
    resource_len: usize,
    records: u32,
}

impl LogsWriter {
    /// Starts a request. `capacity` is the expected size of its records in bytes.
    pub fn new(header: &LogsHeader, capacity: usize) -> Self {
        let mut out = Vec::with_capacity(header.encoded_len() + capacity);
        out.resize(HEAD_RESERVED, 0);
        out.extend_from_slice(&header.resource);
        out.extend_from_slice(&header.scope);
        Self { out, resource_len: header.resource.len(), records: 0 }
    }

    /// Appends a record.
    pub fn append(&mut self, record: &LogRecord<'_>) {
        put_tag(&mut self.out, 2, 2);
        put_varint(&mut self.out, record.encoded_len() as u64);
        record.put(&mut self.out);
        self.records += 1;
    }

    /// Number of records appended.
    pub const fn records(&self) -> u32 {
        self.records
    }

    /// Size of the request so far, in bytes, and a few more.
    pub fn encoded_len(&self) -> usize {
        self.out.len()
    }

    /// The request.
    pub fn finish(mut self) -> Bytes {
        let scope_logs_len = self.out.len() - HEAD_RESERVED - self.resource_len;
        let scope_logs_head = 1 + varint_len(scope_logs_len as u64);
        let resource_at = HEAD_RESERVED - scope_logs_head;
        self.out.copy_within(HEAD_RESERVED..HEAD_RESERVED + self.resource_len, resource_at);
        let scope_logs_at = resource_at + self.resource_len;
        set_head(&mut self.out[scope_logs_at..scope_logs_at + scope_logs_head], 2, scope_logs_len);

        let resource_logs_len = self.out.len() - resource_at;
        let start = resource_at - 1 - varint_len(resource_logs_len as u64);
        set_head(&mut self.out[start..resource_at], 1, resource_logs_len);
        Bytes::from(self.out).slice(start..)
    }
}

/// Writes the tag and length of a message in a field whose number is at most 15.
fn set_head(place: &mut [u8], number: u8, len: usize) {
    place[0] = number << 3 | 2;
    set_varint(&mut place[1..], len as u64);
}
