//! Which files are open, and what is known of those that are not.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use crate::tail::identity::{Inode, Stat};
use crate::tail::saved::SavedFile;

/// Closed files that are remembered; of more, those are forgotten that were closed first.
const CLOSED_MAX: usize = 1024;

/// Shared by scans, which open files, and the supervisor, which closes them.
///
/// Invariant: an inode is open or known as closed, not both.
#[derive(Debug)]
pub(crate) struct Shelf {
    files: Mutex<Files>,
    open_max: usize,
    /// Paths whose trouble was told.
    told: Mutex<HashSet<PathBuf>>,
}

#[derive(Debug, Default)]
struct Files {
    open: HashSet<Inode>,
    /// With a number that tells the order.
    closed: HashMap<Inode, (u64, SavedFile)>,
    closings: u64,
}

impl Shelf {
    pub(crate) fn new(saved: impl IntoIterator<Item = SavedFile>, open_max: usize) -> Self {
        let shelf = Self { files: Mutex::default(), open_max, told: Mutex::default() };
        for file in saved {
            shelf.files.lock().close(file);
        }
        shelf
    }

    /// True the first time: the same trouble comes up at each walk.
    pub(crate) fn may_tell(&self, path: &Path) -> bool {
        let mut told = self.told.lock();
        told.len() < CLOSED_MAX && told.insert(path.to_owned())
    }

    pub(crate) fn is_open(&self, inode: Inode) -> bool {
        self.files.lock().open.contains(&inode)
    }

    /// Counts a file as open; false when too many are.
    pub(crate) fn begin(&self, inode: Inode) -> bool {
        let mut files = self.files.lock();
        files.open.len() < self.open_max && files.open.insert(inode)
    }

    /// The file is closed; `saved` is what to remember of it.
    pub(crate) fn end(&self, inode: Inode, saved: Option<SavedFile>) {
        let mut files = self.files.lock();
        files.open.remove(&inode);
        let Some(saved) = saved else { return };
        files.close(saved);
        let done = |(_, saved): &&(u64, SavedFile)| !saved.open;
        if files.closed.values().filter(done).count() > CLOSED_MAX
            && let Some(first) = files.closed.values().filter(done).min_by_key(|(order, _)| *order)
        {
            let first = first.1.inode();
            files.closed.remove(&first);
        }
    }

    /// More is known of a closed file, if it is closed still.
    pub(crate) fn update(&self, saved: SavedFile) {
        let mut files = self.files.lock();
        if let Some((_, known)) = files.closed.get_mut(&saved.inode())
            && known.origin == saved.origin
        {
            *known = saved;
        }
    }

    /// What is known of the file, which is about to be opened.
    pub(crate) fn take(&self, stat: &Stat) -> Option<SavedFile> {
        let mut files = self.files.lock();
        if let Some((_, saved)) = files.closed.remove(&stat.inode) {
            return Some(saved);
        }
        let moved = files.closed.values().find(|(_, saved)| saved.moved_device(stat))?.1.inode();
        files.closed.remove(&moved).map(|(_, saved)| saved)
    }

    /// Forgets a closed file.
    pub(crate) fn forget(&self, inode: Inode) -> Option<SavedFile> {
        self.files.lock().closed.remove(&inode).map(|(_, saved)| saved)
    }

    /// Closed files that were being read when the checkpoint was saved.
    pub(crate) fn left_open(&self) -> Vec<SavedFile> {
        self.closed().into_iter().filter(|saved| saved.open).collect()
    }

    /// All closed files, for the checkpoint.
    pub(crate) fn closed(&self) -> Vec<SavedFile> {
        self.files.lock().closed.values().map(|(_, saved)| saved.clone()).collect()
    }
}

impl Files {
    fn close(&mut self, saved: SavedFile) {
        self.closings += 1;
        self.closed.insert(saved.inode(), (self.closings, saved));
    }
}
