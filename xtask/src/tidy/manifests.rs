//! Manifests: one place for versions and lints, no feature that nobody asked for.

use super::Finding;
use super::names::numbered;
use crate::tree::Tree;

/// Crates of the workspace file that keep their default features, and why.
const DEFAULT_FEATURES: &[(&str, &str)] = &[
    ("arbitrary", "fuzz targets only"),
    ("bytes", "std is the only one"),
    ("crc32c", "it has none"),
    ("fast-float2", "std is the only one"),
    ("fastrand", "std is the only one"),
    ("http", "std is the only one"),
    ("http-body", "it has none"),
    ("http-body-util", "it has none"),
    ("httpdate", "it has none"),
    ("itoa", "it has none"),
    ("libdeflater", "it has no other way to allocate"),
    ("memchr", "std finds the CPU's vector unit at run time"),
    ("parking_lot", "it has none"),
    ("ryu", "it has none"),
    ("saphyr-parser", "it has none"),
    ("simdutf8", "std finds the CPU's vector unit at run time"),
    ("snap", "it has none"),
    ("socket2", "it has none"),
    ("sonic-rs", "it needs them to build"),
    ("strsim", "it has none"),
    ("tempfile", "tests only"),
    ("thiserror", "std is the only one"),
    ("tikv-jemallocator", "background threads give memory back when idle"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let root = tree.files.get("Cargo.toml").map(String::as_str).unwrap_or_default();
    let excluded = excluded(root);
    let members = tree
        .ending("/Cargo.toml")
        .filter(|(path, _)| !excluded.iter().any(|folder| path.starts_with(folder)));
    let members: Vec<(&str, &str)> = members.collect();
    let mut found: Vec<Finding> = members.iter().flat_map(|(path, text)| check_member(path, text)).collect();
    found.extend(check_features(root));
    found.extend(check_use(root, &members));
    found
}

/// Folders that the workspace leaves out; they cannot inherit from it.
fn excluded(root: &str) -> Vec<&str> {
    let list = root.lines().find_map(|line| line.strip_prefix("exclude = ["));
    list.map(|list| list.split('"').skip(1).step_by(2).collect()).unwrap_or_default()
}

fn check_member(path: &str, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, section, line) in entries(text) {
        if section.ends_with("dependencies") && !line.contains("workspace = true") {
            let message = "a version belongs into the workspace's Cargo.toml; write `.workspace = true`";
            found.push(Finding::new("workspace-versions", path, number, message));
        }
        if section == "package" && line.starts_with("version = \"") {
            found.push(Finding::new("workspace-versions", path, number, "write `version.workspace = true`"));
        }
    }
    if !entries(text).any(|(_, section, line)| section == "lints" && line == "workspace = true") {
        found.push(Finding::new("workspace-lints", path, 1, "write `workspace = true` under [lints]"));
    }
    found
}

/// Dependencies of the workspace file on crates that are not ours: line, name, what follows.
fn external(root: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    entries(root)
        .filter(|(_, section, line)| *section == "workspace.dependencies" && !line.contains("path = "))
        .filter_map(|(number, _, line)| line.split_once(" = ").map(|(name, value)| (number, name, value)))
}

fn check_features(root: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, name, value) in external(root) {
        let reasoned = DEFAULT_FEATURES.iter().any(|(excepted, _)| *excepted == name);
        let off = value.contains("default-features = false");
        if !off && !reasoned {
            let message = format!("{name}: set default-features = false, or give a reason in xtask's list");
            found.push(Finding::new("default-features", "Cargo.toml", number, message));
        }
        if off && reasoned {
            let message = format!("{name}: xtask's list has a reason that is not needed any more");
            found.push(Finding::new("default-features", "Cargo.toml", number, message));
        }
    }
    found
}

/// A version that no member asks for is left over.
fn check_use(root: &str, members: &[(&str, &str)]) -> Vec<Finding> {
    let uses = |name: &str, text: &str| {
        entries(text).any(|(_, section, line)| {
            section.ends_with("dependencies")
                && line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', ' ']))
        })
    };
    let left_over = external(root).filter(|(_, name, _)| !members.iter().any(|(_, text)| uses(name, text)));
    left_over
        .map(|(number, name, _)| {
            Finding::new("left-over", "Cargo.toml", number, format!("no member depends on {name}"))
        })
        .collect()
}

/// The entries of a manifest with their line and section; comments and blank lines are left out.
fn entries(text: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    let mut section = "";
    numbered(text).filter_map(move |(number, line)| {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
            return None;
        }
        (!line.is_empty() && !line.starts_with('#')).then_some((number, section, line))
    })
}
