//! Looking for files: all folders that the patterns lead through, or single paths that notifications named.

mod shelf;
mod walk;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirEntryExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::OFlags;
use tracing::warn;
use weir_config::StartAt;

pub(crate) use shelf::Shelf;

use crate::tail::entry::{Entries, Match};
use crate::tail::identity::{Inode, Stat};
use crate::tail::metrics::TailMetrics;
use crate::tail::reader::{Opening, Reader};
use crate::tail::saved::SavedFile;
use crate::tail::watch::Watcher;

/// What to look at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// All folders.
    pub(crate) is_full: bool,
    /// These paths.
    pub(crate) paths: BTreeSet<PathBuf>,
    /// Files that had the second path, which matches, and were renamed to the first before they were opened.
    pub(crate) moved: Vec<(PathBuf, PathBuf)>,
    /// Look for files of the checkpoint that have other names now.
    pub(crate) finds_saved: bool,
}

impl Request {
    pub(crate) fn is_empty(&self) -> bool {
        !self.is_full && self.paths.is_empty() && self.moved.is_empty()
    }
}

/// A file that was opened, and how it relates to what was known.
pub(crate) type Opened = (Box<Reader>, Opening);

/// A file that was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// A matching path of the file: its name, or for a file without one the name that it had.
    pub(crate) path: PathBuf,
    pub(crate) has_name: bool,
    pub(crate) inode: Inode,
    pub(crate) matched: Match,
    /// Set for a file that was not open.
    pub(crate) opened: Option<Opened>,
}

/// What came of a request.
#[derive(Debug, Default)]
pub(crate) struct Scanned {
    pub(crate) is_full: bool,
    /// The paths that were asked for.
    pub(crate) paths: BTreeSet<PathBuf>,
    pub(crate) found: Vec<Found>,
    /// Files not opened since too many are open.
    pub(crate) waiting: u64,
    /// Files of the checkpoint that are nowhere.
    pub(crate) gone: Vec<SavedFile>,
    /// Where symlinks that match lead to, with the symlinks.
    pub(crate) links: HashMap<PathBuf, PathBuf>,
}

/// What scans need to know.
#[derive(Clone, Debug)]
pub(crate) struct Scanner {
    pub(crate) entries: Arc<Entries>,
    pub(crate) watcher: Option<Arc<Watcher>>,
    pub(crate) shelf: Arc<Shelf>,
    /// [`Entries::pattern_keys`] of patterns whose first files were found: `start_at` is not for them any more.
    pub(crate) known_patterns: Arc<HashSet<u64>>,
    pub(crate) metrics: TailMetrics,
}

impl Scanner {
    /// Does what is asked for. Blocks on the file system.
    pub(crate) fn run(&self, request: Request) -> Scanned {
        let mut scanned = Scanned { is_full: request.is_full, ..Scanned::default() };
        if request.is_full {
            walk::Walk::new(self, &mut scanned).all();
        }
        for path in &request.paths {
            self.look(path, &mut scanned);
        }
        for (path, before) in &request.moved {
            if let Some(matched) = self.entries.find(before) {
                self.look_at_moved(path, before, matched, &mut scanned);
            }
        }
        if request.finds_saved {
            self.find_saved(&mut scanned);
        }
        scanned.paths = request.paths;
        scanned
    }

    /// Looks at a path that may match.
    fn look(&self, path: &Path, scanned: &mut Scanned) {
        let Some(matched) = self.entries.find(path) else { return };
        let Some(metadata) = file_metadata(path) else { return };
        if fs::symlink_metadata(path).is_ok_and(|own| own.file_type().is_symlink()) {
            self.follow(path, scanned);
        }
        self.note(path, path, true, &metadata, matched, scanned);
    }

    /// Watches where a symlink leads to: renaming there does not show in the symlink's folder.
    fn follow(&self, path: &Path, scanned: &mut Scanned) {
        let Ok(target) = fs::canonicalize(path) else { return };
        if let Some(dir) = target.parent() {
            self.watch(dir);
        }
        scanned.links.insert(target, path.to_owned());
    }

    fn watch(&self, dir: &Path) {
        let Some(watcher) = &self.watcher else { return };
        match watcher.watch_dir(dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                self.metrics.watch_errors.inc();
                if self.shelf.may_tell(dir) {
                    warn!(path = %dir.display(), %error, "folder cannot be watched and is walked from time to time");
                }
            }
            _ => {}
        }
    }

    fn look_at_moved(&self, path: &Path, before: &Path, matched: Match, scanned: &mut Scanned) {
        let has_name = self.entries.matches(path);
        let Some(metadata) = file_metadata(path) else { return };
        if !has_name {
            self.note(path, before, false, &metadata, matched, scanned);
        }
    }

    /// Opens the file if it is not open.
    fn note(
        &self,
        at: &Path,
        path: &Path,
        has_name: bool,
        metadata: &Metadata,
        matched: Match,
        scanned: &mut Scanned,
    ) {
        let path = path.to_owned();
        let inode = Stat::from(metadata).inode;
        if self.shelf.is_open(inode) {
            return scanned.found.push(Found { path, has_name, inode, matched, opened: None });
        }
        match self.open(at, &matched) {
            Ok(Some((inode, opened))) => {
                scanned.found.push(Found { path, has_name, inode, matched, opened });
            }
            Ok(None) => scanned.waiting += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                self.metrics.read_errors.inc();
                if self.shelf.may_tell(at) {
                    warn!(path = %at.display(), %error, "log file cannot be opened");
                }
            }
        }
    }

    /// Nothing when too many files are open.
    fn open(&self, path: &Path, matched: &Match) -> io::Result<Option<(Inode, Option<Opened>)>> {
        let file = open_file(path)?;
        let stat = Stat::from(&file.metadata()?);
        if self.shelf.is_open(stat.inode) {
            return Ok(Some((stat.inode, None)));
        }
        if !self.shelf.begin(stat.inode) {
            return Ok(None);
        }
        let saved = self.shelf.take(&stat);
        let is_first = matched.patterns.iter().all(|pattern| !self.known_patterns.contains(pattern));
        let start_at = if is_first { matched.start_at() } else { StartAt::Beginning };
        match Reader::open(file, &stat, saved.clone(), start_at) {
            Ok((reader, opening)) => Ok(Some((stat.inode, Some((Box::new(reader), opening))))),
            Err(error) => {
                self.shelf.end(stat.inode, saved);
                Err(error)
            }
        }
    }

    /// Files of the checkpoint that no pattern found were renamed, or are gone.
    fn find_saved(&self, scanned: &mut Scanned) {
        let mut listings: HashMap<PathBuf, HashMap<u64, PathBuf>> = HashMap::new();
        for saved in self.shelf.left_open() {
            // Files that the configuration no longer names are none of our business.
            let Some(matched) = self.entries.find(&saved.path) else { continue };
            let found = dirs_of(&saved.path).find_map(|dir| {
                let listing = listings.entry(dir.clone()).or_insert_with(|| inodes_in(&dir));
                listing.get(&saved.inode().ino).filter(|path| is_same_file(path, &saved)).cloned()
            });
            match found.and_then(|path| file_metadata(&path).map(|metadata| (path, metadata))) {
                Some((path, metadata)) => {
                    self.note(&path, &saved.path, false, &metadata, matched, scanned);
                }
                None => scanned.gone.extend(self.shelf.forget(saved.inode())),
            }
        }
    }
}

/// The folder of a name, and that of what a symlink of the name leads to.
fn dirs_of(path: &Path) -> impl Iterator<Item = PathBuf> {
    let target = fs::canonicalize(path).ok();
    let dirs = [Some(path.to_owned()), target];
    dirs.into_iter().flatten().filter_map(|path| path.parent().map(Path::to_owned))
}

fn is_same_file(path: &Path, saved: &SavedFile) -> bool {
    file_metadata(path).is_some_and(|metadata| {
        let stat = Stat::from(&metadata);
        saved.inode() == stat.inode && saved.origin.may_be(&stat) || saved.moved_device(&stat)
    })
}

fn inodes_in(dir: &Path) -> HashMap<u64, PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|entry| (entry.ino(), entry.path())).collect()
}

/// Nothing when `path` leads to no regular file.
fn file_metadata(path: &Path) -> Option<Metadata> {
    fs::metadata(path).ok().filter(Metadata::is_file)
}

/// Opening does not wait, should the name lead to a pipe by now.
fn open_file(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    let file = OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::NotFound.into()) }
}

#[cfg(test)]
mod tests;
