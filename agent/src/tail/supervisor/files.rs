//! Files that come, lose their names and go.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::time::Instant;
use tracing::{info, warn};
use weir_model::{Reason, Receiver, Signal};

use super::Supervisor;
use crate::tail::identity::Inode;
use crate::tail::mark::Progress;
use crate::tail::metrics::{Rotation, Unread};
use crate::tail::pod::PodPath;
use crate::tail::reader::{Opening, Reader};
use crate::tail::saved::SavedFile;
use crate::tail::scan::{Found, Scanned};
use crate::tail::sink::Sink;
use crate::tail::table::{Nameless, SlotId, State, Tracked};
use crate::tail::turn::COMPONENT;

impl<S: Sink> Supervisor<S> {
    /// Files that are not opened are not read: that is told when it begins and when it ends.
    fn tell_waiting(&self, waiting: u64) {
        let gauge = &self.context.metrics.files_waiting;
        match (gauge.get() > 0, waiting > 0) {
            (false, true) => warn!(
                waiting,
                files_max = self.settings.files_max,
                "log files wait to be read: too many are open; raise the limit of open files or name fewer files"
            ),
            (true, false) => info!("no log files wait to be read any more"),
            _ => {}
        }
        gauge.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    }

    /// Takes over what a scan found. `is_current`: the configuration is still the one that was scanned for.
    pub(super) fn take_scanned(&mut self, scanned: Scanned, is_current: bool) {
        if scanned.is_full {
            self.tell_waiting(scanned.waiting);
        }
        self.moves.follow(scanned.links, scanned.is_full);
        let named: HashMap<PathBuf, Inode> = scanned
            .found
            .iter()
            .filter(|found| found.has_name)
            .map(|found| (found.path.clone(), found.inode))
            .collect();
        let looked_at =
            if scanned.is_full { self.table.names() } else { scanned.paths.iter().cloned().collect() };
        for name in looked_at {
            if self.table.inode_of(&name).is_some_and(|inode| named.get(&name) != Some(&inode)) {
                self.detach(&name);
            }
        }
        for found in scanned.found {
            self.take_found(found, is_current);
        }
        for gone in scanned.gone {
            let unread = gone.bytes_unread();
            self.lost(&gone, unread, Unread::Vanished);
            self.saving.is_changed = true;
        }
        self.count_open();
    }

    fn detach(&mut self, name: &Path) {
        let Some(slot) = self.table.detach(name) else { return };
        self.context.metrics.rotated(Rotation::Renamed);
        match self.table.get(slot).map(|tracked| tracked.state) {
            Some(State::Ignored) => self.close(slot),
            _ => self.wake(slot, Instant::now()),
        }
    }

    fn take_found(&mut self, mut found: Found, is_current: bool) {
        if !is_current {
            match self.scanner.entries.find(&found.path) {
                Some(matched) => found.matched = matched,
                None => return self.give_up(found),
            }
        }
        let slot = match found.opened.take() {
            Some((reader, opening)) => self.begin(&found, reader, opening),
            None => match self.table.with_inode(found.inode) {
                Some(slot) => slot,
                // It was closed while the scan ran.
                None => return self.look_again(found),
            },
        };
        if found.has_name {
            self.table.attach(found.path, slot);
        }
    }

    fn look_again(&mut self, found: Found) {
        if found.has_name {
            self.scan.wanted.paths.insert(found.path);
        }
    }

    /// A file that the configuration no longer names.
    fn give_up(&mut self, found: Found) {
        if let Some((reader, _)) = found.opened {
            let saved = reader.saved(&found.path, &found.matched.entry);
            self.scanner.shelf.end(found.inode, Some(saved));
        }
    }

    fn begin(&mut self, found: &Found, reader: Box<Reader>, opening: Opening) -> SlotId {
        let entry = Arc::clone(&found.matched.entry);
        let saved = reader.saved(&found.path, &entry);
        let must_hold = self.scan.holds_new || matches!(opening, Opening::Renewed { .. });
        let slot = self.table.insert(Tracked {
            inode: found.inode,
            format: entry.format_of(&found.path),
            path: Arc::new(found.path.clone()),
            names: Vec::new(),
            progress: Progress::new(saved.mark),
            links: reader.links(),
            nameless: (!found.has_name).then(Nameless::now),
            state: State::Idle,
            reader: Some(reader),
            is_armed: false,
            waits_for_pod: self.pod_deadline(&found.path),
            is_unwanted: false,
            entry,
            saved,
        });
        info!(path = %found.path.display(), opening = opening.as_str(), "reading log file");
        self.saving.is_changed = true;
        self.take_opening(slot, opening);
        if must_hold {
            self.hold(slot);
        } else {
            self.wake(slot, Instant::now());
        }
        slot
    }

    /// Until when the first read of a pod's file may wait for its pod to be known.
    fn pod_deadline(&self, path: &Path) -> Option<Instant> {
        let is_of_pod = self.settings.pods.is_some() && PodPath::of(path).is_some();
        is_of_pod.then(|| Instant::now() + self.settings.pod_wait)
    }

    fn take_opening(&mut self, slot: SlotId, opening: Opening) {
        match opening {
            Opening::New | Opening::Resumed => {}
            Opening::Renewed { unread } => {
                let Some(saved) = self.table.get(slot).map(|tracked| tracked.saved.clone()) else { return };
                self.context.metrics.rotated(Rotation::Truncated);
                self.lost(&saved, unread, Unread::Truncated);
            }
            Opening::Replaced { gone } => {
                let unread = gone.bytes_unread();
                self.lost(&gone, unread, Unread::Vanished);
            }
        }
    }

    /// Accounts for bytes that will never be read, as so many lines as they are likely to be.
    pub(super) fn lost(&self, file: &SavedFile, bytes: u64, cause: Unread) {
        let lines = file.lines_in(bytes);
        if lines == 0 {
            return;
        }
        warn!(path = %file.path.display(), bytes, lines, ?cause, "part of a log file is lost");
        self.context.metrics.unread(cause, bytes);
        self.context.ledger.receive(Signal::Logs, Receiver::Tail, lines);
        self.context.ledger.drop_pending(Signal::Logs, COMPONENT, Reason::FileVanished, lines);
    }

    /// Closes the file: it has been read to its end, or is not wanted any more. It is remembered should it come up
    /// again; what was appended may still wait for its sync.
    pub(super) fn close(&mut self, slot: SlotId) {
        if let Some(watcher) = &self.context.watcher {
            watcher.disarm(slot);
        }
        let Some(tracked) = self.table.remove(slot) else { return };
        let exists = tracked.links > 0;
        let saved = SavedFile { open: false, ..tracked.to_save() };
        self.scanner.shelf.end(tracked.inode, exists.then(|| saved.clone()));
        if exists && tracked.progress.is_waiting() {
            self.closing.push((saved, tracked.progress));
        }
        self.saving.is_changed = true;
        self.count_open();
    }

    /// Deleted files hold disk space until they are read. Of more than the budget the oldest are given up.
    pub(super) fn keep_budget(&mut self) {
        let nameless = self.table.iter_mut().filter(|(_, tracked)| tracked.nameless.is_some());
        let mut deleted: Vec<(Instant, SlotId, u64)> = nameless
            .filter_map(|(slot, tracked)| {
                let (links, bytes) = tracked.look();
                let since = tracked.nameless?.since;
                (links == 0).then_some((since, slot, bytes))
            })
            .collect();
        deleted.sort_unstable();
        let mut held: u64 = deleted.iter().map(|&(_, _, bytes)| bytes).sum();
        for (_, slot, bytes) in deleted {
            if held <= self.settings.deleted_bytes_max {
                break;
            }
            if self.abandon(slot) {
                held -= bytes;
            }
        }
        self.context.metrics.deleted_bytes.set(i64::try_from(held).unwrap_or(i64::MAX));
    }

    /// Closes a file before its end. False while a turn has it.
    fn abandon(&mut self, slot: SlotId) -> bool {
        let Some(tracked) = self.table.get(slot) else { return false };
        let Some(reader) = &tracked.reader else { return false };
        let unread = if tracked.state == State::Ignored { 0 } else { reader.bytes_unread() };
        let saved = tracked.saved.clone();
        self.lost(&saved, unread, Unread::Budget);
        self.close(slot);
        true
    }

    fn count_open(&self) {
        self.context.metrics.files_open.set(i64::try_from(self.table.len()).unwrap_or(i64::MAX));
    }
}
