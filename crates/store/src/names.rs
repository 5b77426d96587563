//! What many records share, kept once and referred to by a number.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, ToSql};
use xxhash_rust::xxh3::xxh3_128;

/// Entries of each kind that are remembered; past it the memory starts afresh.
const REMEMBERED_MAX: usize = 50_000;

/// A table of shared things. Each has the columns `id` and `hash`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Resource,
    Scope,
    File,
    Operation,
}

impl Kind {
    const fn find(self) -> &'static str {
        match self {
            Self::Resource => "SELECT id FROM resource WHERE hash = ?1",
            Self::Scope => "SELECT id FROM scope WHERE hash = ?1",
            Self::File => "SELECT id FROM file WHERE hash = ?1",
            Self::Operation => "SELECT id FROM operation WHERE hash = ?1",
        }
    }

    const fn add(self) -> &'static str {
        match self {
            Self::Resource => "INSERT INTO resource(hash, service, attributes) VALUES(?1, ?2, ?3)",
            Self::Scope => "INSERT INTO scope(hash, name, version) VALUES(?1, ?2, ?3)",
            Self::File => "INSERT INTO file(hash, name) VALUES(?1, ?2)",
            Self::Operation => "INSERT INTO operation(hash, service, name, kind) VALUES(?1, ?2, ?3, ?4)",
        }
    }
}

/// The numbers given so far. To be forgotten when a transaction is rolled back.
#[derive(Debug, Default)]
pub(crate) struct Names {
    known: HashMap<(Kind, u128), i64>,
}

impl Names {
    /// The number of the thing that `parts` tells apart; `columns` are those after `hash`.
    pub(crate) fn number(
        &mut self,
        db: &Connection,
        kind: Kind,
        parts: &[&[u8]],
        columns: &[&dyn ToSql],
    ) -> rusqlite::Result<i64> {
        let hash = hash_of(parts);
        if let Some(&id) = self.known.get(&(kind, hash)) {
            return Ok(id);
        }
        let key = hash.to_be_bytes();
        let found = db.prepare_cached(kind.find())?.query_row([&key[..]], |row| row.get(0)).optional()?;
        let id = match found {
            Some(id) => id,
            None => add(db, kind, &key, columns)?,
        };
        if self.known.len() >= REMEMBERED_MAX {
            self.known.clear();
        }
        self.known.insert((kind, hash), id);
        Ok(id)
    }

    /// After a rollback, or when entries were deleted.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }
}

fn add(db: &Connection, kind: Kind, key: &[u8], columns: &[&dyn ToSql]) -> rusqlite::Result<i64> {
    let mut values: Vec<&dyn ToSql> = vec![&key];
    values.extend_from_slice(columns);
    db.prepare_cached(kind.add())?.insert(&values[..])
}

/// A hash over parts and their lengths.
pub(crate) fn hash_of(parts: &[&[u8]]) -> u128 {
    if let [part] = parts {
        return xxh3_128(part);
    }
    let mut joined = Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum());
    for part in parts {
        joined.extend_from_slice(&(part.len() as u32).to_le_bytes());
        joined.extend_from_slice(part);
    }
    xxh3_128(&joined)
}
