//! The files that are being read, under their names and inodes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::time::Instant;
use weir_config::LineFormat;

use crate::tail::entry::Entry;
use crate::tail::identity::Inode;
use crate::tail::mark::Progress;
use crate::tail::reader::Reader;
use crate::tail::saved::SavedFile;

/// Names an opened file for as long as the process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SlotId(pub(crate) u64);

/// What a file is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Read to its end; a notification or a poll wakes it.
    Idle,
    /// In the schedule.
    Scheduled,
    /// A turn has the reader. `again`: there was a notification meanwhile.
    Reading { again: bool },
    /// Waits for the checkpoint to be saved, before the first read of new content.
    Held,
    /// Compressed: not read, but its names are kept track of.
    Ignored,
}

/// A file that was found.
///
/// Invariant: `reader` is unset exactly while the state is [`State::Reading`].
#[derive(Debug)]
pub(crate) struct Tracked {
    pub(crate) inode: Inode,
    pub(crate) entry: Arc<Entry>,
    pub(crate) format: LineFormat,
    /// Under which it was found first; on its records.
    pub(crate) path: Arc<PathBuf>,
    /// Matching names that it has now.
    pub(crate) names: Vec<PathBuf>,
    pub(crate) state: State,
    pub(crate) reader: Option<Box<Reader>>,
    /// As it was after the last turn.
    pub(crate) saved: SavedFile,
    pub(crate) progress: Progress,
    /// Links of the file when it was looked at last; 0 once it is deleted.
    pub(crate) links: u64,
    /// When it lost its last name, and when something was read after that.
    pub(crate) nameless: Option<Nameless>,
    /// A notification will come.
    pub(crate) is_armed: bool,
    /// Until when its first read waits for its container to be known.
    pub(crate) waits_for_pod: Option<Instant>,
    /// The configuration no longer names it.
    pub(crate) is_unwanted: bool,
}

/// Since when a file has had no name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nameless {
    pub(crate) since: Instant,
    pub(crate) quiet_since: Instant,
}

impl Nameless {
    pub(crate) fn now() -> Self {
        let now = Instant::now();
        Self { since: now, quiet_since: now }
    }
}

impl Tracked {
    /// Links and size, asked for again unless a turn has the reader.
    pub(crate) fn look(&mut self) -> (u64, u64) {
        if let Some(reader) = &mut self.reader {
            // A failure shows at the next read.
            let _ = reader.look();
            self.links = reader.links();
            self.saved.size = reader.size();
        }
        (self.links, self.saved.size)
    }

    /// As the checkpoint should know it.
    pub(crate) fn to_save(&self) -> SavedFile {
        SavedFile { mark: self.progress.safe(), ..self.saved.clone() }
    }
}

/// Invariant: `by_name` and `by_inode` lead to slots that have that name and inode, and each slot is in them.
#[derive(Debug, Default)]
pub(crate) struct Table {
    slots: HashMap<SlotId, Tracked>,
    by_inode: HashMap<Inode, SlotId>,
    by_name: HashMap<PathBuf, SlotId>,
    last: u64,
}

impl Table {
    pub(crate) fn insert(&mut self, tracked: Tracked) -> SlotId {
        self.last += 1;
        let slot = SlotId(self.last);
        self.by_inode.insert(tracked.inode, slot);
        self.slots.insert(slot, tracked);
        slot
    }

    pub(crate) fn remove(&mut self, slot: SlotId) -> Option<Tracked> {
        let tracked = self.slots.remove(&slot)?;
        self.by_inode.remove(&tracked.inode);
        for name in &tracked.names {
            self.by_name.remove(name);
        }
        Some(tracked)
    }

    pub(crate) fn get(&mut self, slot: SlotId) -> Option<&mut Tracked> {
        self.slots.get_mut(&slot)
    }

    pub(crate) fn with_inode(&self, inode: Inode) -> Option<SlotId> {
        self.by_inode.get(&inode).copied()
    }

    pub(crate) fn has_name(&self, name: &Path) -> bool {
        self.by_name.contains_key(name)
    }

    pub(crate) fn names(&self) -> Vec<PathBuf> {
        self.by_name.keys().cloned().collect()
    }

    /// The inode that `name` leads to, as far as known.
    pub(crate) fn inode_of(&self, name: &Path) -> Option<Inode> {
        self.by_name.get(name).and_then(|slot| self.slots.get(slot)).map(|tracked| tracked.inode)
    }

    /// `name` leads to the slot's file.
    pub(crate) fn attach(&mut self, name: PathBuf, slot: SlotId) {
        let Some(tracked) = self.slots.get_mut(&slot) else { return };
        tracked.nameless = None;
        if !tracked.names.contains(&name) {
            tracked.names.push(name.clone());
        }
        self.by_name.insert(name, slot);
    }

    /// `name` is gone or leads elsewhere. Returns the slot if it has no name any more.
    pub(crate) fn detach(&mut self, name: &Path) -> Option<SlotId> {
        let slot = self.by_name.remove(name)?;
        let tracked = self.slots.get_mut(&slot)?;
        tracked.names.retain(|known| known != name);
        if !tracked.names.is_empty() {
            return None;
        }
        tracked.nameless = Some(Nameless::now());
        Some(slot)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (SlotId, &mut Tracked)> {
        self.slots.iter_mut().map(|(&slot, tracked)| (slot, tracked))
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &Tracked> {
        self.slots.values()
    }
}

#[cfg(test)]
mod tests;
