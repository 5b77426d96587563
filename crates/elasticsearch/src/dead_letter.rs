//! The file that documents go to which Elasticsearch refuses for good.
//!
//! One JSON object per line: `time`, `status`, `reason`, `index`, `id` and `document`, which is the document itself,
//! or its text where it is no JSON. When the next lines would pass the limit, the file becomes `<name>.ndjson.1` in
//! place of an older one and a new file begins.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use serde::Serialize;
use serde_json::value::RawValue;
use weir_model::UnixNanos;

use crate::answer::Refusal;
use crate::part::{Item, OpenPart};
use crate::timestamp::TimestampWriter;

/// The dead-letter file of one exporter.
pub(crate) struct DeadLetters {
    path: PathBuf,
    bytes_max: u64,
    index: String,
    /// Held while the file is written.
    writing: Mutex<()>,
}

#[derive(Serialize)]
struct Line<'a> {
    time: &'a str,
    status: u16,
    reason: &'a str,
    index: &'a str,
    id: Option<&'a str>,
    document: Document<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Document<'a> {
    Json(&'a RawValue),
    Text(String),
}

impl DeadLetters {
    /// The file `<name>.ndjson` in `folder`; it is made when it is needed.
    pub(crate) fn new(folder: &Path, name: &str, bytes_max: u64, index: String) -> Self {
        let path = folder.join(format!("{}.ndjson", file_name(name)));
        Self { path, bytes_max, index, writing: Mutex::new(()) }
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends the refused documents of `part` and syncs them. On an error none of them counts as written: a line
    /// that got there in part is taken back.
    pub(crate) fn write(&self, part: &OpenPart, refusals: &[Refusal]) -> io::Result<()> {
        let lines = self.lines(part, refusals)?;
        let _writing = self.writing.lock();
        let mut file = self.open()?;
        let mut len = file.metadata()?.len();
        if len > 0 && len + lines.len() as u64 > self.bytes_max {
            drop(file);
            fs::rename(&self.path, older(&self.path))?;
            file = self.open()?;
            len = 0;
        }
        append(&mut file, len, &lines).inspect_err(|_| {
            // What is left of it would spoil the next line; if even this fails, the next opening ends it.
            let _ = file.set_len(len);
        })?;
        file.sync_data()
    }

    fn open(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        match options.open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::create_dir_all(self.path.parent().unwrap_or(Path::new(".")))?;
                options.open(&self.path)
            }
            opened => opened,
        }
    }

    fn lines(&self, part: &OpenPart, refusals: &[Refusal]) -> io::Result<Vec<u8>> {
        let mut time = Vec::new();
        TimestampWriter::new().put(&mut time, UnixNanos::now().0);
        let time = String::from_utf8_lossy(&time);
        let mut lines = Vec::new();
        for refusal in refusals {
            let Some(item) = part.item(refusal.position) else { continue };
            let line = Line {
                time: &time,
                status: refusal.status,
                reason: &refusal.reason,
                index: &self.index,
                id: id_of(&item),
                document: match serde_json::from_slice(item.document) {
                    Ok(json) => Document::Json(json),
                    Err(_) => Document::Text(String::from_utf8_lossy(item.document).into_owned()),
                },
            };
            serde_json::to_writer(&mut lines, &line)?;
            lines.push(b'\n');
        }
        Ok(lines)
    }
}

/// Appends `lines` to a file of `len` bytes. A line that a crash cut off is ended first.
fn append(file: &mut File, len: u64, lines: &[u8]) -> io::Result<()> {
    if len > 0 {
        let mut last = [0];
        file.seek(SeekFrom::Start(len - 1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    file.write_all(lines)
}

/// The id in an action line of ours.
fn id_of<'a>(item: &Item<'a>) -> Option<&'a str> {
    let rest = item.action.strip_prefix(br#"{"create":{"_id":""#)?;
    std::str::from_utf8(&rest[..memchr::memchr(b'"', rest)?]).ok()
}

fn older(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

/// An exporter's name as a file's name: what could lead elsewhere becomes `_`.
fn file_name(name: &str) -> String {
    let safe = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.');
    let name: String = name.chars().map(|char| if safe(char) { char } else { '_' }).collect();
    if name.starts_with('.') { format!("_{name}") } else { name }
}

#[cfg(test)]
mod tests;
