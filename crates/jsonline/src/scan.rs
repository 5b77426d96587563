//! One pass over a line.

use std::ops::Range;

use weir_correlation::{TraceParent, ids};

use crate::cursor::{Cursor, Token, TokenKind};
use crate::field::{FROM_TRACEPARENT, Field, LOG_LEVEL, LOG_MESSAGE, NESTED_ID, field};
use crate::number::epoch_nanos;
use crate::severity::{severity_name, severity_of_number, severity_of_text};
use crate::time::parse_rfc3339;
use crate::{Found, Severity, Text};

/// Objects and arrays within each other, the line's own object included. As many as serde_json reads.
pub const DEPTH_MAX: u32 = 127;

/// A longer text is not taken for a severity.
const SEVERITY_BYTES_MAX: usize = 32;

/// The configured keys that hold a correlation id, in order of preference.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    keys: Vec<Box<[u8]>>,
    /// Bit n: a key of n bytes exists; bit 63 stands for 63 and more.
    lengths: u64,
}

impl Keys {
    /// Looks for `correlation` besides the keys that are always looked for.
    pub fn new<K: AsRef<str>>(correlation: impl IntoIterator<Item = K>) -> Self {
        let keys: Vec<Box<[u8]>> =
            correlation.into_iter().map(|key| key.as_ref().as_bytes().into()).collect();
        let lengths = keys.iter().fold(0, |lengths, key| lengths | length_bit(key));
        Self { keys, lengths }
    }

    #[inline]
    fn position(&self, key: &[u8]) -> Option<usize> {
        if self.lengths & length_bit(key) == 0 {
            return None;
        }
        self.keys.iter().position(|candidate| **candidate == *key)
    }
}

fn length_bit(key: &[u8]) -> u64 {
    1 << key.len().min(63)
}

/// Checks that `line` is one JSON object, space around it allowed, and finds what it says about itself.
///
/// `None` when it is anything else: a lone surrogate, nesting past [`DEPTH_MAX`] and a line of 4 GiB count as that.
pub fn scan<'a>(line: &'a [u8], keys: &Keys) -> Option<Found<'a>> {
    u32::try_from(line.len()).ok()?;
    let mut cursor = Cursor::new(line);
    cursor.skip_space();
    if cursor.peek()? != b'{' {
        return None;
    }
    let mut finder = Finder { line, keys, best: Best::default(), found: Found::default() };
    cursor.object(|cursor, key| finder.member(cursor, key))?;
    cursor.skip_space();
    cursor.is_at_end().then_some(finder.found)
}

struct Finder<'a, 'k> {
    line: &'a [u8],
    keys: &'k Keys,
    best: Best,
    found: Found<'a>,
}

/// The rank of what was found so far.
struct Best {
    time: u8,
    severity: u8,
    message: u8,
    trace_id: u8,
    span_id: u8,
    correlation_id: usize,
}

impl Default for Best {
    fn default() -> Self {
        let none = u8::MAX;
        Self {
            time: none,
            severity: none,
            message: none,
            trace_id: none,
            span_id: none,
            correlation_id: usize::MAX,
        }
    }
}

impl<'a> Finder<'a, '_> {
    /// Reads the value of a top-level member.
    #[inline]
    fn member(&mut self, cursor: &mut Cursor<'a>, key: Token) -> Option<()> {
        let name = key.of(self.line);
        let found = field(name);
        if let Some(found @ (Field::Log | Field::Trace | Field::Span)) = found
            && cursor.peek() == Some(b'{')
        {
            return cursor.object(|cursor, key| self.nested_member(cursor, key, found));
        }
        let value = cursor.value(DEPTH_MAX - 1)?;
        if let Some(found) = found {
            self.offer(found, value);
        }
        if let Some(position) = self.keys.position(name)
            && position < self.best.correlation_id
        {
            self.offer_correlation_id(position, value);
        }
        Some(())
    }

    /// Reads the value of a member of `log`, `trace` or `span`.
    fn nested_member(&mut self, cursor: &mut Cursor<'a>, key: Token, parent: Field) -> Option<()> {
        let value = cursor.value(DEPTH_MAX - 2)?;
        match (parent, key.of(self.line)) {
            (Field::Log, b"level") => self.offer(Field::Severity(LOG_LEVEL), value),
            (Field::Trace, b"id") => self.offer(Field::TraceId(NESTED_ID), value),
            (Field::Span, b"id") => self.offer(Field::SpanId(NESTED_ID), value),
            _ => {}
        }
        Some(())
    }

    fn offer(&mut self, field: Field, value: Token) {
        match field {
            Field::Time(rank) => {
                keep(&mut self.best.time, rank, &mut self.found.time, || time(self.line, value))
            }
            Field::Severity(rank) => {
                keep(&mut self.best.severity, rank, &mut self.found.severity, || severity(self.line, value));
            }
            Field::Message(rank) => {
                keep(&mut self.best.message, rank, &mut self.found.message, || message(value))
            }
            Field::Log => self.offer(Field::Message(LOG_MESSAGE), value),
            Field::TraceId(rank) => {
                let id = || ids::trace_id(plain(self.line, value)?);
                keep(&mut self.best.trace_id, rank, &mut self.found.trace_id, id);
            }
            Field::SpanId(rank) => {
                let id = || ids::span_id(plain(self.line, value)?);
                keep(&mut self.best.span_id, rank, &mut self.found.span_id, id);
            }
            Field::TraceParent => self.offer_trace_parent(value),
            Field::Trace | Field::Span => {}
        }
    }

    fn offer_trace_parent(&mut self, value: Token) {
        let parsed = plain(self.line, value).and_then(TraceParent::parse);
        let (trace_id, span_id) = (parsed.map(|parent| parent.trace_id), parsed.map(|parent| parent.span_id));
        keep(&mut self.best.trace_id, FROM_TRACEPARENT, &mut self.found.trace_id, || trace_id);
        keep(&mut self.best.span_id, FROM_TRACEPARENT, &mut self.found.span_id, || span_id);
    }

    fn offer_correlation_id(&mut self, position: usize, value: Token) {
        let raw = value.of(self.line);
        let has_length = (1..=weir_correlation::ID_BYTES_MAX).contains(&raw.len());
        if has_length
            && value.kind != TokenKind::Other
            && let Ok(raw) = std::str::from_utf8(raw)
        {
            self.best.correlation_id = position;
            self.found.correlation_id = Some(Text { raw, is_escaped: value.kind == TokenKind::EscapedText });
        }
    }
}

/// Keeps what `make` returns where nothing of the same or a better rank was found before.
#[inline]
fn keep<T>(best: &mut u8, rank: u8, found: &mut Option<T>, make: impl FnOnce() -> Option<T>) {
    if rank < *best
        && let Some(value) = make()
    {
        *best = rank;
        *found = Some(value);
    }
}

/// The content of a string without escapes.
#[inline]
fn plain(line: &[u8], value: Token) -> Option<&[u8]> {
    (value.kind == TokenKind::Text).then(|| value.of(line))
}

fn time(line: &[u8], value: Token) -> Option<u64> {
    if value.kind == TokenKind::Number {
        return epoch_nanos(value.of(line));
    }
    let text = plain(line, value)?;
    parse_rfc3339(text).or_else(|| epoch_nanos(text))
}

fn severity(line: &[u8], value: Token) -> Option<Severity<'_>> {
    let text = std::str::from_utf8(value.of(line)).ok()?;
    match value.kind {
        TokenKind::Number => {
            let number = severity_of_number(text.parse().ok()?)?;
            Some(Severity { number, text: severity_name(number)? })
        }
        TokenKind::Text if (1..=SEVERITY_BYTES_MAX).contains(&text.len()) => {
            Some(Severity { number: severity_of_text(text.as_bytes()).unwrap_or(0), text })
        }
        _ => None,
    }
}

/// The string with its quotes.
fn message(value: Token) -> Option<Range<u32>> {
    let is_text = matches!(value.kind, TokenKind::Text | TokenKind::EscapedText);
    is_text.then(|| value.start - 1..value.end + 1)
}

#[cfg(test)]
mod tests;
