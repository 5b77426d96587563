//! Log files.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Files to tail.
#[derive(Clone, Debug, PartialEq)]
pub struct LogsConfig {
    /// The name of this entry, unique.
    pub name: String,
    /// Path patterns.
    pub paths: Vec<String>,
    /// Patterns on the whole path or the file's name that take a file out again.
    pub exclude: Vec<String>,
    /// How a line is read.
    pub format: LineFormat,
    /// Where a file that is seen for the first time at weir's start is read from. Files that appear later are
    /// always read from their beginning.
    pub start_at: StartAt,
    /// A line longer than this is cut and counted. Default 1 MiB.
    pub line_bytes_max: u64,
    /// Resource attributes of these files' records.
    pub attributes: BTreeMap<String, String>,
}

/// The systemd journal to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournaldConfig {
    /// Only entries of these units; all when empty.
    pub units: Vec<String>,
    /// How old an entry may be to be read when weir first starts. Default 0: only new ones.
    pub since: Duration,
    /// A folder of journal files; the machine's own when absent.
    pub path: Option<PathBuf>,
}

/// How a line is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineFormat {
    /// JSON where a line is a JSON object, plain otherwise; CRI under `/var/log/pods` and `/var/log/containers`.
    Auto,
    /// The line is the message.
    Plain,
    /// A JSON object per line; a line that is none is kept as plain and counted.
    Json,
    /// `<time> <stream> <P|F> <message>`; partial lines are joined per stream, the message is read as under `Auto`.
    Cri,
}

/// Where reading starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// The first byte.
    Beginning,
    /// The end.
    End,
}
