//! Walks and looks at single paths.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Done, Supervisor};
use crate::tail::scan::{Scanned, Scanner};
use crate::tail::sink::Sink;

/// A pause between walks is so many times as long as the last walk took.
const WALK_PAUSE_FACTOR: u32 = 4;

impl<S: Sink> Supervisor<S> {
    pub(super) fn start_scan(&mut self) {
        let now = Instant::now();
        let waits = self.scan.wanted.is_full && now < self.scan.walk_after;
        if self.scan.is_running || self.scan.wanted.is_empty() || waits {
            return;
        }
        self.scan.is_running = true;
        let request = std::mem::take(&mut self.scan.wanted);
        let scanner = self.scanner.clone();
        self.jobs.spawn_blocking(move || {
            let started = std::time::Instant::now();
            let scanned = Box::new(scanner.run(request));
            Done::Scan { scanned, scanner, took: started.elapsed() }
        });
    }

    pub(super) fn scan_ended(&mut self, scanned: Scanned, scanner: &Scanner, took: Duration) {
        self.scan.is_running = false;
        let is_walk = scanned.is_full;
        let is_current = Arc::ptr_eq(&scanner.entries, &self.scanner.entries);
        self.take_scanned(scanned, is_current);
        if !is_walk {
            return;
        }
        self.scan.walk_after = Instant::now() + took * WALK_PAUSE_FACTOR;
        if is_current {
            self.first_files_found();
        }
    }

    /// What was found is what `start_at` is for; from now on new files are read from their beginning.
    fn first_files_found(&mut self) {
        let keys = self.scanner.entries.pattern_keys();
        if self.scan.holds_new {
            self.scan.holds_new = false;
            self.scanner.known_patterns = Arc::new(keys.into_iter().collect());
            self.saving.is_changed = true;
            self.saving.is_urgent = true;
        }
        for waiting in self.scan.waiting.drain(..) {
            // The one who waited may have gone.
            let _ = waiting.send(());
        }
    }
}
