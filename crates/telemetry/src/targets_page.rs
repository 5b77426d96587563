//! `/targets` for people: a table per array of objects.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

const HEAD: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>weir: targets</title>\n\
<style>body{font:14px/1.4 system-ui,sans-serif;margin:2em}table{border-collapse:collapse}\
th,td{border:1px solid #ccc;padding:.3em .6em;text-align:left;vertical-align:top}th{background:#f3f3f3}\
</style></head><body>\n";

/// Whether an `Accept` header ranks HTML above JSON. What is not named explicitly is not preferred.
pub(crate) fn prefers_html(accept: &str) -> bool {
    let html = quality(accept, "text/html");
    html > 0.0 && html >= quality(accept, "application/json")
}

/// The page for `targets`; every text in it is escaped.
pub(crate) fn render(targets: &Value) -> String {
    let mut page = HEAD.to_owned();
    match targets {
        Value::Object(sections) => {
            for (name, section) in sections {
                table(&mut page, name, section);
            }
        }
        other => table(&mut page, "Targets", other),
    }
    page.push_str("</body></html>\n");
    page
}

/// The weight that `accept` gives to exactly `media_type` (RFC 9110, section 12.5.1); 0 when it is not named.
fn quality(accept: &str, media_type: &str) -> f64 {
    let ranges = accept.split(',').map(|range| range.split(';').map(str::trim));
    ranges
        .filter_map(|mut parts| {
            let named = parts.next()?.eq_ignore_ascii_case(media_type);
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            named.then(|| weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
        })
        .fold(0.0, f64::max)
}

fn table(page: &mut String, title: &str, rows: &Value) {
    push_element(page, "h1", title);
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    if rows.is_empty() {
        return push_element(page, "p", "none");
    }
    let columns: BTreeSet<&String> =
        rows.iter().filter_map(Value::as_object).flat_map(|row| row.keys()).collect();
    page.push_str("<table><tr>");
    for column in &columns {
        push_element(page, "th", column);
    }
    page.push_str("</tr>\n");
    for row in rows {
        page.push_str("<tr>");
        for column in &columns {
            push_element(page, "td", &cell(row.get(column.as_str())));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(entries)) => {
            let pairs: Vec<String> =
                entries.iter().map(|(key, value)| format!("{key}={}", cell(Some(value)))).collect();
            pairs.join(", ")
        }
        Some(other) => other.to_string(),
    }
}

fn push_element(page: &mut String, element: &str, text: &str) {
    let escaped = escape(text);
    write!(page, "<{element}>{escaped}</{element}>").expect("writing to a String cannot fail");
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
