//! Following records as they are stored.

use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

use super::predicate::Predicate;
use super::record::{Body, LogRow, Narrow};
use super::scan::LogSelection;
use crate::error::QueryError;
use crate::lookup::Lookup;
use crate::readers::{Budget, Readers};

/// Transactions that a tail may lag behind.
pub(crate) const TRANSACTIONS_BEHIND_MAX: usize = 64;
/// Records that a turn looks at; those beyond are lost to the tail.
const TURN_RECORDS_MAX: usize = 50_000;

/// Ids of records that a transaction stored, in order.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) ids: Vec<i64>,
    /// Records stored since the start, these included.
    pub(crate) total: u64,
}

/// A person who watches records come in.
pub struct Tail {
    readers: Arc<Readers>,
    stored: Receiver<Arc<Stored>>,
    selection: Arc<LogSelection>,
    /// Records stored since the start when the tail last looked.
    seen: Option<u64>,
    lost: u64,
}

/// What came in since the turn before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TailTurn {
    /// An even sample of the records that match, in order of time.
    pub records: Vec<LogRow>,
    /// How many match.
    pub matched: u64,
    /// Records stored since the tail began that it was too slow to look at.
    pub lost: u64,
}

impl Tail {
    pub(crate) fn new(readers: Arc<Readers>, stored: Receiver<Arc<Stored>>, selection: LogSelection) -> Self {
        Self { readers, stored, selection: Arc::new(selection), seen: None, lost: 0 }
    }

    /// What came in since the turn before; at most `limit` records of it. Times of the selection are not looked at.
    /// Dropped half way, what came in is lost to the tail.
    ///
    /// # Errors
    /// The store cannot be read now, and what came in is lost to the tail; or it is closed.
    pub async fn turn(&mut self, limit: usize) -> Result<TailTurn, QueryError> {
        let ids = self.take_stored()?;
        if ids.is_empty() {
            return Ok(TailTurn { lost: self.lost, ..TailTurn::default() });
        }
        let (selection, taken) = (Arc::clone(&self.selection), ids.len() as u64);
        let looked = self.readers.run(move |db, budget| look(db, &selection, &ids, limit, budget)).await;
        let mut turn = looked.inspect_err(|_| self.lost += taken)?;
        self.lost += turn.lost;
        turn.lost = self.lost;
        Ok(turn)
    }

    /// Ids of what was stored since the last time, in order.
    fn take_stored(&mut self) -> Result<Vec<i64>, QueryError> {
        let mut ids = Vec::new();
        loop {
            match self.stored.try_recv() {
                Ok(stored) => {
                    let before = stored.total - stored.ids.len() as u64;
                    self.lost += self.seen.map_or(0, |seen| before.saturating_sub(seen));
                    self.seen = Some(stored.total);
                    ids.extend_from_slice(&stored.ids);
                }
                // How many records that were shows when the next transaction is taken.
                Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Closed) if ids.is_empty() => return Err(QueryError::Closed),
                Err(TryRecvError::Closed) => break,
            }
        }
        let excess = ids.len().saturating_sub(TURN_RECORDS_MAX);
        self.lost += excess as u64;
        ids.drain(..excess);
        ids.sort_unstable();
        Ok(ids)
    }
}

/// Finds those that match, and reads an even sample of them. `lost` is what there was no time for.
fn look(
    db: &Connection,
    selection: &LogSelection,
    ids: &[i64],
    limit: usize,
    budget: &Budget,
) -> Result<TailTurn, QueryError> {
    let lookup = Lookup::new(db);
    let predicate = Predicate::new(&selection.search, &selection.filters);
    let mut lost = 0;
    let mut matching = Vec::new();
    for (index, &id) in ids.iter().enumerate() {
        if budget.is_spent() {
            lost = (ids.len() - index) as u64;
            break;
        }
        if predicate.ignores_narrow() && predicate.ignores_body() || matches(&lookup, &predicate, id)? {
            matching.push(id);
        }
    }
    let mut records = Vec::with_capacity(limit.min(matching.len()));
    for id in sample(&matching, limit) {
        // Retention may have deleted it meanwhile.
        if let (Some(narrow), Some(body)) = (Narrow::find(db, id)?, Body::find(db, id)?) {
            records.push(LogRow::new(&lookup, &narrow, &body)?);
        }
    }
    Ok(TailTurn { records, matched: matching.len() as u64, lost })
}

fn matches(lookup: &Lookup<'_>, predicate: &Predicate, id: i64) -> Result<bool, QueryError> {
    let Some(narrow) = Narrow::find(lookup.db, id)? else { return Ok(false) };
    if !predicate.passes_narrow(lookup, &narrow)? {
        return Ok(false);
    }
    if predicate.ignores_body() {
        return Ok(true);
    }
    let Some(body) = Body::find(lookup.db, id)? else { return Ok(false) };
    Ok(predicate.passes_body(lookup, &narrow, &body)?)
}

/// At most `limit` of `ids`, evenly.
fn sample(ids: &[i64], limit: usize) -> impl Iterator<Item = i64> {
    let take = ids.len().min(limit);
    (0..take).map(move |index| ids[index * ids.len() / take])
}
