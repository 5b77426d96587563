//! A checkpoint that is saved many times per second.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::envelope::{Envelope, Opened, seal};
use crate::replace::{read_opened, replace_sealed, with_suffix};
use crate::{Damage, Durability, Format, Loaded, ReadError, ReplaceError};

/// A checkpoint in two files: one replaced with a sync, one overwritten in place.
///
/// `<path>` is replaced by [`sync`](Self::sync) and survives the loss of power. `<path>.recent` is overwritten by
/// [`write`](Self::write), which costs one write into the page cache, and survives the death of the process. Both
/// carry a sequence number; the intact file with the higher one counts when the pair is opened.
#[derive(Debug)]
pub struct Pair {
    path: PathBuf,
    recent_path: PathBuf,
    format: Format,
    /// Opened by the first `write`.
    recent: Option<File>,
    /// Of the last save; every file of the pair has at most this.
    sequence: u64,
    sealed: Vec<u8>,
}

impl Pair {
    /// Opens the pair at `path`, whose directory must exist, and returns what was saved last.
    ///
    /// [`Loaded::Damaged`] means that a file was damaged and none is intact.
    pub fn open(path: &Path, format: Format) -> Result<(Self, Loaded), ReadError> {
        let recent_path = with_suffix(path, ".recent");
        let mut newest: Option<Envelope> = None;
        let mut damage: Option<Damage> = None;
        for file in [path, &recent_path] {
            match read_opened(file, format)? {
                None => {}
                Some(Opened::Intact(envelope)) => {
                    newest = newest.filter(|other| other.sequence > envelope.sequence).or(Some(envelope));
                }
                Some(Opened::Damaged(found)) => damage = damage.or(Some(found)),
                Some(Opened::NewerVersion(found)) => {
                    return Err(ReadError::NewerVersion {
                        path: file.to_owned(),
                        found,
                        supported: format.version,
                    });
                }
            }
        }
        let sequence = newest.as_ref().map_or(0, |envelope| envelope.sequence);
        let loaded = match (newest, damage) {
            (Some(envelope), _) => Loaded::Content { version: envelope.version, body: envelope.body },
            (None, Some(damage)) => Loaded::Damaged(damage),
            (None, None) => Loaded::Missing,
        };
        let pair =
            Self { path: path.to_owned(), recent_path, format, recent: None, sequence, sealed: Vec::new() };
        Ok((pair, loaded))
    }

    /// Saves `body` against the death of the process.
    pub fn write(&mut self, body: &[u8]) -> Result<(), ReplaceError> {
        self.sequence += 1;
        seal(self.format, self.sequence, body, &mut self.sealed);
        self.overwrite_recent()
            .map_err(|source| ReplaceError::Write { path: self.recent_path.clone(), source })
    }

    /// Saves `body` against the loss of power.
    ///
    /// Where the temporary file cannot be written, for want of room as a rule, the recent file is overwritten and synced
    /// instead: it has its room already, and what is waiting for this save may be what frees the disk.
    pub fn sync(&mut self, body: &[u8]) -> Result<(), ReplaceError> {
        self.sequence += 1;
        seal(self.format, self.sequence, body, &mut self.sealed);
        match replace_sealed(&self.path, &self.sealed, Durability::PowerLoss) {
            Err(ReplaceError::Write { path, source }) => {
                self.sync_recent().map_err(|_| ReplaceError::Write { path, source })
            }
            replaced => replaced,
        }
    }

    /// Removes both files.
    pub fn remove(&self) -> io::Result<()> {
        // The recent one first: alone it would count as the checkpoint again.
        for file in [&self.recent_path, &self.path] {
            match fs::remove_file(file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn sync_recent(&mut self) -> io::Result<()> {
        self.overwrite_recent()?;
        self.recent.as_ref().map_or(Ok(()), File::sync_data)
    }

    fn overwrite_recent(&mut self) -> io::Result<()> {
        let file = match self.recent.take() {
            Some(file) => file,
            None => OpenOptions::new().write(true).create(true).truncate(false).open(&self.recent_path)?,
        };
        let written = file.write_all_at(&self.sealed, 0);
        self.recent = Some(file);
        written
    }
}
