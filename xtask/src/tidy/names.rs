//! Names of files, modules and crates.

use super::Finding;
use crate::tree::Tree;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 7] = ["util", "utils", "common", "helper", "helpers", "core", "misc"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found: Vec<Finding> =
        tree.ending(".rs").flat_map(|(path, text)| check_source(path, text)).collect();
    found.extend(tree.ending("Cargo.toml").flat_map(|(path, text)| check_package(path, text)));
    found
}

fn check_source(path: &str, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut parts = path.trim_end_matches(".rs").split('/');
    if let Some(empty) = parts.find(|part| EMPTY_NAMES.contains(part)) {
        found.push(Finding::new("empty-name", path, 1, format!("`{empty}` names no thing")));
    }
    if path.ends_with("/mod.rs") {
        found.push(Finding::new("mod-rs", path, 1, "use foo.rs beside the folder foo/"));
    }
    for (number, line) in numbered(text) {
        if line.trim_start().starts_with("mod tests {") {
            found.push(Finding::new("inline-tests", path, number, "put tests into foo/tests.rs"));
        }
        let module = line.trim_start().trim_start_matches("pub ").strip_prefix("mod ");
        let name = module.map(|rest| rest.trim_end_matches([';', '{', ' ']));
        if name.is_some_and(|name| EMPTY_NAMES.contains(&name)) {
            found.push(Finding::new("empty-name", path, number, "a module's name must name a thing"));
        }
    }
    found
}

fn check_package(path: &str, text: &str) -> Vec<Finding> {
    let name = text.lines().find_map(|line| line.strip_prefix("name = \""));
    let parts = name.into_iter().flat_map(|name| name.trim_end_matches('"').split('-'));
    parts
        .filter(|part| EMPTY_NAMES.contains(part))
        .map(|part| Finding::new("empty-name", path, 1, format!("`{part}` names no thing")))
        .collect()
}

/// The lines with their numbers, counted from 1.
pub(super) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}
