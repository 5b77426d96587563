//! What each signal takes, and what it lost.

use rusqlite::Connection;
use weir_model::Signal;

/// Records and estimated bytes that a transaction added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Added {
    pub(crate) records: u64,
    pub(crate) bytes: u64,
}

impl Added {
    pub(crate) fn count(&mut self, records: u64, bytes: usize) {
        self.records += records;
        self.bytes += bytes as u64;
    }
}

/// Enters what a transaction added.
pub(crate) fn add(db: &Connection, signal: Signal, added: Added) -> rusqlite::Result<()> {
    change(db, signal, signed(added.records), signed(added.bytes))
}

/// Enters what retention deleted: records, and their share of the bytes.
pub(crate) fn remove(db: &Connection, signal: Signal, records: u64, reason: Lost) -> rusqlite::Result<()> {
    let Usage { records: had, bytes } = read(db, signal)?;
    let share = if records >= had { bytes } else { (bytes as f64 * (records as f64 / had as f64)) as u64 };
    change(db, signal, -signed(records.min(had)), -signed(share))?;
    let mut count = db.prepare_cached(
        "INSERT INTO dropped VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET records = records + excluded.records",
    )?;
    count.execute((signal.index() as i64, reason.as_str(), signed(records)))?;
    Ok(())
}

/// Why retention deleted records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    Size,
    Age,
}

impl Lost {
    pub(crate) const ALL: [Self; 2] = [Self::Size, Self::Age];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Age => "age",
        }
    }
}

/// What a signal takes, by estimate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) records: u64,
    pub(crate) bytes: u64,
}

pub(crate) fn read(db: &Connection, signal: Signal) -> rusqlite::Result<Usage> {
    let mut select = db.prepare_cached("SELECT records, bytes FROM usage WHERE signal = ?1")?;
    select.query_row([signal.index() as i64], |row| {
        let number = |index| row.get::<_, i64>(index).map(|number| u64::try_from(number).unwrap_or(0));
        Ok(Usage { records: number(0)?, bytes: number(1)? })
    })
}

fn change(db: &Connection, signal: Signal, records: i64, bytes: i64) -> rusqlite::Result<()> {
    let mut update = db.prepare_cached(
        "UPDATE usage SET records = max(records + ?2, 0), bytes = max(bytes + ?3, 0) WHERE signal = ?1",
    )?;
    update.execute((signal.index() as i64, records, bytes))?;
    Ok(())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
