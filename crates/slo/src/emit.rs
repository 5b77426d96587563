//! YAML as weir writes it. Text is quoted as in JSON, which is YAML, too.

use std::fmt::Write;

use crate::rules::{Alert, Group, Rule};

/// What stands above everything generated.
pub(crate) const HEADER: &str = "# Made by `weir slo generate`; change the SLO document instead.\n";

/// A rule file.
pub(crate) fn rules(groups: &[Group]) -> String {
    let mut out = format!("{HEADER}groups:\n");
    for group in groups {
        line(&mut out, 1, &format!("- name: {}", group.name));
        line(&mut out, 2, &format!("interval: {}", group.interval));
        line(&mut out, 2, "rules:");
        group.rules.iter().for_each(|rule| put_rule(&mut out, rule));
    }
    out
}

fn put_rule(out: &mut String, rule: &Rule) {
    match rule {
        Rule::Record { name, expr, labels } => {
            line(out, 3, &format!("- record: {name}"));
            put_block(out, 4, "expr", expr);
            put_map(out, "labels", labels);
        }
        Rule::Alert(Alert { name, expr, wait, keep_firing_for, labels, annotations }) => {
            line(out, 3, &format!("- alert: {name}"));
            put_block(out, 4, "expr", expr);
            wait.iter().for_each(|wait| line(out, 4, &format!("for: {wait}")));
            keep_firing_for.iter().for_each(|keep| line(out, 4, &format!("keep_firing_for: {keep}")));
            put_map(out, "labels", labels);
            put_map(out, "annotations", annotations);
        }
    }
}

fn put_map(out: &mut String, name: &str, entries: &[(String, String)]) {
    line(out, 4, &format!("{name}:"));
    entries.iter().for_each(|(key, value)| line(out, 5, &format!("{key}: {}", quoted(value))));
}

/// A text over lines, or on one.
fn put_block(out: &mut String, depth: usize, name: &str, text: &str) {
    if text.contains('\n') {
        line(out, depth, &format!("{name}: |-"));
        text.lines().for_each(|each| line(out, depth + 1, each));
    } else {
        line(out, depth, &format!("{name}: {}", quoted(text)));
    }
}

/// A line of a YAML file, two blanks per level.
pub(crate) fn line(out: &mut String, depth: usize, text: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{:width$}{text}", "", width = depth * 2);
}

/// A text in double quotes, or in single ones where that needs fewer escapes.
pub(crate) fn quoted(text: &str) -> String {
    if !text.contains('\'') && (text.contains('"') || text.contains('\\')) {
        return format!("'{text}'");
    }
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', "\\n"))
}
