//! What must not stand in sources, and what must.

use super::Finding;
use super::names::numbered;
use crate::tree::Tree;

/// Endings of files that people write and programs read.
const CODE_ENDINGS: [&str; 7] = [".rs", ".toml", ".sh", ".yaml", ".yml", ".md", "/run"];

/// Marks of unfinished work. Put together here so that this file holds none.
const UNFINISHED: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Package registries and folders of one machine: where packages come from is the user's setting.
const PLACES: [&str; 12] = [
    concat!("crates", ".io"),
    concat!("proxy.golang", ".org"),
    concat!("sum.golang", ".org"),
    concat!("repo1.maven", ".org"),
    concat!("repo.maven.apache", ".org"),
    concat!("registry.npmjs", ".org"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("deb.debian", ".org"),
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in
        tree.files.iter().filter(|(path, _)| CODE_ENDINGS.iter().any(|end| path.ends_with(end)))
    {
        for (number, line) in numbered(text) {
            found.extend(check_line(path, number, line));
        }
        if is_crate_root(path) && !text.starts_with("//! ") {
            found.push(Finding::new(
                "crate-doc",
                path,
                1,
                "start with a `//!` line that says what the crate is",
            ));
        }
    }
    found
}

fn check_line(path: &str, number: usize, line: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    if path.ends_with(".rs") && !line.is_ascii() {
        found.push(Finding::new("ascii", path, number, "write \\u{...} for what is not ASCII"));
    }
    if !path.ends_with(".md") && UNFINISHED.iter().any(|mark| has_word(line, mark)) {
        found.push(Finding::new(
            "unfinished",
            path,
            number,
            "finish it, or open an issue and leave this out",
        ));
    }
    if let Some(place) = PLACES.iter().find(|place| line.contains(*place)) {
        found.push(Finding::new("places", path, number, format!("{place} must not be named here")));
    }
    found
}

fn has_word(line: &str, word: &str) -> bool {
    let is_letter = |each: char| each.is_ascii_alphanumeric() || each == '_';
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let behind = line[start + word.len()..].chars().next();
        !before.is_some_and(is_letter) && !behind.is_some_and(is_letter)
    })
}

fn is_crate_root(path: &str) -> bool {
    path.ends_with("src/lib.rs") || path.ends_with("src/main.rs") || path.contains("src/bin/")
}
