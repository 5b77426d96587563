//! Row ids that are times, see docs/formats/store.md.

use rusqlite::{Connection, OptionalExtension};

use crate::clock::NANOS_PER_MS;

/// Ids of one millisecond.
const PER_MS: i64 = 1024;
/// A record that claims to come from further ahead of its reception is placed here.
const AHEAD_MAX: i64 = 600_000 * NANOS_PER_MS;

/// The first id of the millisecond of a record's time.
pub(crate) fn first_id(time: i64, received: i64) -> i64 {
    let placed = time.min(received.saturating_add(AHEAD_MAX)).max(0);
    placed / NANOS_PER_MS * PER_MS
}

/// The first id of the millisecond of `nanos`.
pub(crate) fn bound(nanos: i64) -> i64 {
    nanos.max(0) / NANOS_PER_MS * PER_MS
}

/// The millisecond of an id, in nanoseconds.
pub(crate) fn time_of(id: i64) -> i64 {
    (id / PER_MS).saturating_mul(NANOS_PER_MS)
}

/// Gives ids to records that come sorted by [`first_id`].
#[derive(Debug, Default)]
pub(crate) struct Placer {
    last: Option<i64>,
}

impl Placer {
    /// The id to try for a record whose first id is `first`.
    pub(crate) fn next(&self, first: i64) -> i64 {
        self.last.map_or(first, |last| first.max(last + 1))
    }

    /// `id` was given to a record.
    pub(crate) fn took(&mut self, id: i64) {
        self.last = Some(id);
    }

    /// The first id from `taken` on that is free in `table`, which has a row with that id.
    pub(crate) fn free(db: &Connection, table: Table, taken: i64) -> rusqlite::Result<i64> {
        let mut from = taken;
        let mut last = db.prepare_cached(table.last_id())?;
        loop {
            let end = (from / PER_MS + 1) * PER_MS;
            let found: Option<i64> = last.query_row([from, end], |row| row.get(0)).optional()?;
            match found {
                None => return Ok(from),
                Some(id) if id + 1 < end => return Ok(id + 1),
                Some(_) => from = end,
            }
        }
    }
}

/// A table whose ids are times.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Table {
    Log,
    Span,
}

impl Table {
    const fn last_id(self) -> &'static str {
        match self {
            Self::Log => "SELECT id FROM log WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT 1",
            Self::Span => "SELECT id FROM span WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT 1",
        }
    }
}

/// Whether an insertion failed because the row's id is taken.
pub(crate) fn is_taken(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID};
    error.sqlite_error().is_some_and(|error| {
        matches!(error.extended_code, SQLITE_CONSTRAINT_PRIMARYKEY | SQLITE_CONSTRAINT_ROWID)
    })
}

#[cfg(test)]
mod tests;
