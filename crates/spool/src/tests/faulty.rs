//! Storage that fills up, fails to sync, and loses what was not synced.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fastrand::Rng;
use parking_lot::Mutex;

use crate::storage::{Disk, SegmentFile, Storage};

/// The disk, with a memory of what was synced.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faulty {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes that still fit; all when absent.
    room: Option<u64>,
    /// Bytes that one write takes at most.
    write_bytes_max: Option<usize>,
    sync_fails: bool,
    truncate_fails: bool,
    read_fails: bool,
    /// How much of each file was synced.
    synced: BTreeMap<PathBuf, u64>,
    /// Files whose names were created since the folder was synced.
    new_names: Vec<PathBuf>,
    /// Files removed since the folder was synced, with their content.
    removed: Vec<(PathBuf, Vec<u8>)>,
}

impl Faulty {
    /// Lets `bytes` more be written.
    pub(crate) fn set_room(&self, bytes: Option<u64>) {
        self.state.lock().room = bytes;
    }

    pub(crate) fn set_write_bytes_max(&self, bytes: usize) {
        self.state.lock().write_bytes_max = Some(bytes);
    }

    pub(crate) fn set_sync_fails(&self, fails: bool) {
        self.state.lock().sync_fails = fails;
    }

    pub(crate) fn set_truncate_fails(&self, fails: bool) {
        self.state.lock().truncate_fails = fails;
    }

    pub(crate) fn set_read_fails(&self, fails: bool) {
        self.state.lock().read_fails = fails;
    }

    /// Loses power: of each file stays what was synced and a random part of the rest, which may be holed; names that
    /// were not synced may vanish or come back. Nobody may have the files open for writing.
    pub(crate) fn lose_power(&self, rng: &mut Rng) {
        let state = std::mem::take(&mut *self.state.lock());
        for (path, synced) in &state.synced {
            if !path.exists() {
                continue;
            }
            let mut content = fs::read(path).unwrap();
            let kept = rng.usize(*synced as usize..=content.len());
            content.truncate(kept);
            if rng.bool() && kept > *synced as usize {
                let hole = rng.usize(*synced as usize..kept);
                content[hole..].fill(0);
            }
            fs::write(path, content).unwrap();
        }
        for path in state.new_names {
            // A file with synced data has a name on every file system in use.
            if state.synced.get(&path).is_none_or(|synced| *synced == 0) && rng.bool() {
                let _ = fs::remove_file(path);
            }
        }
        for (path, content) in state.removed {
            if rng.bool() {
                fs::write(path, content).unwrap();
            }
        }
    }
}

impl Storage for Faulty {
    fn create(&self, path: &Path) -> io::Result<Box<dyn SegmentFile>> {
        let file = Disk.create(path)?;
        let mut state = self.state.lock();
        state.synced.insert(path.to_owned(), 0);
        state.new_names.push(path.to_owned());
        state.removed.retain(|(removed, _)| removed != path);
        Ok(Box::new(FaultyFile { file, path: path.to_owned(), storage: self.clone() }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn SegmentFile>> {
        let file = Disk.open(path)?;
        Ok(Box::new(FaultyFile { file, path: path.to_owned(), storage: self.clone() }))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        Disk.list(folder)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let content = fs::read(path)?;
        let mut state = self.state.lock();
        let synced = state.synced.remove(path).unwrap_or(content.len() as u64);
        state.removed.push((path.to_owned(), content[..synced as usize].to_vec()));
        Disk.remove(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        if state.sync_fails {
            return Err(io::Error::other("sync fails"));
        }
        state.new_names.retain(|path| path.parent() != Some(folder));
        state.removed.retain(|(path, _)| path.parent() != Some(folder));
        Ok(())
    }
}

#[derive(Debug)]
struct FaultyFile {
    file: Box<dyn SegmentFile>,
    path: PathBuf,
    storage: Faulty,
}

impl SegmentFile for FaultyFile {
    fn write_at(&self, buffers: &[IoSlice<'_>], offset: u64) -> io::Result<usize> {
        let mut state = self.storage.state.lock();
        let mut bytes: Vec<u8> = buffers.iter().flat_map(|buffer| buffer.iter().copied()).collect();
        bytes.truncate(state.write_bytes_max.unwrap_or(usize::MAX));
        if let Some(room) = &mut state.room {
            if *room == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            bytes.truncate(*room as usize);
            *room -= bytes.len() as u64;
        }
        self.file.write_at(&[IoSlice::new(&bytes)], offset)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if self.storage.state.lock().read_fails {
            return Err(io::Error::other("read fails"));
        }
        // Short reads are legal.
        let half = buffer.len().div_ceil(2);
        self.file.read_at(&mut buffer[..half], offset)
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.storage.state.lock();
        if state.sync_fails {
            return Err(io::Error::other("sync fails"));
        }
        let bytes = self.file.bytes()?;
        state.synced.insert(self.path.clone(), bytes);
        Ok(())
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        let mut state = self.storage.state.lock();
        if state.truncate_fails {
            return Err(io::Error::other("truncate fails"));
        }
        if let Some(synced) = state.synced.get_mut(&self.path) {
            *synced = (*synced).min(bytes);
        }
        self.file.truncate(bytes)
    }

    fn bytes(&self) -> io::Result<u64> {
        self.file.bytes()
    }

    fn forget_pages(&self, from: u64, to: u64) {
        self.file.forget_pages(from, to);
    }
}
