//! The JSON schema of the configuration file, made from the tables that the reader follows.

use serde_json::{Map, Value, json};

use crate::read::root::ROOT;
use crate::shape::{Field, Kind, Shape};

/// A value from the environment may stand wherever a scalar is expected.
const VARIABLE: &str = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}";

/// The JSON schema (2020-12) of the configuration file. It accepts what the reader accepts, as far as a schema can
/// say it, and knows none of the settings that are refused by name.
pub fn schema() -> Value {
    let mut definitions = Map::new();
    define(&ROOT, &mut definitions);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "weir",
        "$ref": reference(&ROOT),
        "$defs": definitions,
    })
}

fn reference(shape: &Shape) -> String {
    format!("#/$defs/{}", shape.name)
}

/// Adds a section and those below it to the definitions.
fn define(shape: &'static Shape, definitions: &mut Map<String, Value>) {
    if definitions.contains_key(shape.name) {
        return;
    }
    definitions.insert(shape.name.to_owned(), Value::Null);
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in shape.all() {
        if let Some(property) = property(field, definitions) {
            properties.insert(field.name.to_owned(), property);
        }
        if field.required {
            required.push(field.name);
        }
    }
    let mut section = json!({
        "description": shape.doc,
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        // A section that has to hold something cannot be null.
        section["required"] = json!(required);
        section["type"] = json!("object");
    }
    definitions.insert(shape.name.to_owned(), section);
}

fn property(field: &Field, definitions: &mut Map<String, Value>) -> Option<Value> {
    let mut property = of_kind(&field.kind, definitions)?;
    if !field.doc.is_empty() {
        property["description"] = json!(field.doc);
    }
    if let Some(default) = field.default {
        property["default"] = default_of(&field.kind, default);
    }
    Some(property)
}

/// The schema of a kind; `None` for what is refused.
fn of_kind(kind: &Kind, definitions: &mut Map<String, Value>) -> Option<Value> {
    Some(match *kind {
        Kind::Text | Kind::Secret => scalar(),
        Kind::Flag => or_variable(json!({"enum": [true, false, "yes", "no", "on", "off"]})),
        Kind::Count(min, max) => whole(min, max),
        Kind::Ratio => or_variable(json!({"type": "number", "minimum": 0, "maximum": 1})),
        Kind::Duration => {
            pattern(r"(0|([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)")
        }
        Kind::Size => pattern(SIZE),
        Kind::SizeOr(word) => pattern(&format!("({word}|{SIZE})")),
        Kind::Path | Kind::Address | Kind::Url(_) => json!({"type": ["string", "null"]}),
        Kind::Word(words) => or_variable(json!({"enum": words})),
        Kind::List(item) => json!({"type": ["array", "null"], "items": of_kind(item, definitions)?}),
        Kind::Map(value) => {
            json!({"type": ["object", "null"], "additionalProperties": of_kind(value, definitions)?})
        }
        Kind::Section(shape) => {
            define(shape, definitions);
            json!({"$ref": reference(shape)})
        }
        Kind::Only { values, .. } => only(values),
        Kind::OnlyList { items, .. } => json!({"enum": [items, null]}),
        Kind::Inert(kind) => of_kind(kind, definitions)?,
        Kind::Refused(..) => return None,
    })
}

const SIZE: &str = r"(0|([0-9.]+([KMGTPE]i?)?B)+)";

/// A number is a text as well: `0` for a duration, `9100` for a label's value.
fn pattern(pattern: &str) -> Value {
    let anchored = format!("^({pattern}|.*{VARIABLE}.*)$");
    json!({"anyOf": [{"type": "string", "pattern": anchored}, {"const": 0}, {"type": "null"}]})
}

fn whole(min: u64, max: u64) -> Value {
    let mut number = json!({"type": "integer", "minimum": min});
    if max < u64::MAX {
        number["maximum"] = json!(max);
    }
    or_variable(number)
}

fn only(values: &[&str]) -> Value {
    let mut allowed: Vec<Value> = values.iter().map(|value| json!(value)).collect();
    for literal in values.iter().filter_map(|value| value.parse::<bool>().ok()) {
        allowed.push(json!(literal));
    }
    if values.contains(&"0") {
        allowed.push(json!(0));
    }
    allowed.push(Value::Null);
    json!({"enum": allowed})
}

fn default_of(kind: &Kind, default: &str) -> Value {
    match kind {
        Kind::Flag | Kind::Count(..) | Kind::Ratio => {
            serde_json::from_str(default).unwrap_or(Value::from(default))
        }
        _ => Value::from(default),
    }
}

fn scalar() -> Value {
    json!({"type": ["string", "number", "boolean", "null"]})
}

/// A value, a variable that stands for one, or nothing, which is the default.
fn or_variable(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "string", "pattern": VARIABLE}, {"type": "null"}]})
}

#[cfg(test)]
mod tests;
