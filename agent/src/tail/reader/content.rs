//! An open file's bytes and what proves that they are still the ones that were read.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};

use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;

use super::READ_BYTES;
use crate::tail::digest::Digest;
use crate::tail::identity::Stat;

/// First bytes that tell a file's content apart.
const PREFIX_BYTES: usize = 1024;
/// Bytes before an offset that tell whether what was read up to there is still there.
const WINDOW_BYTES: usize = 256;
/// Written zeros, no holes, that are looked through for something after them. More are given up as skipped.
const NUL_SCAN_BYTES_MAX: u64 = 64 << 20;
/// First bytes of gzip, zstd, xz and bzip2 files.
const COMPRESSED: [&[u8]; 4] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"BZh"];

#[derive(Debug)]
pub(crate) struct Content {
    file: File,
    size: u64,
    links: u64,
    prefix: Digest,
}

impl Content {
    pub(crate) fn new(file: File, stat: &Stat, prefix: Digest) -> Self {
        Self { file, size: stat.size, links: stat.links, prefix }
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Bytes of the file when it was looked at last.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Names that the file had when it was looked at last.
    pub(crate) fn links(&self) -> u64 {
        self.links
    }

    pub(crate) fn prefix(&self) -> Digest {
        self.prefix
    }

    /// Asks for size and names again; returns the size.
    pub(crate) fn look(&mut self) -> io::Result<u64> {
        let metadata = self.file.metadata()?;
        (self.size, self.links) = (metadata.size(), metadata.nlink());
        Ok(self.size)
    }

    /// Reads up to `len` bytes at `offset` into the buffer's beginning, which grows if it is shorter.
    pub(crate) fn read(&self, buffer: &mut Vec<u8>, offset: u64, len: usize) -> io::Result<usize> {
        if buffer.len() < len {
            buffer.resize(len, 0);
        }
        read_at(&self.file, &mut buffer[..len], offset)
    }

    /// The file's first bytes.
    pub(crate) fn start(&self) -> io::Result<Vec<u8>> {
        let mut start = vec![0; PREFIX_BYTES];
        let read = read_at(&self.file, &mut start, 0)?;
        start.truncate(read);
        Ok(start)
    }

    /// The digest of the bytes before `offset`, of which `known` are the last ones.
    pub(crate) fn window(&self, offset: u64, known: &[u8]) -> io::Result<Digest> {
        let len = WINDOW_BYTES.min(usize::try_from(offset).unwrap_or(WINDOW_BYTES));
        if let Some(at) = known.len().checked_sub(len) {
            return Ok(Digest::of(&known[at..]));
        }
        let mut bytes = [0; WINDOW_BYTES];
        let read = read_at(&self.file, &mut bytes[..len], offset - len as u64)?;
        Ok(Digest::of(&bytes[..read]))
    }

    /// True when the bytes before `offset` and the file's first bytes are still the same. Remembers more of the first
    /// bytes, of those before `offset`: what is not read yet may still change.
    pub(crate) fn is_same(&mut self, offset: u64, window: Digest) -> io::Result<bool> {
        let mut bytes = [0; WINDOW_BYTES];
        let bytes = &mut bytes[..window.len()];
        let read = read_at(&self.file, bytes, offset - window.len() as u64)?;
        if !window.starts(&bytes[..read]) {
            return Ok(false);
        }
        let known = PREFIX_BYTES.min(usize::try_from(offset).unwrap_or(PREFIX_BYTES));
        // A restart may begin before the end of the prefix, where the window says less than the prefix does.
        if self.prefix.len() == known {
            return Ok(true);
        }
        let start = self.start()?;
        let same = self.prefix.starts(&start);
        if same && self.prefix.len() < known {
            self.prefix = Digest::of(&start[..known.min(start.len())]);
        }
        Ok(same)
    }

    /// `bytes` are the file's first ones and have been read.
    pub(crate) fn begin(&mut self, bytes: &[u8]) {
        if self.prefix.len() == 0 {
            self.prefix = Digest::of(&bytes[..bytes.len().min(PREFIX_BYTES)]);
        }
    }

    /// The content began anew: its first bytes are other ones.
    pub(crate) fn forget(&mut self) {
        self.prefix = Digest::default();
    }

    pub(crate) fn is_compressed(&self) -> io::Result<bool> {
        let mut bytes = [0; 6];
        let read = read_at(&self.file, &mut bytes, 0)?;
        Ok(COMPRESSED.iter().any(|magic| bytes[..read].starts_with(magic)))
    }

    /// The first byte at or after `offset` that is not NUL.
    pub(crate) fn data_after(&self, buffer: &mut Vec<u8>, offset: u64) -> io::Result<Option<u64>> {
        let mut at = offset;
        while at - offset < NUL_SCAN_BYTES_MAX {
            match seek(&self.file, SeekFrom::Data(at)) {
                Ok(data) => at = data,
                Err(Errno::NXIO) => return Ok(None),
                // Not every file system knows its holes.
                Err(_) => {}
            }
            let read = self.read(buffer, at, READ_BYTES)?;
            if read == 0 {
                return Ok(None);
            }
            if let Some(found) = buffer[..read].iter().position(|&byte| byte != 0) {
                return Ok(Some(at + found as u64));
            }
            at += read as u64;
        }
        Ok(Some(at))
    }
}

/// Reads until `buffer` is full or the file ends.
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match file.read_at(&mut buffer[read..], offset + read as u64) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}
