//! A change to one message: fields to take out, fields to append.

use std::marker::PhantomData;

use super::any_value::{AnyValueView, put_key_value};
use super::logs::LogRecord;
use super::request::Kind;
use super::traces::Span;
use crate::wire::{Field, put_bytes_field, put_fixed64_field, put_varint_field};

/// What an [`Editor`](super::Editor) changes of one message. A patch without changes leaves the bytes as they are.
#[derive(Clone, Debug)]
pub struct Patch<K> {
    /// One bit for each field number that is replaced.
    replaced: u64,
    appended: Vec<u8>,
    kind: PhantomData<K>,
}

impl<K> Default for Patch<K> {
    fn default() -> Self {
        Self { replaced: 0, appended: Vec::new(), kind: PhantomData }
    }
}

impl<K> Patch<K> {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.replaced == 0 && self.appended.is_empty()
    }

    /// Fields that are encoded already, to be appended.
    pub(super) fn appended(&self) -> &[u8] {
        &self.appended
    }

    pub(super) fn replaces_any(&self) -> bool {
        self.replaced != 0
    }

    pub(super) fn replaces(&self, field: &Field<'_>) -> bool {
        field.number < 64 && self.replaced & (1 << field.number) != 0
    }

    pub(super) fn clear(&mut self) {
        self.replaced = 0;
        self.appended.clear();
    }

    fn replace(&mut self, number: u32) -> &mut Vec<u8> {
        self.replaced |= 1 << number;
        &mut self.appended
    }
}

impl<K: Kind> Patch<K> {
    /// Appends an attribute. Whether there is one with this key already is for the caller to know.
    pub fn add_attribute(&mut self, key: &str, value: AnyValueView<'_>) {
        put_key_value(&mut self.appended, K::ATTRIBUTES, key, value);
    }
}

/// Setting a field again overrides what was set before.
impl Patch<Span> {
    /// Replaces W3C `tracestate`.
    pub fn set_trace_state(&mut self, trace_state: &str) {
        put_bytes_field(self.replace(3), 3, trace_state.as_bytes());
    }
}

/// Setting a field again overrides what was set before.
impl Patch<LogRecord> {
    /// Replaces the time at which it happened, in nanoseconds since the Unix epoch.
    pub fn set_time_unix_nano(&mut self, time: u64) {
        put_fixed64_field(self.replace(1), 1, time);
    }

    /// Replaces the `SeverityNumber`.
    pub fn set_severity_number(&mut self, severity: i32) {
        put_varint_field(self.replace(2), 2, i64::from(severity) as u64);
    }

    /// Replaces the severity's text.
    pub fn set_severity_text(&mut self, severity: &str) {
        put_bytes_field(self.replace(3), 3, severity.as_bytes());
    }

    /// Replaces the trace id.
    pub fn set_trace_id(&mut self, trace_id: &[u8; 16]) {
        put_bytes_field(self.replace(9), 9, trace_id);
    }

    /// Replaces the span id.
    pub fn set_span_id(&mut self, span_id: &[u8; 8]) {
        put_bytes_field(self.replace(10), 10, span_id);
    }
}
