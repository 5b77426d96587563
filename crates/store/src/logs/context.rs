//! The neighbours of a record.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::record::{Body, LogRow, NARROW_COLUMNS, Narrow};
use crate::error::QueryError;
use crate::lookup::Lookup;

/// Neighbours on one side at most.
pub const NEIGHBOURS_MAX: usize = 100;
/// Candidates looked at for neighbours of the same service.
const CANDIDATES_MAX: usize = 20_000;

/// A record between its neighbours, each list oldest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogContext {
    /// Those before it.
    pub before: Vec<LogRow>,
    /// The record.
    pub record: LogRow,
    /// Those after it.
    pub after: Vec<LogRow>,
    /// What makes them neighbours.
    pub by: ContextBy,
}

/// What makes records neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ContextBy {
    /// They are lines of one file.
    File,
    /// They come from one service.
    Service,
}

#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

/// Finds up to `before` and `after` neighbours.
pub(crate) fn read(db: &Connection, id: i64, before: usize, after: usize) -> Result<LogContext, QueryError> {
    let lookup = Lookup::new(db);
    let narrow = Narrow::find(db, id)?.ok_or(QueryError::NotFound("log record with this id"))?;
    let mut select = db.prepare_cached("SELECT file, place FROM log WHERE id = ?1")?;
    let line: (Option<i64>, Option<i64>) = select.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (by, before, after) = match line {
        (Some(file), Some(place)) => {
            let lines = |side, limit| lines(db, file, place, side, limit);
            (ContextBy::File, lines(Side::Before, before)?, lines(Side::After, after)?)
        }
        _ => {
            let of_service = |side, limit| of_service(&lookup, &narrow, side, limit);
            (ContextBy::Service, of_service(Side::Before, before)?, of_service(Side::After, after)?)
        }
    };
    let row = |narrow: &Narrow| -> Result<LogRow, QueryError> {
        let body = Body::find(db, narrow.id)?.ok_or(QueryError::Damaged("a log record without a body"))?;
        Ok(LogRow::new(&lookup, narrow, &body)?)
    };
    Ok(LogContext {
        before: before.iter().rev().map(row).collect::<Result<_, _>>()?,
        record: row(&narrow)?,
        after: after.iter().map(row).collect::<Result<_, _>>()?,
        by,
    })
}

/// Lines of a file on one side of a place, the nearest first.
fn lines(db: &Connection, file: i64, place: i64, side: Side, limit: usize) -> rusqlite::Result<Vec<Narrow>> {
    let (comparison, order) = match side {
        Side::Before => ("<", "DESC"),
        Side::After => (">", "ASC"),
    };
    let sql = format!(
        "SELECT {NARROW_COLUMNS} FROM log WHERE file = ?1 AND place {comparison} ?2 ORDER BY place {order} LIMIT ?3"
    );
    let mut select = db.prepare_cached(&sql)?;
    let rows = select.query_map(params![file, place, limit.min(NEIGHBOURS_MAX) as i64], Narrow::read)?;
    rows.collect()
}

/// Records of the same service on one side, the nearest first.
fn of_service(lookup: &Lookup<'_>, own: &Narrow, side: Side, limit: usize) -> rusqlite::Result<Vec<Narrow>> {
    let (comparison, order) = match side {
        Side::Before => ("<", "DESC"),
        Side::After => (">", "ASC"),
    };
    let sql =
        format!("SELECT {NARROW_COLUMNS} FROM log WHERE id {comparison} ?1 ORDER BY id {order} LIMIT ?2");
    let service = lookup.resource(own.resource)?.service.clone();
    let mut select = lookup.db.prepare_cached(&sql)?;
    let mut rows = select.query(params![own.id, CANDIDATES_MAX as i64])?;
    let mut found = Vec::new();
    while found.len() < limit.min(NEIGHBOURS_MAX) {
        let Some(row) = rows.next()? else { break };
        let narrow = Narrow::read(row)?;
        if lookup.resource(narrow.resource)?.service == service {
            found.push(narrow);
        }
    }
    Ok(found)
}
