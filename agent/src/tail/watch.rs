//! The system's notifications about folders and files.
//!
//! A folder is watched for names that come and go. A file is watched only once it has been read to its end, for the
//! first write after that: a busy file costs one notification per read, not one per write.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use inotify::{EventMask, Inotify, WatchDescriptor, WatchMask, Watches};
use parking_lot::Mutex;
use tokio::io::unix::AsyncFd;

use crate::tail::table::SlotId;

/// Bytes of notifications taken at a time.
const BUFFER_BYTES: usize = 16 * 1024;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A file was written to or truncated.
    Modified(SlotId),
    /// A name came up.
    Appeared { path: PathBuf, is_dir: bool },
    /// A name went away.
    Gone { path: PathBuf, is_dir: bool },
    /// A name was given up for another one, which a [`Event::MovedTo`] with the same cookie tells if it is watched.
    MovedFrom { path: PathBuf, is_dir: bool, cookie: u32 },
    /// A name was given to what had another one.
    MovedTo { path: PathBuf, is_dir: bool, cookie: u32 },
    /// Notifications were lost.
    Overflow,
}

/// Adds and removes watches; shared with the jobs that walk folders and read files.
#[derive(Debug)]
pub(crate) struct Watcher {
    watched: Mutex<Watched>,
}

#[derive(Debug)]
struct Watched {
    watches: Watches,
    targets: HashMap<WatchDescriptor, Target>,
    armed: HashMap<SlotId, WatchDescriptor>,
}

#[derive(Debug)]
enum Target {
    /// The paths under which the folder was found.
    Dir(Vec<PathBuf>),
    File(SlotId),
}

/// The receiving end.
#[derive(Debug)]
pub(crate) struct Events {
    inotify: AsyncFd<Inotify>,
    buffer: Vec<u8>,
}

/// Opens both ends. Must be called within the runtime.
pub(crate) fn open() -> io::Result<(Watcher, Events)> {
    let inotify = Inotify::init()?;
    let watches = inotify.watches();
    let watched = Watched { watches, targets: HashMap::new(), armed: HashMap::new() };
    let events = Events { inotify: asynchronous(inotify)?, buffer: vec![0; BUFFER_BYTES] };
    Ok((Watcher { watched: Mutex::new(watched) }, events))
}

#[expect(
    deprecated,
    reason = "the successor is unsafe for types that may close or change their descriptor; Inotify does neither"
)]
fn asynchronous(inotify: Inotify) -> io::Result<AsyncFd<Inotify>> {
    AsyncFd::new(inotify)
}

impl Watcher {
    /// Watches a folder for names.
    pub(crate) fn watch_dir(&self, path: &Path) -> io::Result<()> {
        let mask = WatchMask::CREATE
            | WatchMask::DELETE
            | WatchMask::MOVE
            | WatchMask::DELETE_SELF
            | WatchMask::MOVE_SELF
            | WatchMask::ONLYDIR;
        let mut watched = self.watched.lock();
        let descriptor = watched.watches.add(path, mask)?;
        match watched.targets.entry(descriptor).or_insert_with(|| Target::Dir(Vec::new())) {
            Target::Dir(paths) if paths.iter().all(|known| known != path) => paths.push(path.to_owned()),
            _ => {}
        }
        Ok(())
    }

    /// Ends the watches of folders that are not among `paths`.
    pub(crate) fn retain_dirs(&self, paths: &HashSet<PathBuf>) {
        let mut watched = self.watched.lock();
        let mut left = Vec::new();
        for (descriptor, target) in &mut watched.targets {
            if let Target::Dir(known) = target {
                known.retain(|path| paths.contains(path));
                if known.is_empty() {
                    left.push(descriptor.clone());
                }
            }
        }
        for descriptor in left {
            watched.remove(descriptor);
        }
    }

    /// Asks for one [`Event::Modified`] at the next write to `file`.
    pub(crate) fn arm(&self, file: &File, slot: SlotId) -> io::Result<()> {
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        let mut watched = self.watched.lock();
        let descriptor = watched.watches.add(path, WatchMask::MODIFY | WatchMask::ONESHOT)?;
        watched.targets.insert(descriptor.clone(), Target::File(slot));
        watched.armed.insert(slot, descriptor);
        Ok(())
    }

    /// No more notifications about the file.
    pub(crate) fn disarm(&self, slot: SlotId) {
        let mut watched = self.watched.lock();
        if let Some(descriptor) = watched.armed.remove(&slot) {
            watched.remove(descriptor);
        }
    }

    /// Turns a notification into events, one for each path of the folder.
    fn translate(&self, event: &inotify::Event<&std::ffi::OsStr>, events: &mut Vec<Event>) {
        if event.mask.contains(EventMask::Q_OVERFLOW) {
            return events.push(Event::Overflow);
        }
        let mut watched = self.watched.lock();
        match watched.targets.get(&event.wd) {
            Some(&Target::File(slot)) if event.mask.intersects(EventMask::MODIFY | EventMask::IGNORED) => {
                // An armed watch that ends without a write, as at an unmount, must not be waited for.
                watched.fired(slot, &event.wd);
                events.push(Event::Modified(slot));
            }
            Some(Target::Dir(paths)) => {
                let name = event.name.unwrap_or_default();
                events.extend(paths.iter().filter_map(|dir| named(event, dir.join(name))));
            }
            _ => {}
        }
        if event.mask.contains(EventMask::IGNORED) {
            watched.targets.remove(&event.wd);
        } else if event.mask.contains(EventMask::MOVE_SELF) {
            watched.remove(event.wd.clone());
        }
    }
}

impl Watched {
    /// A watch that has ended by itself fails to be removed, which is as good.
    fn remove(&mut self, descriptor: WatchDescriptor) {
        self.targets.remove(&descriptor);
        let _ = self.watches.remove(descriptor);
    }

    fn fired(&mut self, slot: SlotId, descriptor: &WatchDescriptor) {
        self.targets.remove(descriptor);
        if self.armed.get(&slot) == Some(descriptor) {
            self.armed.remove(&slot);
        }
    }
}

fn named(event: &inotify::Event<&std::ffi::OsStr>, path: PathBuf) -> Option<Event> {
    let is_dir = event.mask.contains(EventMask::ISDIR);
    let cookie = event.cookie;
    if event.mask.contains(EventMask::CREATE) {
        Some(Event::Appeared { path, is_dir })
    } else if event.mask.contains(EventMask::DELETE) {
        Some(Event::Gone { path, is_dir })
    } else if event.mask.contains(EventMask::MOVED_FROM) {
        Some(Event::MovedFrom { path, is_dir, cookie })
    } else if event.mask.contains(EventMask::MOVED_TO) {
        Some(Event::MovedTo { path, is_dir, cookie })
    } else {
        None
    }
}

impl Events {
    /// Waits for the next events. Dropped half way, none is lost.
    pub(crate) async fn next(&mut self, watcher: &Watcher) -> io::Result<Vec<Event>> {
        loop {
            let mut ready = self.inotify.readable_mut().await?;
            let read = ready.try_io(|inotify| {
                let mut events = Vec::new();
                for event in inotify.get_mut().read_events(&mut self.buffer)? {
                    watcher.translate(&event, &mut events);
                }
                Ok(events)
            });
            match read {
                Ok(Ok(events)) if events.is_empty() => {}
                Ok(result) => return result,
                Err(_not_ready) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
