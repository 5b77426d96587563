//! What can go wrong.

use std::io;
use std::path::PathBuf;

/// Why the store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be made or a damaged file cannot be moved aside.
    #[error("{path}: {source}")]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// SQLite cannot open the file.
    #[error("{path}: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },
    /// A newer weir wrote the file.
    #[error(
        "{path}: written by a newer weir (format {found}, this one reads {known}); use that one, or move the file away"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format known.
        known: i64,
    },
    /// The writer's thread cannot be started.
    #[error("start the store's writer: {0}")]
    Thread(io::Error),
    /// A metric is registered twice.
    #[error("register the store's metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// A parameter cannot be read.
    #[error("{parameter}: {message}")]
    Parameter {
        /// Which one.
        parameter: &'static str,
        /// What is wrong with it.
        message: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The metrics query cannot be parsed.
    #[error("{message}")]
    Parse {
        /// The parser's words.
        message: String,
    },
    /// The metrics query is PromQL, but outside the subset.
    #[error("{what} is outside the subset of PromQL that the embedded store answers")]
    Unsupported {
        /// The part in question.
        what: String,
    },
    /// The metrics query touches too much.
    #[error("the query touches more than {limit} {what}")]
    TooMuch {
        /// Series or samples.
        what: &'static str,
        /// How many it may touch.
        limit: usize,
    },
    /// There is no such thing.
    #[error("no {0}")]
    NotFound(&'static str),
    /// All readers are busy.
    #[error("too many queries at once")]
    Busy,
    /// The query ran past its time limit and has nothing to show.
    #[error("the query ran out of time")]
    OutOfTime,
    /// The file cannot be read.
    #[error("read the store: {0}")]
    Sqlite(rusqlite::Error),
    /// A row is not as the format says.
    #[error("read the store: {0}")]
    Damaged(&'static str),
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

impl From<rusqlite::Error> for QueryError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::OperationInterrupted) => Self::OutOfTime,
            _ => Self::Sqlite(error),
        }
    }
}
