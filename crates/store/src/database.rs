//! The file: opening it, its schema, and what to do with a damaged one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tracing::error;

use crate::error::StoreError;

const SCHEMA: &str = include_str!("schema.sql");
/// The format's version, `user_version` of the file.
const VERSION: i64 = 1;
/// `weir`, `application_id` of the file.
const APPLICATION: i64 = 0x7765_6972;
/// Prepared statements that a connection keeps.
const STATEMENTS_MAX: usize = 64;
/// How long a connection waits for another's lock; in WAL mode only recovery takes one that readers notice.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// KiB of pages that the writer keeps.
const WRITER_CACHE_KIB: i64 = 16 << 10;
/// KiB of pages that each reader keeps.
const READER_CACHE_KIB: i64 = 8 << 10;
/// The write-ahead log is cut to this when it was emptied.
const WAL_BYTES_KEPT: i64 = 32 << 20;
/// Bytes of the full-text index collected in memory before they are written within a transaction.
const TEXT_HASH_BYTES: i64 = 4 << 20;

/// The file in the store's folder.
pub(crate) fn file_in(folder: &Path) -> PathBuf {
    folder.join("weir.db")
}

/// Opens the file to write it, makes its schema when it is new, and moves it aside when it is damaged.
pub(crate) fn open_writer(folder: &Path) -> Result<Connection, StoreError> {
    fs::create_dir_all(folder).map_err(|source| StoreError::Folder { path: folder.into(), source })?;
    let path = file_in(folder);
    match try_open(&path) {
        Err(StoreError::Open { source, .. }) if is_damage(&source) => {
            move_aside(&path).map_err(|source| StoreError::Folder { path: path.clone(), source })?;
            error!(file = %path.display(), error = %source, "the store is damaged; it was moved aside and a new one begun");
            try_open(&path)
        }
        opened => opened,
    }
}

/// Opens the file to read it.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    db.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(db)
}

/// Whether the file is no database or a broken one.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Renames the file, replacing an earlier damaged one, and removes what belongs to it.
pub(crate) fn move_aside(path: &Path) -> io::Result<()> {
    fs::rename(path, beside(path, ".damaged"))?;
    for suffix in ["-wal", "-shm"] {
        match fs::remove_file(beside(path, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn try_open(path: &Path) -> Result<Connection, StoreError> {
    let failed = |source| StoreError::Open { path: path.into(), source };
    let mut db = Connection::open(path).map_err(failed)?;
    set_up(&db).map_err(failed)?;
    let found: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    match found {
        0 => create(&mut db).map_err(failed)?,
        VERSION => check(&db).map_err(failed)?,
        found => return Err(StoreError::Newer { path: path.into(), found, known: VERSION }),
    }
    Ok(db)
}

fn set_up(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", "normal")?;
    db.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    db.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT)
}

fn create(db: &mut Connection) -> rusqlite::Result<()> {
    let transaction = db.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    // Settings of the index are kept in the file.
    let mut set = transaction.prepare("INSERT INTO log_text(log_text, rank) VALUES(?1, ?2)")?;
    set.execute(("hashsize", TEXT_HASH_BYTES))?;
    drop(set);
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

/// A cheap look at whether the tables can be read. Damage further down shows when it is met.
fn check(db: &Connection) -> rusqlite::Result<()> {
    for table in ["seen", "usage", "log", "log_body", "span", "trace", "series", "head", "block", "chunk"] {
        db.query_row(&format!("SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT 1)"), [], |_| Ok(()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
