//! Batches: which were stored already, and how one ended.

use rusqlite::Connection;
use weir_model::Batch;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// Batches that are remembered. Those that can come again were under way when weir was killed, a few dozen.
const REMEMBERED: i64 = 100_000;

/// How a batch ended. What is neither stored nor a duplicate could not be read or is not kept by the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// Records stored.
    pub(crate) stored: u64,
    /// Records that were there already.
    pub(crate) duplicates: u64,
    /// Records that the store does not keep: native histograms.
    pub(crate) refused: u64,
}

impl Written {
    /// All records of a batch that came before.
    pub(crate) fn again(batch: &Batch) -> Self {
        Self { duplicates: u64::from(batch.records), ..Self::default() }
    }
}

/// Marks a batch as stored, in the transaction that stores it. False when it was there already.
pub(crate) fn mark(db: &Connection, batch: &Batch) -> rusqlite::Result<bool> {
    // The payloads of two signals differ in meaning, so that equal ones are no repetition.
    let seed = batch.received.0 ^ (batch.signal.index() as u64) << 62;
    let id = xxh3_128_with_seed(&batch.payload, seed).to_be_bytes();
    let mut insert = db.prepare_cached("INSERT INTO seen(id) VALUES(?1) ON CONFLICT(id) DO NOTHING")?;
    Ok(insert.execute([&id[..]])? == 1)
}

/// Forgets the oldest batches.
pub(crate) fn forget_oldest(db: &Connection) -> rusqlite::Result<()> {
    let mut delete = db.prepare_cached("DELETE FROM seen WHERE seq <= (SELECT max(seq) FROM seen) - ?1")?;
    delete.execute([REMEMBERED])?;
    Ok(())
}
