//! The checkpoint file: where reading of each file begins again. The layout is in `docs/formats/tail.md`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use thiserror::Error;
use weir_checkpoint::{Durability, Format, Loaded, ReadError, ReplaceError};

use crate::tail::digest::Digest;
use crate::tail::identity::{FileId, Inode, Origin};
use crate::tail::mark::Mark;
use crate::tail::saved::SavedFile;

/// Name of the file within the tailer's folder.
const FILE: &str = "checkpoint";
const FORMAT: Format = Format { magic: *b"WEIRTAIL", version: 1 };

const HAS_BIRTH: u8 = 1;
const HAS_ID: u8 = 2;
const SKIPPING: u8 = 4;
const OPEN: u8 = 8;

/// The checkpoint's content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    /// [`crate::tail::entry::Entry::pattern_key`] of the patterns whose first files were found.
    pub(crate) patterns: Vec<u64>,
    pub(crate) files: Vec<SavedFile>,
}

/// What was found at the start.
#[derive(Debug)]
pub(crate) enum Opened {
    Missing,
    Read(Checkpoint),
    Damaged(String),
}

/// Reads the checkpoint in `dir`. A damaged one is left where it is until the next save.
pub(crate) fn load(dir: &Path) -> Result<Opened, ReadError> {
    Ok(match weir_checkpoint::read(&dir.join(FILE), FORMAT)? {
        Loaded::Missing => Opened::Missing,
        Loaded::Damaged(damage) => Opened::Damaged(damage.to_string()),
        Loaded::Content { body, .. } => match decode(&body) {
            Ok(checkpoint) => Opened::Read(checkpoint),
            Err(error) => Opened::Damaged(error.to_string()),
        },
    })
}

/// Replaces the checkpoint in `dir`; it survives the loss of power.
pub(crate) fn save(dir: &Path, checkpoint: &Checkpoint) -> Result<(), ReplaceError> {
    weir_checkpoint::replace(&dir.join(FILE), FORMAT, &encode(checkpoint), Durability::PowerLoss)
}

fn encode(checkpoint: &Checkpoint) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + 8 * checkpoint.patterns.len() + 256 * checkpoint.files.len());
    put_u32(&mut out, checkpoint.patterns.len());
    for pattern in &checkpoint.patterns {
        out.extend_from_slice(&pattern.to_le_bytes());
    }
    put_u32(&mut out, checkpoint.files.len());
    for file in &checkpoint.files {
        put_file(&mut out, file);
    }
    out
}

fn put_file(out: &mut Vec<u8>, file: &SavedFile) {
    put_bytes(out, file.path.as_os_str().as_bytes());
    put_bytes(out, file.entry.as_bytes());
    let flags = [
        (file.origin.birth.is_some(), HAS_BIRTH),
        (file.id.is_some(), HAS_ID),
        (file.mark.skipping, SKIPPING),
        (file.open, OPEN),
    ];
    out.push(flags.iter().map(|&(is_set, flag)| if is_set { flag } else { 0 }).sum());
    for number in [file.origin.inode.dev, file.origin.inode.ino, file.origin.birth.unwrap_or(0)] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    for number in [file.origin.seconds, file.origin.generation, file.line_bytes_mean] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(&file.id.map_or([0; 16], |id| id.0));
    for number in [file.size, file.mark.offset] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    for digest in [file.prefix, file.mark.window] {
        out.extend_from_slice(&digest.len.to_le_bytes());
        out.extend_from_slice(&digest.hash.to_le_bytes());
    }
}

/// Lengths are bounded by memory, far below what 32 bits hold.
fn put_u32(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_u32(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// How a checked body can still break the rules.
#[derive(Debug, PartialEq, Eq, Error)]
enum BodyError {
    #[error("the content ends too early")]
    Short,
    #[error("bytes are left after the last file")]
    Long,
    #[error("a name is not UTF-8")]
    Name,
}

fn decode(body: &[u8]) -> Result<Checkpoint, BodyError> {
    let mut input = Input { rest: body };
    let mut checkpoint = Checkpoint::default();
    for _ in 0..input.u32()? {
        checkpoint.patterns.push(input.u64()?);
    }
    for _ in 0..input.u32()? {
        checkpoint.files.push(input.file()?);
    }
    if input.rest.is_empty() { Ok(checkpoint) } else { Err(BodyError::Long) }
}

struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], BodyError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(BodyError::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const LEN: usize>(&mut self) -> Result<[u8; LEN], BodyError> {
        self.take(LEN)?.try_into().map_err(|_| BodyError::Short)
    }

    fn u32(&mut self) -> Result<u32, BodyError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, BodyError> {
        self.array().map(u64::from_le_bytes)
    }

    fn bytes(&mut self) -> Result<&'a [u8], BodyError> {
        let len = self.u32()?;
        self.take(usize::try_from(len).unwrap_or(usize::MAX))
    }

    fn digest(&mut self) -> Result<Digest, BodyError> {
        Ok(Digest { len: self.array().map(u16::from_le_bytes)?, hash: self.u64()? })
    }

    fn file(&mut self) -> Result<SavedFile, BodyError> {
        let path = PathBuf::from(OsStr::from_bytes(self.bytes()?));
        let entry = std::str::from_utf8(self.bytes()?).map_err(|_| BodyError::Name)?.to_owned();
        let [flags] = self.array()?;
        let inode = Inode { dev: self.u64()?, ino: self.u64()? };
        let birth = Some(self.u64()?).filter(|_| flags & HAS_BIRTH != 0);
        let origin = Origin { inode, birth, seconds: self.u32()?, generation: self.u32()? };
        let line_bytes_mean = self.u32()?;
        let id = Some(FileId(self.array()?)).filter(|_| flags & HAS_ID != 0);
        let (size, offset) = (self.u64()?, self.u64()?);
        let (prefix, window) = (self.digest()?, self.digest()?);
        let mark = Mark { offset, window, skipping: flags & SKIPPING != 0 };
        let open = flags & OPEN != 0;
        Ok(SavedFile { path, entry, origin, id, prefix, mark, size, line_bytes_mean, open })
    }
}

#[cfg(test)]
mod tests;
