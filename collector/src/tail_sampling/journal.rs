//! Decisions on disk. The files are described in `docs/formats/decisions.md`.

mod encoding;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tracing::warn;
use weir_spool::Position;

use super::decision::{Decision, Decisions};
use super::metrics::TailSamplingMetrics;
use super::trace::TraceId;
use crate::files::{FileError, numbered};

use encoding::{Found, HEADER_BYTES, Header, decode, encode, header, read_header};

/// What files of the journal are called, before their number.
const PREFIX: &str = "decisions-";
/// The journal is kept in so many files at least, so that the oldest decisions can go.
const FILES: u64 = 4;

/// The decisions of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Where the log of kept traces ended before what the step keeps is appended; none when it keeps nothing.
    pub(super) append_at: Option<Position>,
    pub(super) decisions: Vec<(TraceId, Decision)>,
}

/// Where the logs end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    /// That of kept traces.
    pub(super) kept: Position,
    /// That of undecided ones.
    pub(super) undecided: Position,
}

/// The file that is written, and those before it.
#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
    file: File,
    /// Decisions in it.
    decisions: u64,
    /// Decisions that a file takes.
    decisions_max: u64,
    next_number: u64,
    older: Vec<Older>,
    /// Reused for each record.
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct Older {
    path: PathBuf,
    decisions: u64,
    /// Entries up to here are dealt with by its decisions.
    through: Position,
}

impl Journal {
    /// Reads what is in `folder` and begins a new file. A step that was to be appended at the end of the log of kept
    /// traces or later never was, and is left out; so is one over entries that the log of undecided traces does not have,
    /// since that log is another one then.
    pub(super) fn open(
        folder: &Path,
        ends: Ends,
        decisions_max: u64,
        metrics: &TailSamplingMetrics,
    ) -> Result<(Self, Decisions), FileError> {
        fs::create_dir_all(folder).map_err(|source| FileError::new("create", folder, source))?;
        let mut decisions = Decisions::new(decisions_max);
        let files = numbered(folder, PREFIX)?;
        let next_number = files.last().map_or(0, |(number, _)| number + 1);
        let mut read = Vec::new();
        for (_, path) in files {
            let bytes = fs::read(&path).map_err(|source| FileError::new("read", &path, source))?;
            read.push((path, bytes));
        }
        let found = kept_ends(&read, ends.kept)?.into_iter().map(|kept| Ends { kept, ..ends });
        let older = read.into_iter().zip(found);
        let older =
            older.map(|((path, bytes), ends)| load(path, &bytes, ends, &mut decisions, metrics)).collect();
        let file = begin(folder, next_number, ends.kept)?;
        let journal = Self {
            folder: folder.to_owned(),
            file,
            decisions: 0,
            decisions_max: decisions_max.div_ceil(FILES).max(1),
            next_number: next_number + 1,
            older,
            bytes: Vec::new(),
        };
        Ok((journal, decisions))
    }

    /// Writes a record and syncs it; the log of kept traces ends at `end`. After an error it may be written again.
    pub(super) fn append(&mut self, record: &Record, end: Position) -> Result<(), FileError> {
        let failed = |source| FileError::new("write a journal of decisions in", &self.folder, source);
        encode(record, &mut self.bytes);
        if let Err(error) = self.file.write_all(&self.bytes).and_then(|()| self.file.sync_data()) {
            // What is behind a torn record would not be found.
            self.file = begin(&self.folder, self.next_number, end)?;
            self.next_number += 1;
            return Err(failed(error));
        }
        self.decisions += record.decisions.len() as u64;
        Ok(())
    }

    /// Begins a new file when this one is full, and removes old ones whose decisions are too many and no longer needed
    /// to recognise spans: none of an entry at `unsettled` or after it.
    pub(super) fn tidy(
        &mut self,
        through: Position,
        unsettled: Position,
        end: Position,
    ) -> Result<(), FileError> {
        if self.decisions >= self.decisions_max {
            let file = begin(&self.folder, self.next_number, end)?;
            let path = path_of(&self.folder, self.next_number - 1);
            self.older.push(Older { path, decisions: self.decisions, through });
            self.file = file;
            self.decisions = 0;
            self.next_number += 1;
        }
        while let Some(oldest) = self.older.first() {
            let newer: u64 = self.older[1..].iter().map(|file| file.decisions).sum();
            let is_needed = newer < self.decisions_max * (FILES - 1) || oldest.through >= unsettled;
            if is_needed && oldest.decisions > 0 {
                return Ok(());
            }
            fs::remove_file(&oldest.path).map_err(|source| FileError::new("remove", &oldest.path, source))?;
            self.older.remove(0);
        }
        Ok(())
    }
}

fn path_of(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{PREFIX}{number:020}"))
}

fn begin(folder: &Path, number: u64, end: Position) -> Result<File, FileError> {
    let path = path_of(folder, number);
    let begun = || -> io::Result<File> {
        let mut file = File::create(&path)?;
        file.write_all(&header(end))?;
        file.sync_data()?;
        File::open(folder)?.sync_all()?;
        Ok(file)
    };
    begun().map_err(|source| FileError::new("begin", &path, source))
}

/// For each file, where the log of kept traces ended at the latest when it was read for the first time: a step that was
/// to be appended there or later never was, whatever has been appended since.
fn kept_ends(files: &[(PathBuf, Vec<u8>)], end: Position) -> Result<Vec<Position>, FileError> {
    let mut earliest = end;
    let mut ends = Vec::with_capacity(files.len());
    for (path, bytes) in files.iter().rev() {
        ends.push(earliest);
        match read_header(bytes) {
            Header::Begun(at) => earliest = earliest.min(at),
            Header::Damaged => {}
            Header::Newer(version) => return Err(FileError::newer(path, version)),
        }
    }
    ends.reverse();
    Ok(ends)
}

/// Takes over the decisions of a file.
fn load(
    path: PathBuf,
    bytes: &[u8],
    ends: Ends,
    decisions: &mut Decisions,
    metrics: &TailSamplingMetrics,
) -> Older {
    let mut older = Older { path, decisions: 0, through: Position(0) };
    let mut rest = match read_header(bytes) {
        Header::Begun(_) => &bytes[HEADER_BYTES..],
        Header::Damaged | Header::Newer(_) => &[],
    };
    let is_damaged = bytes.len() > HEADER_BYTES && rest.is_empty();
    loop {
        match decode(&mut rest) {
            Found::End if !is_damaged => return older,
            Found::End | Found::Damaged => {
                metrics.journal_damage.inc();
                warn!(path = %older.path.display(), "the rest of a journal of decisions is damaged or was not written; traces of which the decision is missing are decided over again");
                return older;
            }
            Found::Record(record) => {
                let is_of_another_log = record.decisions.iter().any(|(_, it)| it.through >= ends.undecided);
                if is_of_another_log || record.append_at.is_some_and(|at| at >= ends.kept) {
                    metrics.void_steps.inc();
                    continue;
                }
                older.decisions += record.decisions.len() as u64;
                for (id, decision) in record.decisions {
                    older.through = older.through.max(decision.through);
                    decisions.put(id, decision);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
