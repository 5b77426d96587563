//! OTLP values as JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use weir_proto::otlp::{AnyValueView, KeyValueView, KeyValues};
use weir_proto::wire::WireError;

/// Values nested deeper are left out; the door of the OTLP receiver has a stricter limit.
const DEPTH_MAX: u32 = 64;
/// Whole numbers up to here are exact in JavaScript; larger ones are written as text.
const EXACT_MAX: u64 = 1 << 53;

/// Appends an object with the attributes that `picks` picks.
pub(crate) fn put_attributes(
    out: &mut Vec<u8>,
    attributes: KeyValues<'_>,
    picks: impl Fn(&KeyValueView<'_>) -> bool,
) -> Result<(), WireError> {
    let mut object = ObjectWriter::open(out);
    for entry in attributes.iter() {
        let entry = entry?;
        if picks(&entry) {
            object.put(entry.key()?, entry.value()?)?;
        }
    }
    object.close();
    Ok(())
}

/// Writes the members of an object.
pub(crate) struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    is_first: bool,
}

impl<'a> ObjectWriter<'a> {
    pub(crate) fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, is_first: true }
    }

    pub(crate) fn put(&mut self, key: &str, value: AnyValueView<'_>) -> Result<(), WireError> {
        put_value(self.key(key), value, 0)
    }

    /// Writes a key; the value is to be appended to what this gives.
    pub(crate) fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.is_first {
            self.out.push(b',');
        }
        self.is_first = false;
        put_text(self.out, key);
        self.out.push(b':');
        self.out
    }

    pub(crate) fn close(self) {
        self.out.push(b'}');
    }
}

/// Appends a value.
pub(crate) fn put_value(out: &mut Vec<u8>, value: AnyValueView<'_>, depth: u32) -> Result<(), WireError> {
    match value {
        _ if depth > DEPTH_MAX => out.extend_from_slice(b"null"),
        AnyValueView::Empty => out.extend_from_slice(b"null"),
        AnyValueView::Str(text) => put_text(out, text),
        AnyValueView::Bool(yes) => out.extend_from_slice(if yes { b"true" } else { b"false" }),
        AnyValueView::Int(number) if number.unsigned_abs() > EXACT_MAX => put_text(out, &number.to_string()),
        AnyValueView::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
        AnyValueView::Double(number) => put_double(out, number),
        AnyValueView::Bytes(bytes) => put_text(out, &STANDARD.encode(bytes)),
        AnyValueView::Array(array) => {
            out.push(b'[');
            for (index, value) in array.values().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                put_value(out, value?, depth + 1)?;
            }
            out.push(b']');
        }
        AnyValueView::KvList(list) => {
            let mut object = ObjectWriter::open(out);
            for entry in list.iter() {
                let entry = entry?;
                put_value(object.key(entry.key()?), entry.value()?, depth + 1)?;
            }
            object.close();
        }
    }
    Ok(())
}

fn put_double(out: &mut Vec<u8>, number: f64) {
    if number.is_finite() {
        put_json(out, &number);
    } else {
        // As the JSON of Protocol Buffers does.
        put_text(
            out,
            if number.is_nan() {
                "NaN"
            } else if number > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            },
        );
    }
}

/// Appends text in quotation marks.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_json(out, text);
}

fn put_json<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(out, value)
        .expect("text and finite numbers have a form in JSON, and a Vec takes it");
}

/// Appends a value as text: what a search for its words finds.
pub(crate) fn put_as_text(out: &mut String, value: AnyValueView<'_>) -> Result<(), WireError> {
    if let AnyValueView::Str(text) = value {
        out.push_str(text);
        return Ok(());
    }
    let mut json = Vec::new();
    put_value(&mut json, value, 0)?;
    out.push_str(&text_of(json));
    Ok(())
}

/// What the writers here wrote.
pub(crate) fn text_of(json: Vec<u8>) -> String {
    String::from_utf8(json).expect("JSON made of text is text")
}

/// An object that the store wrote.
pub(crate) fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

/// The object in a line that is one.
pub(crate) fn object_in(line: &str) -> Option<Map<String, Value>> {
    let line = line.trim();
    if !(line.starts_with('{') && line.ends_with('}')) {
        return None;
    }
    serde_json::from_str(line).ok()
}

/// A member by its name, else by its path with dots.
pub(crate) fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(value) = object.get(name) {
        return Some(value);
    }
    name.match_indices('.').find_map(|(dot, _)| match object.get(&name[..dot]) {
        Some(Value::Object(inner)) => member(inner, &name[dot + 1..]),
        _ => None,
    })
}

/// A value as text: text as it is, everything else as JSON. `null` is as good as absent.
pub(crate) fn as_text(value: &Value) -> Option<std::borrow::Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.into()),
        other => Some(other.to_string().into()),
    }
}

#[cfg(test)]
mod tests;
