//! Replacement texts: `$1`, `${1}`, `$name`, `${name}`, as Go's `Regexp.Expand` reads them.

use regex::Regex;

/// A replacement text, split once. `$$` is a dollar sign; a `$` that names nothing stands for itself; a group that
/// the regex does not have is empty.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Group(usize),
}

impl Template {
    /// Splits `text`; names are looked up among the groups of `regex`.
    pub(crate) fn new(mut text: &str, regex: &Regex) -> Self {
        let mut template = Self { parts: Vec::new() };
        while let Some((before, after)) = text.split_once('$') {
            template.push_text(before);
            text = after;
            if let Some(rest) = text.strip_prefix('$') {
                template.push_text("$");
                text = rest;
            } else if let Some((name, rest)) = reference(text) {
                template.parts.extend(group_of(name, regex).map(Part::Group));
                text = rest;
            } else {
                template.push_text("$");
            }
        }
        template.push_text(text);
        template
    }

    /// The text with `group(n)` in place of the n-th group.
    pub(crate) fn expand<'a>(&self, group: impl Fn(usize) -> Option<&'a str>) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Group(number) => out.push_str(group(*number).unwrap_or_default()),
            }
        }
        out
    }

    fn push_text(&mut self, text: &str) {
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(Part::Text(last)) => last.push_str(text),
            _ => self.parts.push(Part::Text(text.to_owned())),
        }
    }
}

/// The name at the start of what follows a `$`, and the rest.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (text, braced) = match text.strip_prefix('{') {
        Some(text) => (text, true),
        None => (text, false),
    };
    let end =
        text.find(|character: char| !(character.is_alphanumeric() || character == '_')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let rest = if braced { rest.strip_prefix('}')? } else { rest };
    (!name.is_empty()).then_some((name, rest))
}

fn group_of(name: &str, regex: &Regex) -> Option<usize> {
    let number = name.bytes().all(|byte| byte.is_ascii_digit()) && (name == "0" || !name.starts_with('0'));
    match name.parse::<usize>() {
        Ok(index) if number => (index < regex.captures_len()).then_some(index),
        _ => regex.capture_names().position(|group| group == Some(name)),
    }
}

#[cfg(test)]
mod tests;
