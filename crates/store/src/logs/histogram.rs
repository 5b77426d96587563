//! How many records match over time, by level.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rusqlite::Connection;
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::scan::{LogSelection, Order, scan};
use crate::clock::{NANOS_PER_MS, ms};
use crate::error::QueryError;
use crate::lookup::Lookup;
use crate::place::time_of;
use crate::readers::Budget;
use weir_model::Level;

/// Buckets of a histogram at most.
pub const BUCKETS_MAX: usize = 500;
/// Widths of buckets, in milliseconds; a day and more come in whole days.
const WIDTHS: [i64; 25] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000,
    300_000, 600_000, 900_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000, 43_200_000,
];
const DAY: i64 = 86_400_000;

/// Records by level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LevelCounts([u64; Level::ALL.len()]);

impl LevelCounts {
    fn count(&mut self, level: Level) {
        self.0[level as usize] += 1;
    }

    /// Records of all levels.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Records of one level.
    pub fn of(&self, level: Level) -> u64 {
        self.0[level as usize]
    }
}

impl Serialize for LevelCounts {
    /// Only levels that occur.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for level in Level::ALL {
            if self.of(level) > 0 {
                map.serialize_entry(level.as_str(), &self.of(level))?;
            }
        }
        map.end()
    }
}

/// Records over time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogHistogram {
    /// The range asked for.
    pub from_ms: f64,
    /// Its end.
    pub to_ms: f64,
    /// Width of a bucket.
    pub bucket_ms: i64,
    /// Every bucket of the range.
    pub buckets: Vec<LogBucket>,
    /// Records in all buckets.
    pub total: u64,
    /// The same by level.
    pub levels: LevelCounts,
    /// False when time was up.
    pub complete: bool,
    /// Records before this were not counted.
    pub covered_from_ms: f64,
    /// How long it took.
    pub took_ms: f64,
}

/// A bucket.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogBucket {
    /// Its first time.
    pub start_ms: f64,
    /// Records in it.
    pub total: u64,
    /// The same by level.
    pub levels: LevelCounts,
}

/// Counts.
pub(crate) fn read(
    db: &Connection,
    selection: &LogSelection,
    buckets: usize,
    budget: &Budget,
) -> Result<LogHistogram, QueryError> {
    let (from, to) = (selection.from / NANOS_PER_MS, selection.to / NANOS_PER_MS);
    let width = width(to.saturating_sub(from), buckets.clamp(1, BUCKETS_MAX));
    let mut counts: BTreeMap<i64, LevelCounts> = BTreeMap::new();
    let mut levels = LevelCounts::default();
    let lookup = Lookup::new(db);
    let reached = scan(&lookup, selection, selection.ids(), Order::Descending, budget, |hit| {
        let level = Level::of(hit.severity()?);
        let bucket = (time_of(hit.id()?) / NANOS_PER_MS).div_euclid(width);
        counts.entry(bucket).or_default().count(level);
        levels.count(level);
        Ok(ControlFlow::Continue(()))
    })?;
    let numbers = from.div_euclid(width)..to.saturating_add(width - 1).div_euclid(width);
    let buckets = numbers.map(|number| {
        let levels = counts.get(&number).copied().unwrap_or_default();
        LogBucket { start_ms: (number * width) as f64, total: levels.total(), levels }
    });
    Ok(LogHistogram {
        from_ms: ms(selection.from),
        to_ms: ms(selection.to),
        bucket_ms: width,
        buckets: buckets.collect(),
        total: levels.total(),
        levels,
        complete: !reached.is_out_of_time,
        covered_from_ms: reached.last.map_or(ms(selection.from), |id| ms(time_of(id))),
        took_ms: budget.took_ms(),
    })
}

/// The least round width that needs no more buckets than wished for.
fn width(range_ms: i64, buckets: usize) -> i64 {
    let least = (range_ms.max(1) as u64).div_ceil(buckets as u64) as i64;
    WIDTHS
        .into_iter()
        .find(|&width| width >= least)
        .unwrap_or_else(|| (least as u64).div_ceil(DAY as u64) as i64 * DAY)
}
