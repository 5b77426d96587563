//! What notifications about names mean for what is to be looked at.
//!
//! A file that is renamed before it was opened is not lost: its way is followed from a name that matches through
//! names that do not, for as long as the folders are watched.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::tail::entry::Entries;
use crate::tail::scan::Request;
use crate::tail::table::Table;
use crate::tail::watch::Event;

/// Renames followed at a time; past it they are forgotten, and files found by walks only.
const FOLLOWED_MAX: usize = 1024;

/// Where renamed files came from.
#[derive(Debug, Default)]
pub(crate) struct Moves {
    /// Names that do not match, of files that had the second name, which does.
    followed: HashMap<PathBuf, Origin>,
    /// Renames of which the new name is not known yet.
    cookies: HashMap<u32, Origin>,
    /// Walks that have ended. What was followed for a whole walk is forgotten.
    walks: u64,
    /// Where matching symlinks lead to, with the symlinks.
    links: HashMap<PathBuf, PathBuf>,
}

/// The matching name that a file had, and the number of walks by then.
#[derive(Clone, Debug)]
struct Origin {
    path: PathBuf,
    walks: u64,
}

impl Moves {
    /// Takes over what scans found out about symlinks.
    pub(crate) fn follow(&mut self, links: HashMap<PathBuf, PathBuf>, is_all: bool) {
        if is_all {
            self.links = links;
            self.walks += 1;
            self.followed.retain(|_, origin| origin.walks + 1 >= self.walks);
            self.cookies.retain(|_, origin| origin.walks + 1 >= self.walks);
        } else {
            self.links.extend(links);
        }
    }

    pub(crate) fn take(&mut self, event: Event, entries: &Entries, table: &Table, wanted: &mut Request) {
        match event {
            Event::Modified(_) => {}
            Event::Overflow => wanted.is_full = true,
            Event::Appeared { path, is_dir: true }
            | Event::MovedFrom { path, is_dir: true, .. }
            | Event::MovedTo { path, is_dir: true, .. }
            | Event::Gone { path, is_dir: true } => wanted.is_full |= entries.lead_through(&path),
            Event::Appeared { path, .. } | Event::Gone { path, .. } => {
                self.look(&path, entries, table, wanted);
            }
            Event::MovedFrom { path, cookie, .. } => {
                self.look(&path, entries, table, wanted);
                if let Some(origin) = self.origin(&path, entries) {
                    self.make_room();
                    self.cookies.insert(cookie, origin);
                }
            }
            Event::MovedTo { path, cookie, .. } => {
                self.look(&path, entries, table, wanted);
                if let Some(origin) = self.cookies.remove(&cookie) {
                    self.followed.insert(path.clone(), origin.clone());
                    wanted.moved.push((path, origin.path));
                }
            }
        }
    }

    /// The path is to be looked at if it is of interest, or the symlink that leads to it.
    fn look(&self, path: &Path, entries: &Entries, table: &Table, wanted: &mut Request) {
        if let Some(link) = self.links.get(path) {
            wanted.paths.insert(link.clone());
        }
        if table.has_name(path) || entries.matches(path) {
            wanted.paths.insert(path.to_owned());
        }
    }

    /// The matching name under which the file at `path` was.
    fn origin(&mut self, path: &Path, entries: &Entries) -> Option<Origin> {
        let followed = self.followed.remove(path);
        let matching =
            if entries.matches(path) { Some(path) } else { self.links.get(path).map(PathBuf::as_path) };
        matching.map(|path| Origin { path: path.to_owned(), walks: self.walks }).or(followed)
    }

    fn make_room(&mut self) {
        if self.cookies.len() + self.followed.len() >= FOLLOWED_MAX {
            self.cookies.clear();
            self.followed.clear();
        }
    }
}

#[cfg(test)]
mod tests;
