//! The URL of a target, escaped as Go's `net/url` escapes it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Puts a URL together. `path` is unescaped; parameters come sorted by name.
pub(super) fn build(scheme: &str, host: &str, path: &str, params: &BTreeMap<String, Vec<String>>) -> String {
    let mut url = format!("{scheme}://{host}");
    if !path.is_empty() && !path.starts_with('/') {
        url.push('/');
    }
    escape(path, b"$&+,/:;=@", &mut url);
    let mut separator = '?';
    for (name, value) in
        params.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)))
    {
        url.push(separator);
        separator = '&';
        escape_query(name, &mut url);
        url.push('=');
        escape_query(value, &mut url);
    }
    url
}

fn escape_query(text: &str, out: &mut String) {
    for (index, part) in text.split(' ').enumerate() {
        if index > 0 {
            out.push('+');
        }
        escape(part, b"", out);
    }
}

/// Percent-encodes all but letters, digits, `-_.~` and the bytes of `also`.
fn escape(text: &str, also: &[u8], out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || also.contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a String takes any text");
        }
    }
}

#[cfg(test)]
mod tests;
