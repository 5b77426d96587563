//! A new configuration, applied to the files that are open.

use std::sync::Arc;

use super::{Command, Supervisor};
use crate::tail::entry::{Entries, Entry};
use crate::tail::sink::Sink;
use crate::tail::table::{SlotId, State, Tracked};

impl<S: Sink> Supervisor<S> {
    pub(super) fn take_command(&mut self, command: Command) {
        let Command::Apply { entries, done } = command;
        self.scanner.entries = Arc::clone(&entries);
        let slots: Vec<(SlotId, Option<Arc<Entry>>)> =
            self.table.iter_mut().map(|(slot, tracked)| (slot, entry_for(tracked, &entries))).collect();
        for (slot, entry) in slots {
            match entry {
                Some(entry) => self.keep(slot, entry),
                None => self.unwant(slot),
            }
        }
        // Patterns that are new have their first files found by the walk that follows.
        self.scan.holds_new = true;
        self.scan.wanted.is_full = true;
        self.scan.walk_after = tokio::time::Instant::now();
        self.scan.waiting.push(done);
    }

    /// The file goes on; from its next turn on as the new entry says.
    fn keep(&mut self, slot: SlotId, entry: Arc<Entry>) {
        let Some(tracked) = self.table.get(slot) else { return };
        tracked.format = entry.format_of(&tracked.path);
        tracked.entry = entry;
        tracked.is_unwanted = false;
    }

    fn unwant(&mut self, slot: SlotId) {
        let Some(tracked) = self.table.get(slot) else { return };
        match tracked.state {
            State::Reading { .. } => tracked.is_unwanted = true,
            _ => self.close(slot),
        }
    }
}

/// The entry of a name that the file has; without a name, the entry that it had.
fn entry_for(tracked: &Tracked, entries: &Entries) -> Option<Arc<Entry>> {
    if tracked.nameless.is_some() {
        return entries.named(&tracked.entry.config.name).cloned();
    }
    tracked.names.iter().find_map(|name| entries.find(name)).map(|matched| matched.entry)
}
