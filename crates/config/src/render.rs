//! The `/config` page: the file's settings with secrets hidden, and the defaults of what it leaves out.

use std::fmt::Write as _;

use crate::shape::{Kind, Shape};
use crate::value::without_userinfo;
use crate::yaml::{Content, Node};

/// Stands for a secret.
const HIDDEN: &str = "<secret>";

/// Renders the file's root as YAML that reads as the same configuration, secrets aside.
pub(crate) fn render(root: &Node, shape: &Shape) -> String {
    let mut page = String::new();
    section(&mut page, root, shape, 0);
    page
}

/// Writes the settings of a section, then its defaults as comments.
fn section(page: &mut String, node: &Node, shape: &Shape, indent: usize) {
    let fields = shape.all();
    for (key, value) in node.entries() {
        let kind = fields.iter().find(|field| field.name == key).map(|field| &field.kind);
        entry(page, &plain_or_quoted(key), value, kind.unwrap_or(&Kind::Text), indent);
    }
    for field in fields {
        let absent = !node.entries().any(|(key, value)| key == field.name && !value.is_null());
        if let Some(default) = field.default.filter(|_| absent) {
            line(page, indent, &format!("# {}: {default}", field.name));
        }
    }
}

fn entry(page: &mut String, key: &str, value: &Node, kind: &Kind, indent: usize) {
    let (items, entries) = (value.items().count(), value.entries().count());
    if let Some(text) = value.scalar() {
        let shown = shown(value, text, kind);
        return line(
            page,
            indent,
            &if shown.is_empty() { format!("{key}:") } else { format!("{key}: {shown}") },
        );
    }
    if items + entries == 0 {
        let empty = if matches!(value.content, Content::Sequence(_)) { "[]" } else { "{}" };
        return line(page, indent, &format!("{key}: {empty}"));
    }
    line(page, indent, &format!("{key}:"));
    body(page, value, kind, indent + 2);
}

fn body(page: &mut String, value: &Node, kind: &Kind, indent: usize) {
    match *kind {
        Kind::Section(shape) => section(page, value, shape, indent),
        Kind::List(item) => list(page, value, item, indent),
        Kind::Map(inner) => map(page, value, inner, indent),
        _ if value.items().count() > 0 => list(page, value, kind, indent),
        _ => map(page, value, kind, indent),
    }
}

fn map(page: &mut String, value: &Node, kind: &Kind, indent: usize) {
    for (key, value) in value.entries() {
        entry(page, &plain_or_quoted(key), value, kind, indent);
    }
}

/// Writes the items of a list; the first line of an item that spans several follows the dash.
fn list(page: &mut String, value: &Node, kind: &Kind, indent: usize) {
    for item in value.items() {
        if let Some(text) = item.scalar() {
            line(page, indent, &format!("- {}", shown(item, text, kind)));
            continue;
        }
        let mut lines = String::new();
        body(&mut lines, item, kind, indent + 2);
        match lines.get(indent + 2..) {
            Some(rest) => drop(write!(page, "{:indent$}- {rest}", "")),
            None => line(page, indent, "- {}"),
        }
    }
}

fn line(page: &mut String, indent: usize, text: &str) {
    writeln!(page, "{:indent$}{text}", "").expect("writing to a String cannot fail");
}

/// A scalar as YAML; `${NAME}` stays as it is written, so that what it stands for is never shown.
fn shown(node: &Node, text: &str, kind: &Kind) -> String {
    match kind {
        Kind::Secret => HIDDEN.to_owned(),
        _ if node.is_null() => String::new(),
        Kind::Url(_) => plain_or_quoted(&without_userinfo(text)),
        _ if node.is_plain() => text.to_owned(),
        _ => quoted(text),
    }
}

fn plain_or_quoted(text: &str) -> String {
    let safe = |each: char| each.is_ascii_alphanumeric() || "_-./:".contains(each);
    let starts_well = text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_');
    let plain = starts_well && text.chars().all(safe) && !text.ends_with(':');
    if plain { text.to_owned() } else { quoted(text) }
}

/// JSON's strings are YAML's double-quoted scalars.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
