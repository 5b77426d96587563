//! Reading samples.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};

use super::catalogue::Series;
use super::compact::chunk_id;
use super::head::Entries;
use super::{Point, chunk};
use crate::error::QueryError;
use crate::readers::Budget;

/// Samples that a query may load.
const SAMPLES_MAX: usize = 10_000_000;

/// The samples of each series from `from` to `to`, both included, in order of time. Of two at one time the later
/// stored one counts. Times are milliseconds since 1970.
pub(crate) fn load(
    db: &Connection,
    series: &[Series],
    (from, to): (i64, i64),
    budget: &Budget,
) -> Result<Vec<Vec<Point>>, QueryError> {
    let mut loader = Loader { loaded: vec![Vec::new(); series.len()], samples: 0, from, to, budget };
    let mut select =
        db.prepare_cached("SELECT id FROM block WHERE time_max >= ?1 AND time_min <= ?2 ORDER BY id")?;
    let blocks: Vec<i64> =
        select.query_map([from, to], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for block in blocks {
        loader.add_block(db, block, series)?;
    }
    loader.add_head(db, series)?;
    for points in &mut loader.loaded {
        put_in_order(points);
    }
    Ok(loader.loaded)
}

struct Loader<'a> {
    loaded: Vec<Vec<Point>>,
    samples: usize,
    from: i64,
    to: i64,
    budget: &'a Budget,
}

impl Loader<'_> {
    fn add_block(&mut self, db: &Connection, block: i64, series: &[Series]) -> Result<(), QueryError> {
        let mut select = db.prepare_cached("SELECT data FROM chunk WHERE id = ?1")?;
        let mut points = Vec::new();
        for (index, series) in series.iter().enumerate() {
            let decoded = select
                .query_row([chunk_id(block, series.number)], |row| {
                    Ok(chunk::decode(row.get_ref(0)?.as_blob()?, &mut points))
                })
                .optional()?;
            if decoded == Some(None) {
                return Err(QueryError::Damaged("a chunk of samples"));
            }
            for point in points.drain(..) {
                self.add(index, point)?;
            }
        }
        self.check()
    }

    fn add_head(&mut self, db: &Connection, series: &[Series]) -> Result<(), QueryError> {
        let wanted: HashMap<u32, usize> =
            series.iter().enumerate().map(|(index, series)| (series.number, index)).collect();
        let mut select =
            db.prepare_cached("SELECT data FROM head WHERE time_max >= ?1 AND time_min <= ?2 ORDER BY id")?;
        let mut rows = select.query([self.from, self.to])?;
        while let Some(row) = rows.next()? {
            let data = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            for entry in Entries::new(data) {
                if let Some(&index) = wanted.get(&entry.series) {
                    self.add(index, entry.point)?;
                }
            }
            self.check()?;
        }
        Ok(())
    }

    fn add(&mut self, index: usize, point: Point) -> Result<(), QueryError> {
        if (self.from..=self.to).contains(&point.0) {
            self.samples += 1;
            if self.samples > SAMPLES_MAX {
                return Err(QueryError::TooMuch { what: "samples", limit: SAMPLES_MAX });
            }
            self.loaded[index].push(point);
        }
        Ok(())
    }

    fn check(&self) -> Result<(), QueryError> {
        if self.budget.is_spent() { Err(QueryError::OutOfTime) } else { Ok(()) }
    }
}

fn put_in_order(points: &mut Vec<Point>) {
    if !points.is_sorted_by(|a, b| a.0 < b.0) {
        // Stable, so that the last of an equal time is the one stored last.
        points.sort_by_key(|point| point.0);
        points.reverse();
        points.dedup_by_key(|point| point.0);
        points.reverse();
    }
}
