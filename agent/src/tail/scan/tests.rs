//! What a walk finds, and what it does not enter.

use std::collections::HashSet;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::Arc;

use prometheus::Registry;

use super::{Request, Scanner, Shelf};
use crate::tail::entry::Entries;
use crate::tail::metrics::TailMetrics;
use crate::tail::tests::stage::config;

fn scanner(pattern: &std::path::Path) -> Scanner {
    Scanner {
        entries: Arc::new(Entries::new(&[config("app", pattern)]).expect("valid")),
        watcher: None,
        shelf: Arc::new(Shelf::new([], 100)),
        known_patterns: Arc::new(HashSet::new()),
        metrics: TailMetrics::register(&Registry::new()).expect("registered"),
    }
}

fn walk(scanner: &Scanner) -> Vec<PathBuf> {
    let scanned = scanner.run(Request { is_full: true, ..Request::default() });
    let mut paths: Vec<PathBuf> = scanned.found.into_iter().map(|found| found.path).collect();
    paths.sort();
    paths
}

#[test]
fn pipes_folders_and_dangling_symlinks_are_not_opened() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let root = dir.path().canonicalize().expect("it exists");
    File::create(root.join("a.log")).expect("create");
    fs::create_dir(root.join("dir.log")).expect("create");
    symlink("/nowhere", root.join("gone.log")).expect("symlink");
    rustix::fs::mkfifoat(rustix::fs::CWD, root.join("pipe.log"), rustix::fs::Mode::RUSR).expect("pipe");
    assert_eq!(walk(&scanner(&root.join("*.log"))), [root.join("a.log")]);
}

#[test]
fn a_symlink_that_leads_around_in_a_circle_ends_no_walk() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let root = dir.path().canonicalize().expect("it exists");
    fs::create_dir(root.join("x")).expect("create");
    File::create(root.join("x/a.log")).expect("create");
    symlink(&root, root.join("x/around")).expect("symlink");
    assert_eq!(walk(&scanner(&root.join("**/*.log"))), [root.join("x/a.log")]);
}

#[test]
fn a_file_is_opened_once_and_found_each_time() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let root = dir.path().canonicalize().expect("it exists");
    File::create(root.join("a.log")).expect("create");
    let scanner = scanner(&root.join("*.log"));
    let opened = |scanner: &Scanner| {
        let scanned = scanner.run(Request { is_full: true, ..Request::default() });
        scanned.found.iter().map(|found| found.opened.is_some()).collect::<Vec<_>>()
    };
    assert_eq!(opened(&scanner), [true]);
    assert_eq!(opened(&scanner), [false]);
}
