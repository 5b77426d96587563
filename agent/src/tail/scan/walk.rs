//! The walk through all folders that the patterns lead to.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use tracing::warn;

use super::{Scanned, Scanner};
use crate::tail::pattern::{Pattern, Step};

/// Folders entered in one walk; the rest is left out, with a warning.
const DIRS_MAX: usize = 65_536;
/// Folders within each other that `**` goes down.
const DEEP_MAX: usize = 32;

pub(super) struct Walk<'a> {
    scanner: &'a Scanner,
    scanned: &'a mut Scanned,
    /// Folders that must be watched.
    dirs: HashSet<PathBuf>,
    seen: HashSet<PathBuf>,
    entered: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(scanner: &'a Scanner, scanned: &'a mut Scanned) -> Self {
        Self { scanner, scanned, dirs: HashSet::new(), seen: HashSet::new(), entered: 0 }
    }

    pub(super) fn all(mut self) {
        for entry in self.scanner.entries.iter() {
            for pattern in entry.patterns() {
                self.pattern(pattern);
            }
        }
        if self.entered > DIRS_MAX {
            warn!(folders_max = DIRS_MAX, "patterns lead through too many folders, some are left out");
        }
        let targets = self.scanned.links.keys().filter_map(|target| target.parent());
        self.dirs.extend(targets.map(Path::to_owned));
        if let Some(watcher) = &self.scanner.watcher {
            watcher.retain_dirs(&self.dirs);
        }
    }

    fn pattern(&mut self, pattern: &Pattern) {
        let existing = pattern.prefix().ancestors().find(|path| path.is_dir());
        match existing {
            Some(path) if path == pattern.prefix() => self.enter(path, pattern.steps(), 0),
            Some(path) => self.watch(path),
            None => {}
        }
    }

    /// The watch comes before the listing, so that no name falls between.
    fn watch(&mut self, dir: &Path) {
        if self.dirs.insert(dir.to_owned()) {
            self.scanner.watch(dir);
        }
    }

    fn enter(&mut self, dir: &Path, steps: &[Step], depth: usize) {
        self.entered += 1;
        let Some((step, rest)) = steps.split_first() else { return };
        if self.entered > DIRS_MAX || depth > DEEP_MAX {
            return;
        }
        self.watch(dir);
        match step {
            Step::Name(name) => self.go(&dir.join(name), rest, depth),
            Step::Glob(_) => {
                for path in names(dir, |name| step.matches(name)) {
                    self.go(&path, rest, depth);
                }
            }
            Step::Deep => {
                self.enter(dir, rest, depth);
                for path in names(dir, |_| true) {
                    // Symlinks are not followed here: they may lead around in a circle.
                    if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir()) {
                        self.enter(&path, steps, depth + 1);
                    }
                }
            }
        }
    }

    fn go(&mut self, path: &Path, rest: &[Step], depth: usize) {
        if !rest.is_empty() {
            if path.is_dir() {
                self.enter(path, rest, depth);
            }
        } else if self.seen.insert(path.to_owned()) {
            self.scanner.look(path, self.scanned);
        }
    }
}

/// A folder that cannot be listed, or is gone, has no names.
fn names(dir: &Path, wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter(|entry| wanted(Path::new(&entry.file_name()))).map(|entry| entry.path()).collect()
}
