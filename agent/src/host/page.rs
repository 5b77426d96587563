//! A page of the text format 0.0.4 that is being written.

use std::fmt::Write as _;

/// Appends families and samples.
pub(super) struct Page {
    text: String,
    family: String,
}

impl Page {
    /// Reuses the allocation of `text`.
    pub(super) fn new(mut text: String) -> Self {
        text.clear();
        Self { text, family: String::new() }
    }

    /// Begins a family; the samples that follow are its.
    pub(super) fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.family.clear();
        self.family.push_str(name);
        write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n")
            .expect("writing to a string cannot fail");
    }

    /// Appends a sample of the family.
    pub(super) fn sample(&mut self, labels: &[(&str, &str)], value: f64) {
        self.text.push_str(&self.family);
        for (index, (name, value)) in labels.iter().enumerate() {
            self.text.push(if index == 0 { '{' } else { ',' });
            self.text.push_str(name);
            self.text.push_str("=\"");
            escape(value, &mut self.text);
            self.text.push('"');
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        writeln!(self.text, " {value}").expect("writing to a string cannot fail");
    }

    /// A family of one sample without labels.
    pub(super) fn single(&mut self, name: &str, kind: &str, help: &str, value: f64) {
        self.family(name, kind, help);
        self.sample(&[], value);
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

fn escape(value: &str, out: &mut String) {
    for character in value.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
}
