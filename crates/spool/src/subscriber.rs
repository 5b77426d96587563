//! The state of one exporter's cursor, in memory and on disk.

use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;
use weir_checkpoint::{Loaded, Pair, ReadError, ReplaceError};
use weir_model::UnixNanos;

use crate::SpoolError;
use crate::cursor::{Cursor, FORMAT, Settled, decode, encode};
use crate::mark::Mark;

/// One exporter's place in a log.
#[derive(Debug)]
pub(crate) struct Subscriber {
    pub(crate) cursor: Cursor,
    /// From here on the reader takes from memory; gaps before it are read from disk. Never decreases while reading.
    pub(crate) fresh: Mark,
    /// Whether a reader exists.
    pub(crate) reading: bool,
    pub(crate) wake: Arc<Notify>,
    /// Counts the takes, to give the backlog its share.
    pub(crate) turn: u8,
    /// Whether the cursor changed since it was written.
    pub(crate) unwritten: bool,
    /// Whether the cursor changed since it was synced.
    pub(crate) unsynced: bool,
    /// The cursor as it was synced last.
    pub(crate) synced: Settled,
    /// The start of the oldest record that is not settled, and when it was received.
    pub(crate) oldest: Option<(u64, UnixNanos)>,
    pub(crate) file: Arc<Mutex<CursorFile>>,
}

impl Subscriber {
    /// An exporter that continues where `settled` says. The files say so too if `is_saved`.
    pub(crate) fn new(settled: &Settled, file: CursorFile, is_saved: bool) -> Self {
        Self {
            cursor: Cursor::from_settled(settled),
            fresh: Mark::default(),
            reading: false,
            wake: Arc::default(),
            turn: 0,
            unwritten: !is_saved,
            // A cursor found in the recent file may not have been synced.
            unsynced: true,
            synced: Settled::default(),
            oldest: None,
            file: Arc::new(Mutex::new(file)),
        }
    }

    /// Whether the next entry is in memory, or there is none.
    pub(crate) fn has_no_gap_on_disk(&mut self) -> bool {
        self.cursor.first_gap(self.fresh).is_none()
    }

    /// Marks the cursor to be saved. True when it was not marked before, and somebody must be told.
    pub(crate) fn note_change(&mut self) -> bool {
        self.unsynced = true;
        !std::mem::replace(&mut self.unwritten, true)
    }
}

/// The files of a cursor.
#[derive(Debug)]
pub(crate) struct CursorFile {
    pair: Pair,
    body: Vec<u8>,
}

/// What was found in a cursor's files.
pub(crate) enum Found {
    Missing,
    Intact(Settled),
    Damaged,
}

impl CursorFile {
    pub(crate) fn open(path: &Path) -> Result<(Self, Found), SpoolError> {
        let (pair, loaded) = Pair::open(path, FORMAT).map_err(SpoolError::from)?;
        let found = match loaded {
            Loaded::Missing => Found::Missing,
            Loaded::Content { body, .. } => decode(&body).map_or(Found::Damaged, Found::Intact),
            Loaded::Damaged(_) => Found::Damaged,
        };
        Ok((Self { pair, body: Vec::new() }, found))
    }

    /// Saves against the death of the process.
    pub(crate) fn write(&mut self, settled: &Settled) -> Result<(), ReplaceError> {
        encode(settled, &mut self.body);
        self.pair.write(&self.body)
    }

    /// Saves against the loss of power.
    pub(crate) fn sync(&mut self, settled: &Settled) -> Result<(), ReplaceError> {
        encode(settled, &mut self.body);
        self.pair.sync(&self.body)
    }

    pub(crate) fn remove(&self) -> std::io::Result<()> {
        self.pair.remove()
    }
}

impl From<ReadError> for SpoolError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Read { path, source } => Self::Io { step: "read", path, source },
            ReadError::NewerVersion { path, found, supported } => {
                Self::NewerVersion { path, found, supported }
            }
        }
    }
}

/// The name of an exporter's cursor file: bytes outside `[A-Za-z0-9_-]` are escaped.
pub(crate) fn file_name(exporter: &str) -> String {
    let mut name = String::with_capacity(exporter.len());
    for byte in exporter.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    name
}

/// The exporter whose cursor a file is; `None` for a file that is none, or not the pair's main name.
pub(crate) fn exporter_of(file_name: &str) -> Option<String> {
    let file_name = file_name.strip_suffix(".recent").unwrap_or(file_name);
    let mut bytes = Vec::with_capacity(file_name.len());
    let mut rest = file_name.bytes();
    while let Some(byte) = rest.next() {
        let is_plain = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        bytes.push(match byte {
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            _ if is_plain => byte,
            _ => return None,
        });
    }
    String::from_utf8(bytes).ok().filter(|exporter| !exporter.is_empty())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests;
