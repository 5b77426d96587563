//! Going through the records asked for, in the order of time.

use std::ops::{ControlFlow, Range};

use rusqlite::{Connection, Row, params};

use super::predicate::{Predicate, narrow_down};
use super::record::{Body, NARROW_COLUMNS, Narrow};
use crate::error::QueryError;
use crate::filter::{Filter, Filters, Test};
use crate::hex;
use crate::lookup::Lookup;
use crate::place::bound;
use crate::readers::Budget;
use crate::search::Search;

/// Records between looks at the clock.
const STRIDE: u64 = 256;

/// Which records: what `q`, `filter`, `from` and `to` say. Times are nanoseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogSelection {
    /// What the text must have.
    pub search: Search,
    /// What the fields must have.
    pub filters: Filters,
    /// The first time, cut to a millisecond.
    pub from: i64,
    /// The first time not included, cut to a millisecond.
    pub to: i64,
}

impl LogSelection {
    /// The ids that the times allow.
    pub(crate) fn ids(&self) -> Range<i64> {
        bound(self.from)..bound(self.to)
    }
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Newest first.
    #[default]
    Descending,
    /// Oldest first.
    Ascending,
}

impl Order {
    pub(crate) const fn sql(self) -> &'static str {
        match self {
            Self::Descending => "DESC",
            Self::Ascending => "ASC",
        }
    }
}

/// How far a scan got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reached {
    /// Candidates looked at.
    pub(crate) scanned: u64,
    /// The last candidate looked at, when there may be more behind it.
    pub(crate) last: Option<i64>,
    /// Whether it ended for lack of time.
    pub(crate) is_out_of_time: bool,
}

/// A record that passed.
pub(crate) struct Hit<'a, 'r> {
    pub(crate) lookup: &'a Lookup<'a>,
    row: &'a Row<'r>,
    body: Option<Body>,
}

impl Hit<'_, '_> {
    pub(crate) fn id(&self) -> rusqlite::Result<i64> {
        self.row.get(0)
    }

    pub(crate) fn severity(&self) -> rusqlite::Result<i64> {
        self.row.get(1)
    }

    pub(crate) fn narrow(&self) -> rusqlite::Result<Narrow> {
        Narrow::read(self.row)
    }

    pub(crate) fn body(&mut self) -> Result<Body, QueryError> {
        match self.body.take() {
            Some(body) => Ok(body),
            None => {
                let body = Body::find(self.lookup.db, self.id()?)?;
                body.ok_or(QueryError::Damaged("a log record without a body"))
            }
        }
    }
}

/// Calls `visit` with each record of the selection whose id is in `ids`, until it says to stop or time is up.
pub(crate) fn scan(
    lookup: &Lookup<'_>,
    selection: &LogSelection,
    ids: Range<i64>,
    order: Order,
    budget: &Budget,
    mut visit: impl FnMut(Hit<'_, '_>) -> Result<ControlFlow<()>, QueryError>,
) -> Result<Reached, QueryError> {
    let plan = Plan::of(lookup.db, selection, order)?;
    let mut reached = Reached::default();
    let mut select = lookup.db.prepare_cached(&plan.sql)?;
    let mut rows = select.query(params![plan.key, ids.start, ids.end])?;
    while let Some(row) = rows.next()? {
        reached.scanned += 1;
        if let Some(hit) = check(lookup, &plan.predicate, row)?
            && visit(hit)?.is_break()
        {
            reached.last = Some(row.get(0)?);
            return Ok(reached);
        }
        if reached.scanned.is_multiple_of(STRIDE) && budget.is_spent() {
            reached.last = Some(row.get(0)?);
            reached.is_out_of_time = true;
            return Ok(reached);
        }
    }
    Ok(reached)
}

fn check<'a, 'r>(
    lookup: &'a Lookup<'a>,
    predicate: &Predicate,
    row: &'a Row<'r>,
) -> Result<Option<Hit<'a, 'r>>, QueryError> {
    let mut hit = Hit { lookup, row, body: None };
    if predicate.ignores_narrow() && predicate.ignores_body() {
        return Ok(Some(hit));
    }
    let narrow = hit.narrow()?;
    if !predicate.ignores_narrow() && !predicate.passes_narrow(lookup, &narrow)? {
        return Ok(None);
    }
    if !predicate.ignores_body() {
        let body = hit.body()?;
        if !predicate.passes_body(lookup, &narrow, &body)? {
            return Ok(None);
        }
        hit.body = Some(body);
    }
    Ok(Some(hit))
}

/// Where candidates come from.
struct Plan {
    /// `?1` is the key, `?2` the first id and `?3` the first id not included.
    sql: String,
    key: Key,
    predicate: Predicate,
}

enum Key {
    None,
    Expression(String),
    Trace([u8; 16]),
}

impl rusqlite::ToSql for Key {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Self::None => Ok(rusqlite::types::Null.into()),
            Self::Expression(text) => text.to_sql(),
            Self::Trace(id) => Ok(id[..].into()),
        }
    }
}

impl Plan {
    fn of(db: &Connection, selection: &LogSelection, order: Order) -> rusqlite::Result<Self> {
        let order = order.sql();
        let predicate = Predicate::new(&selection.search, &selection.filters);
        if let Some(trace) = one_trace(&selection.filters) {
            let sql = format!(
                "SELECT {NARROW_COLUMNS} FROM log WHERE trace_id = ?1 AND id >= ?2 AND id < ?3 ORDER BY id {order}"
            );
            return Ok(Self { sql, key: Key::Trace(trace), predicate });
        }
        let mut search = selection.search.clone();
        narrow_down(db, &mut search, &selection.filters)?;
        if let Some(expression) = search.expression() {
            // CROSS JOIN keeps the order of the loops: the index leads.
            let sql = format!(
                "SELECT {NARROW_COLUMNS} FROM log_text CROSS JOIN log ON log.id = log_text.rowid \
                 WHERE log_text MATCH ?1 AND log_text.rowid >= ?2 AND log_text.rowid < ?3 ORDER BY log_text.rowid {order}"
            );
            return Ok(Self { sql, key: Key::Expression(expression), predicate: predicate.without_search() });
        }
        let sql = format!(
            "SELECT {NARROW_COLUMNS} FROM log WHERE ?1 IS NULL AND id >= ?2 AND id < ?3 ORDER BY id {order}"
        );
        Ok(Self { sql, key: Key::None, predicate })
    }
}

/// The trace that the filters ask for, when it is one.
fn one_trace(filters: &Filters) -> Option<[u8; 16]> {
    filters.iter().find_map(|filter| match filter {
        Filter { field, test: Test::Is(values) } if field == "trace.id" => match &values[..] {
            [value] => hex::decode(value),
            _ => None,
        },
        _ => None,
    })
}
