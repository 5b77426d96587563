//! A bad sample for each rule, and a good one beside it.

use super::{Finding, length, links, manifests, names, texts};
use crate::tree::Tree;

fn tree(files: &[(&str, &str)]) -> Tree {
    Tree { files: files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect() }
}

/// `rule path:line` of what `check` finds in `files`.
fn found(check: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)]) -> Vec<String> {
    let shorten = |finding: Finding| format!("{} {}:{}", finding.rule, finding.path, finding.line);
    check(&tree(files)).into_iter().map(shorten).collect()
}

fn lines(count: usize) -> String {
    "//! x\n".repeat(count)
}

fn function(body_lines: usize) -> String {
    format!(
        "impl A {{\n    pub(crate) async fn long(\n        &self,\n    ) {{\n{}    }}\n}}\n",
        "        call();\n".repeat(body_lines)
    )
}

#[test]
fn files_have_a_length_that_is_more_generous_for_tests() {
    let (good, long, test) = (lines(400), lines(401), lines(701));
    let files = [
        ("a/src/good.rs", &*good),
        ("a/src/long.rs", &*long),
        ("a/src/x/tests.rs", &*long),
        ("tests/e2e/tests/y.rs", &*test),
    ];
    assert_eq!(
        found(length::check, &files),
        ["file-length a/src/long.rs:401", "file-length tests/e2e/tests/y.rs:701"]
    );
}

#[test]
fn functions_have_a_length() {
    let (good, long) = (function(66), function(67));
    let files = [("a/src/good.rs", &*good), ("a/src/long.rs", &*long)];
    assert_eq!(found(length::check, &files), ["function-length a/src/long.rs:2"]);
    let short = format!(
        "trait A {{\n    fn one(&self);\n    fn two() {{}}\n    fn three(\n        a: u8,\n    ) -> u8;\n}}\n{}",
        lines(100)
    );
    assert_eq!(found(length::check, &[("a/src/short.rs", &short)]), [""; 0]);
}

#[test]
fn modules_and_crates_are_named_after_things() {
    let files = [
        ("a/src/utils.rs", ""),
        ("a/src/helpers/x.rs", ""),
        ("a/src/backoff.rs", "mod common {\n}\npub mod misc;\nmod commons;\n"),
        ("b/Cargo.toml", "[package]\nname = \"weir-core\"\n"),
    ];
    let expected = [
        "empty-name a/src/backoff.rs:1",
        "empty-name a/src/backoff.rs:3",
        "empty-name a/src/helpers/x.rs:1",
        "empty-name a/src/utils.rs:1",
        "empty-name b/Cargo.toml:1",
    ];
    assert_eq!(found(names::check, &files), expected);
}

#[test]
fn there_is_no_mod_rs_and_no_inline_tests_module() {
    let files = [
        ("a/src/x/mod.rs", ""),
        ("a/src/y.rs", "#[cfg(test)]\nmod tests {\n}\n"),
        ("a/src/z.rs", "mod tests;\n"),
    ];
    assert_eq!(found(names::check, &files), ["mod-rs a/src/x/mod.rs:1", "inline-tests a/src/y.rs:2"]);
}

#[test]
fn members_take_versions_and_lints_from_the_workspace() {
    let good = "[package]\nversion.workspace = true\n[lints]\nworkspace = true\n[dependencies]\n# why\na.workspace = true\n\
                b = { workspace = true, features = [\"x\"] }\n";
    let bad = "[package]\nversion = \"0.1.0\"\n[dependencies]\na = \"1\"\n[dev-dependencies]\nb = { version = \"1\" }\n";
    let root = "[workspace]\nexclude = [\"a/fuzz\"]\n";
    let files = [
        ("Cargo.toml", root),
        ("a/fuzz/Cargo.toml", bad),
        ("bad/Cargo.toml", bad),
        ("good/Cargo.toml", good),
    ];
    let expected = [
        "workspace-versions bad/Cargo.toml:2",
        "workspace-versions bad/Cargo.toml:4",
        "workspace-versions bad/Cargo.toml:6",
        "workspace-lints bad/Cargo.toml:1",
    ];
    assert_eq!(found(manifests::check, &files), expected);
}

#[test]
fn default_features_are_off_or_have_a_reason() {
    let root = "[workspace.dependencies]\nours = { path = \"ours\" }\nmemchr = \"2.8\"\nplain = \"1\"\n\
                off = { version = \"1\", default-features = false }\nsnap = { version = \"1\", default-features = false }\n";
    let member = "[lints]\nworkspace = true\n[dependencies]\nmemchr.workspace = true\nplain.workspace = true\n\
                  [build-dependencies]\noff = { workspace = true }\nsnap.workspace = true\n";
    let files = [("Cargo.toml", root), ("a/Cargo.toml", member)];
    assert_eq!(
        found(manifests::check, &files),
        ["default-features Cargo.toml:4", "default-features Cargo.toml:6"]
    );
}

#[test]
fn a_version_that_no_member_uses_is_left_over() {
    let root = "[workspace.dependencies]\nused = { version = \"1\", default-features = false }\n\
                use = { version = \"1\", default-features = false }\n";
    let member = "[lints]\nworkspace = true\n[dependencies]\nused.workspace = true\n";
    let files = [("Cargo.toml", root), ("a/Cargo.toml", member)];
    assert_eq!(found(manifests::check, &files), ["left-over Cargo.toml:3"]);
}

#[test]
fn sources_are_ascii_finished_and_name_no_registry_or_folder_of_a_machine() {
    let unfinished = concat!("// TO", "DO: later\n// TO", "DOS and MS-DOS\n");
    let places = concat!("get https://crates", ".io/x\n# /ho", "me/me/bin\n");
    let files = [
        ("a.md", concat!("TO", "DO \u{fc}\n")),
        ("a/src/u.rs", "// \u{fc}\n"),
        ("a/src/x.rs", unfinished),
        ("b.sh", places),
        ("Cargo.lock", places),
    ];
    let expected = ["ascii a/src/u.rs:1", "unfinished a/src/x.rs:1", "places b.sh:1", "places b.sh:2"];
    assert_eq!(found(texts::check, &files), expected);
}

#[test]
fn every_crate_says_in_its_first_line_what_it_is() {
    let files = [
        ("a/src/lib.rs", "//! A thing.\n"),
        ("b/src/lib.rs", "mod x;\n"),
        ("c/src/bin/tool.rs", "fn main() {}\n"),
    ];
    assert_eq!(found(texts::check, &files), ["crate-doc b/src/lib.rs:1", "crate-doc c/src/bin/tool.rs:1"]);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let text = "[a](formats/spool.md#frames) [b](../README.md) [c](https://x.org/y) [d](#here) [e](formats/)\n\
                [f](gone.md) [g](../../x.md)\n";
    let files = [("docs/a.md", text), ("docs/formats/spool.md", ""), ("README.md", "")];
    assert_eq!(found(links::check, &files), ["links docs/a.md:2", "links docs/a.md:2"]);
}
