//! Writers of log files that rotate while they are written.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineShape {
    /// `name line N`
    Plain,
    /// A JSON object with time, level, message and trace id.
    Json,
    /// CRI; every third line comes in two parts.
    Cri,
}

/// How the file rotates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The file is renamed to `.1` and a new one created.
    Rename,
    /// The file is copied to `.1` and truncated. Lines written between copy and truncation would be lost by any
    /// tailer; this writer writes none then.
    CopyTruncate,
}

/// Appends numbered lines to one file.
#[derive(Debug)]
pub struct Writer {
    name: String,
    pub(crate) path: PathBuf,
    shape: LineShape,
    file: File,
    written: u64,
    rotations: u64,
}

impl Writer {
    /// Creates `folder/name.log`.
    pub fn create(folder: &Path, name: &str, shape: LineShape) -> Self {
        fs::create_dir_all(folder).expect("folder for log files");
        let path = folder.join(format!("{name}.log"));
        let file = open(&path);
        Self { name: name.to_owned(), path, shape, file, written: 0, rotations: 0 }
    }

    /// Lines written so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The message of line `number`.
    pub fn message(&self, number: u64) -> String {
        format!("{} line {number}", self.name)
    }

    /// The trace id that JSON line `number` carries.
    pub fn trace_id(&self, number: u64) -> String {
        let seed =
            self.name.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        format!("{seed:016x}{:016x}", number + 1)
    }

    /// Appends `count` lines.
    pub fn write(&mut self, count: u64) {
        let text = self.next_lines(count);
        self.file.write_all(text.as_bytes()).expect("log file can be written");
        self.written += count;
    }

    /// Appends a line in two writes with a pause between, so that a reader can meet half of it.
    pub(crate) fn write_haltingly(&mut self, pause: Duration) {
        let text = self.next_lines(1);
        let (head, tail) = text.as_bytes().split_at(text.len() / 2);
        self.file.write_all(head).expect("log file can be written");
        thread::sleep(pause);
        self.file.write_all(tail).expect("log file can be written");
        self.written += 1;
    }

    fn next_lines(&self, count: u64) -> String {
        (self.written..self.written + count).map(|number| self.line(number)).collect()
    }

    fn line(&self, number: u64) -> String {
        let message = self.message(number);
        let time = format!("2026-03-04T05:06:07.{:09}Z", number % 1_000_000_000);
        match self.shape {
            LineShape::Plain => format!("{message}\n"),
            LineShape::Json => format!(
                "{{\"time\":\"{time}\",\"level\":\"warn\",\"msg\":\"{message}\",\"trace_id\":\"{}\",\
                 \"span_id\":\"00000000000000{:02x}\",\"n\":{number},\"nested\":{{\"a\":[1,2,{{\"b\":null}}]}}}}\n",
                self.trace_id(number),
                number % 255 + 1
            ),
            LineShape::Cri if number.is_multiple_of(3) => {
                let (head, tail) = message.split_at(message.len() / 2);
                format!(
                    "{time} stdout P {head}\n{time} stderr F {}\n{time} stdout F {tail}\n",
                    self.other(number)
                )
            }
            LineShape::Cri => format!("{time} stdout F {message}\n"),
        }
    }

    /// The message that a CRI writer puts on the other stream in the middle of a parted line.
    pub fn other(&self, number: u64) -> String {
        format!("{} between {number}", self.name)
    }

    /// Every message that a reader must find, each once.
    pub fn expected(&self) -> Vec<String> {
        let lines = (0..self.written).map(|number| self.message(number));
        let others =
            (0..self.written).filter(|number| self.shape == LineShape::Cri && number.is_multiple_of(3));
        lines.chain(others.map(|number| self.other(number))).collect()
    }

    /// Rotations so far.
    pub(crate) fn rotations(&self) -> u64 {
        self.rotations
    }

    /// Goes on in a new file, after the old one was renamed.
    pub(crate) fn open_again(&mut self) {
        self.rotations += 1;
        self.file = open(&self.path);
    }

    /// Rotates the file.
    pub fn rotate(&mut self, rotation: Rotation) {
        let old = self.path.with_extension(format!("log.{}", self.rotations + 1));
        match rotation {
            Rotation::Rename => {
                fs::rename(&self.path, &old).expect("log file can be renamed");
                self.open_again();
            }
            Rotation::CopyTruncate => {
                // The copy is outside the tailed patterns, as logrotate's dated copies in another folder are.
                fs::copy(&self.path, old.with_extension("copy")).expect("log file can be copied");
                self.file.set_len(0).expect("log file can be truncated");
                self.rotations += 1;
            }
        }
    }
}

fn open(path: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(path).expect("log file can be opened")
}
