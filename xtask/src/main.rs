//! The project's own checks: format, lints and the tidy rules.
//!
//! `cargo xtask check [--fix]` runs all of them, `cargo xtask tidy` the tidy rules alone, which takes a moment.

mod check;
mod tidy;
mod tree;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask check [--fix] | cargo xtask tidy";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the repository's root");
    let good = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["check"] => check::all(root, false),
        ["check", "--fix"] => check::all(root, true),
        ["tidy"] => check::tidy(root),
        _ => {
            say(USAGE);
            return ExitCode::from(2);
        }
    };
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Writes a line to standard error; a reader that has gone away is no failure.
fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
