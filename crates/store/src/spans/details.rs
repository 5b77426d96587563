//! What the wire view of a span leaves unread: events, links and the status's message, as JSON.

use weir_proto::otlp::KeyValues;
use weir_proto::wire::{Fields, WireError};

use crate::clock::stored;
use crate::json::{ObjectWriter, put_attributes, put_text};

/// Fields of `Span` (opentelemetry/proto/trace/v1/trace.proto).
const EVENTS: u32 = 11;
const LINKS: u32 = 13;
const STATUS: u32 = 15;

/// Buffers for what one span says.
#[derive(Debug, Default)]
pub(crate) struct Details {
    /// An array of `{time: nanoseconds as text, name, attributes}`.
    pub(crate) events: Vec<u8>,
    /// An array of `{trace_id, span_id, attributes}`.
    pub(crate) links: Vec<u8>,
    pub(crate) status_message: String,
}

impl Details {
    /// Reads an encoded span.
    pub(crate) fn read(&mut self, span: &[u8]) -> Result<(), WireError> {
        self.events.clear();
        self.links.clear();
        self.status_message.clear();
        self.events.push(b'[');
        self.links.push(b'[');
        for field in Fields::new(span) {
            let field = field?;
            match field.number {
                EVENTS => put_event(next(&mut self.events), field.bytes()?)?,
                LINKS => put_link(next(&mut self.links), field.bytes()?)?,
                STATUS => self.read_status(field.bytes()?)?,
                _ => {}
            }
        }
        self.events.push(b']');
        self.links.push(b']');
        Ok(())
    }

    fn read_status(&mut self, status: &[u8]) -> Result<(), WireError> {
        for field in Fields::new(status) {
            let field = field?;
            if field.number == 2 {
                self.status_message.clear();
                self.status_message.push_str(text(field.bytes()?)?);
            }
        }
        Ok(())
    }
}

/// Begins another element of an array.
fn next(array: &mut Vec<u8>) -> &mut Vec<u8> {
    if array.len() > 1 {
        array.push(b',');
    }
    array
}

fn put_event(out: &mut Vec<u8>, event: &[u8]) -> Result<(), WireError> {
    let (mut time, mut name) = (0, &b""[..]);
    for field in Fields::new(event) {
        let field = field?;
        match field.number {
            1 => time = field.fixed64()?,
            2 => name = field.bytes()?,
            _ => {}
        }
    }
    let mut object = ObjectWriter::open(out);
    put_text(object.key("time"), &stored(time).to_string());
    put_text(object.key("name"), text(name)?);
    put_attributes(object.key("attributes"), KeyValues::new(event, 3), |_| true)?;
    object.close();
    Ok(())
}

fn put_link(out: &mut Vec<u8>, link: &[u8]) -> Result<(), WireError> {
    let (mut trace_id, mut span_id) = (&b""[..], &b""[..]);
    for field in Fields::new(link) {
        let field = field?;
        match field.number {
            1 => trace_id = field.bytes()?,
            2 => span_id = field.bytes()?,
            _ => {}
        }
    }
    let mut object = ObjectWriter::open(out);
    put_text(object.key("trace_id"), &crate::hex::encode(trace_id));
    put_text(object.key("span_id"), &crate::hex::encode(span_id));
    put_attributes(object.key("attributes"), KeyValues::new(link, 4), |_| true)?;
    object.close();
    Ok(())
}

fn text(bytes: &[u8]) -> Result<&str, WireError> {
    std::str::from_utf8(bytes).map_err(|_| WireError::Utf8)
}
