//! Runs the checks one after the other and says which failed.

use std::path::Path;
use std::process::Command;

use crate::say;
use crate::tidy::findings;
use crate::tree::Tree;

const FORMAT: &[&str] = &["fmt", "--all", "--", "--check"];
const FORMAT_FIX: &[&str] = &["fmt", "--all"];
const LINT: &[&str] = &["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"];
const LINT_FIX: &[&str] =
    &["clippy", "--quiet", "--workspace", "--all-targets", "--fix", "--allow-dirty", "--allow-staged"];

/// Format, lints and tidy rules; all run even when one fails. With `fix`, what tools can repair is repaired first.
pub(crate) fn all(root: &Path, fix: bool) -> bool {
    if fix {
        cargo(root, LINT_FIX);
        cargo(root, FORMAT_FIX);
    }
    let results = [("format", cargo(root, FORMAT)), ("lints", cargo(root, LINT)), ("tidy", tidy(root))];
    for (name, good) in results {
        say(&format!("{name}: {}", if good { "good" } else { "FAILED" }));
    }
    results.iter().all(|(_, good)| *good)
}

/// The tidy rules alone.
pub(crate) fn tidy(root: &Path) -> bool {
    let tree = match Tree::read(root) {
        Ok(tree) => tree,
        Err(error) => {
            say(&format!("the repository cannot be read: {error}"));
            return false;
        }
    };
    let found = findings(&tree);
    found.iter().for_each(|finding| say(&finding.to_string()));
    found.is_empty()
}

fn cargo(root: &Path, arguments: &[&str]) -> bool {
    say(&format!("cargo {}", arguments.join(" ")));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo).args(arguments).current_dir(root).status();
    status.is_ok_and(|status| status.success())
}
