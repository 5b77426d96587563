//! Links between the repository's documents.

use super::Finding;
use super::names::numbered;
use crate::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in tree.ending(".md") {
        for (number, line) in numbered(text) {
            for target in targets(line).filter(|target| !is_outside(target)) {
                let file = target.split('#').next().unwrap_or_default();
                if !file.is_empty() && !resolve(path, file).is_some_and(|file| tree.has(&file)) {
                    found.push(Finding::new("links", path, number, format!("{target} leads nowhere")));
                }
            }
        }
    }
    found
}

/// What the links of a line point to: `[text](target)`, without a title.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next())
}

fn is_outside(target: &str) -> bool {
    target.contains("://") || target.starts_with("mailto:")
}

/// The path from the root that `target` means in the document at `path`; `None` when it leaves the repository.
///
/// `/d/<uid>` is a dashboard in Grafana, and here the file that it comes from.
fn resolve(path: &str, target: &str) -> Option<String> {
    if let Some(uid) = target.strip_prefix("/d/") {
        let uid = uid.split('?').next().unwrap_or_default();
        return Some(format!("dashboards/{uid}.json"));
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
