//! The system's notifications about folders with target files.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use inotify::{Inotify, WatchDescriptor, WatchMask};
use tokio::io::unix::AsyncFd;
use tokio::time::sleep;
use tracing::{debug, warn};

/// How long a change may go on before files are read: one change often comes as several notifications.
const SETTLE: Duration = Duration::from_millis(50);
/// Bytes of notifications taken at a time.
const BUFFER_BYTES: usize = 4096;

/// Tells when a file in one of some folders may have changed. Without notifications (the system gives no more of them)
/// files are still read at each refresh.
#[derive(Debug)]
pub(in crate::scrape) struct FolderWatch {
    inotify: Option<AsyncFd<Inotify>>,
    watched: BTreeMap<PathBuf, WatchDescriptor>,
}

impl FolderWatch {
    /// Watches nothing yet. Must be called within a runtime.
    pub(in crate::scrape) fn new() -> Self {
        let inotify = Inotify::init().and_then(asynchronous);
        if let Err(error) = &inotify {
            warn!(%error, "no notifications about files with targets; they are read at each refresh only");
        }
        Self { inotify: inotify.ok(), watched: BTreeMap::new() }
    }

    /// Watches exactly `folders`. One that is not there is tried again at the next call.
    pub(in crate::scrape) fn set(&mut self, folders: &BTreeSet<PathBuf>) {
        let Some(inotify) = &self.inotify else { return };
        let mut watches = inotify.get_ref().watches();
        let gone: Vec<PathBuf> =
            self.watched.keys().filter(|folder| !folders.contains(*folder)).cloned().collect();
        for descriptor in gone.iter().filter_map(|folder| self.watched.remove(folder)) {
            // Fails only for a folder that is no more.
            let _ = watches.remove(descriptor);
        }
        let mask = WatchMask::CREATE | WatchMask::CLOSE_WRITE | WatchMask::MOVE | WatchMask::DELETE;
        for folder in folders {
            // Adding again renews the watch of a folder that was replaced.
            match watches.add(folder, mask | WatchMask::ONLYDIR) {
                Ok(descriptor) => drop(self.watched.insert(folder.clone(), descriptor)),
                Err(error) => debug!(folder = %folder.display(), %error, "folder not watched"),
            }
        }
    }

    /// Waits for a change and until it has settled. Cancel safe: a change that was noticed but not told is told next
    /// time, unless it was in the moment in which it settled; a refresh then finds it.
    pub(in crate::scrape) async fn changed(&mut self) {
        let Some(inotify) = &mut self.inotify else { return pending().await };
        match inotify.readable_mut().await {
            Ok(_) => sleep(SETTLE).await,
            Err(error) => {
                warn!(%error, "no more notifications about files with targets");
                return pending().await;
            }
        }
        let mut buffer = [0; BUFFER_BYTES];
        while let Ok(mut guard) = inotify.readable_mut().await {
            let read = guard
                .try_io(|inotify| inotify.get_mut().read_events(&mut buffer).map(|events| events.count()));
            if !matches!(read, Ok(Ok(count)) if count > 0) {
                break;
            }
        }
    }
}

#[expect(
    deprecated,
    reason = "the successor is unsafe for types that may close or change their descriptor; Inotify does neither"
)]
fn asynchronous(inotify: Inotify) -> io::Result<AsyncFd<Inotify>> {
    AsyncFd::new(inotify)
}
