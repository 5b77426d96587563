//! Which of a record's attributes names its correlation id.

use weir_proto::attributes::CORRELATION_ID;

use crate::{baggage, ids};

/// A longer value is not taken for a correlation id: cutting it would join what does not belong together.
pub const ID_BYTES_MAX: usize = 256;

/// Under this prefix instrumentation records request headers, each as an array of text
/// (OpenTelemetry semantic conventions, HTTP spans).
const HEADER_PREFIX: &[u8] = b"http.request.header.";
const BAGGAGE: &[u8] = b"baggage";

/// The configured keys, in order of preference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorrelationKeys {
    keys: Vec<Box<str>>,
}

impl CorrelationKeys {
    /// Keeps `keys` in their order.
    pub fn new<K: AsRef<str>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self { keys: keys.into_iter().map(|key| key.as_ref().into()).collect() }
    }

    /// True when nothing is configured; then no record gets a correlation id.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys, most preferred first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| &**key)
    }

    fn position(&self, name: &[u8]) -> Option<usize> {
        self.keys.iter().position(|key| key.as_bytes() == name)
    }
}

/// The value of an attribute, as far as it can be an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text, or the first text of an array.
    Text(&'a str),
    /// An integer, written in decimal.
    Int(i64),
    /// Anything else names nothing.
    Other,
}

/// The choice among one record's attributes: the most preferred configured key, as an attribute of that name or as a
/// recorded request header; then the record's `baggage`, by the same keys; then the trace id.
#[derive(Clone, Debug)]
pub struct Choice<'k, 'a> {
    keys: &'k CorrelationKeys,
    taken: bool,
    best: Option<(usize, Value<'a>)>,
    baggage: Option<&'a str>,
}

impl<'k, 'a> Choice<'k, 'a> {
    /// Starts on a record.
    pub fn new(keys: &'k CorrelationKeys) -> Self {
        Self { keys, taken: false, best: None, baggage: None }
    }

    /// Considers an attribute; `value` is called only for one that can name an id.
    pub fn offer<E>(&mut self, key: &[u8], value: impl FnOnce() -> Result<Value<'a>, E>) -> Result<(), E> {
        if key == CORRELATION_ID.as_bytes() {
            self.taken = true;
            return Ok(());
        }
        let header = key.strip_prefix(HEADER_PREFIX);
        if let Some(position) = self.keys.position(key) {
            self.keep(2 * position, value()?);
        } else if let Some(position) = header.and_then(|name| self.keys.position(name)) {
            self.keep(2 * position + 1, value()?);
        } else if header.unwrap_or(key) == BAGGAGE
            && let Value::Text(header) = value()?
        {
            self.baggage.get_or_insert(header);
        }
        Ok(())
    }

    /// Appends the id as text. False, and nothing appended, when the record has one already or none is found.
    pub fn put(&self, trace_id: Option<[u8; 16]>, out: &mut Vec<u8>) -> bool {
        if self.taken {
            return false;
        }
        match self.best {
            Some((_, Value::Text(text))) => out.extend_from_slice(text.as_bytes()),
            Some((_, Value::Int(number))) => out.extend_from_slice(number.to_string().as_bytes()),
            _ => return self.put_from_baggage(out) || put_trace_id(trace_id, out),
        }
        true
    }

    fn keep(&mut self, rank: usize, value: Value<'a>) {
        let usable = match value {
            Value::Text(text) => is_usable(text),
            Value::Int(_) => true,
            Value::Other => false,
        };
        if usable && self.best.is_none_or(|(best, _)| rank < best) {
            self.best = Some((rank, value));
        }
    }

    fn put_from_baggage(&self, out: &mut Vec<u8>) -> bool {
        let Some(header) = self.baggage else { return false };
        let found =
            self.keys.iter().filter_map(|key| baggage::get(header, key)).find(|value| is_usable(value));
        if let Some(value) = &found {
            out.extend_from_slice(value.as_bytes());
        }
        found.is_some()
    }
}

fn is_usable(text: &str) -> bool {
    !text.is_empty() && text.len() <= ID_BYTES_MAX
}

fn put_trace_id(trace_id: Option<[u8; 16]>, out: &mut Vec<u8>) -> bool {
    let Some(trace_id) = trace_id.filter(|id| *id != [0; 16]) else { return false };
    ids::put_hex(out, &trace_id);
    true
}

#[cfg(test)]
mod tests;
