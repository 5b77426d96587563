//! Deleting the oldest records, so that the store stays within its bytes and age.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use weir_model::{Signal, UnixNanos};

use crate::clock::stored;
use crate::place::bound;
use crate::settings::StoreSettings;
use crate::usage::{self, Lost, Usage};

/// Log records deleted in one transaction at most.
const LOGS_PER_STEP: usize = 5_000;
/// Traces deleted in one transaction at most.
const TRACES_PER_STEP: usize = 500;
/// Rows of the head deleted in one transaction, when there is no block.
const HEAD_ROWS_PER_STEP: usize = 200;
/// The least share of a transaction's most that is deleted.
const SHARE_MIN: f64 = 0.01;
/// Steps in a row before writing goes on.
const STEPS_MAX: u32 = 8;
/// After a deletion this share of `bytes_max` is in use.
const FILL: f64 = 0.97;
/// A record may be placed this far ahead of its reception.
const AHEAD: Duration = Duration::from_secs(600);
/// Ages are looked at this often at most.
const AGE_INTERVAL_MIN: Duration = Duration::from_secs(60);

/// Deletes step by step, so that a transaction of records to store never waits long.
#[derive(Debug, Default)]
pub(crate) struct Retention {
    ages_seen: Option<Instant>,
    /// Set while there may be more that is too old.
    is_behind: bool,
}

/// Records deleted: whose, why and how many.
pub(crate) type Deleted = (Signal, Lost, u64);

impl Retention {
    /// Deletes some of what is too much or too old.
    pub(crate) fn step(
        &mut self,
        db: &Connection,
        settings: &StoreSettings,
        now: UnixNanos,
        at_once: bool,
    ) -> rusqlite::Result<Vec<Deleted>> {
        let mut deleted = Vec::new();
        let mut steps = 0..if at_once { u32::MAX } else { STEPS_MAX };
        let target = (settings.bytes_max as f64 * FILL) as u64;
        let mut limit = settings.bytes_max;
        loop {
            let used = used_bytes(db)?;
            if used <= limit || steps.next().is_none() {
                break;
            }
            let Some((signal, usage)) = furthest_over(db)? else { break };
            let what = What::Oldest { share: (used - target) as f64 / usage.bytes.max(1) as f64 };
            deleted.push((signal, Lost::Size, delete(db, signal, what)?));
            limit = target;
        }
        if self.is_age_due(settings, at_once) {
            let cutoff =
                stored(now.0).saturating_sub(i64::try_from(settings.age_max.as_nanos()).unwrap_or(i64::MAX));
            self.is_behind = delete_old(db, cutoff, &mut steps, &mut deleted)?;
            self.ages_seen = Some(Instant::now());
        }
        Ok(deleted)
    }

    fn is_age_due(&self, settings: &StoreSettings, at_once: bool) -> bool {
        let interval = (settings.age_max / 100).max(AGE_INTERVAL_MIN);
        at_once || self.is_behind || self.ages_seen.is_none_or(|seen| seen.elapsed() >= interval)
    }
}

/// Bytes of the pages that hold something.
pub(crate) fn used_bytes(db: &Connection) -> rusqlite::Result<u64> {
    let number = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let pages = number("page_count")? - number("freelist_count")?;
    Ok(u64::try_from(pages * number("page_size")?).unwrap_or(0))
}

/// Deletes what was received before `cutoff`. Tells whether there may be more.
fn delete_old(
    db: &Connection,
    cutoff: i64,
    steps: &mut std::ops::Range<u32>,
    deleted: &mut Vec<Deleted>,
) -> rusqlite::Result<bool> {
    for signal in Signal::ALL {
        loop {
            if steps.next().is_none() {
                return Ok(true);
            }
            let records = delete(db, signal, What::ReceivedBefore(cutoff))?;
            if records == 0 {
                break;
            }
            deleted.push((signal, Lost::Age, records));
        }
    }
    Ok(false)
}

/// The signal that takes the most of its share; none when nothing is left to delete.
fn furthest_over(db: &Connection) -> rusqlite::Result<Option<(Signal, Usage)>> {
    let mut most: Option<(Signal, Usage, u64)> = None;
    for (signal, share) in [(Signal::Logs, 2), (Signal::Traces, 1), (Signal::Metrics, 1)] {
        let usage = usage::read(db, signal)?;
        let filling = usage.bytes / share;
        if usage.records > 0 && most.is_none_or(|(_, _, other)| filling > other) {
            most = Some((signal, usage, filling));
        }
    }
    Ok(most.map(|(signal, usage, _)| (signal, usage)))
}

/// What to delete of a signal.
#[derive(Clone, Copy, Debug)]
enum What {
    /// The oldest: about this share of the signal, as much as a transaction may.
    Oldest { share: f64 },
    /// Those received before this.
    ReceivedBefore(i64),
}

impl What {
    /// How many of `all` are deleted in a transaction that may delete `most`.
    fn count(self, all: u64, most: usize) -> i64 {
        let least = most as f64 * SHARE_MIN;
        match self {
            Self::Oldest { share } => (all as f64 * share).clamp(least, most as f64) as i64,
            Self::ReceivedBefore(_) => most as i64,
        }
    }

    fn cutoff(self) -> i64 {
        match self {
            Self::Oldest { .. } => i64::MAX,
            Self::ReceivedBefore(cutoff) => cutoff,
        }
    }

    fn reason(self) -> Lost {
        match self {
            Self::Oldest { .. } => Lost::Size,
            Self::ReceivedBefore(_) => Lost::Age,
        }
    }
}

/// Deletes some records of a signal. A signal whose books show records but that has none is set right.
fn delete(db: &Connection, signal: Signal, what: What) -> rusqlite::Result<u64> {
    let transaction = db.unchecked_transaction()?;
    let records = match signal {
        Signal::Logs => delete_logs(&transaction, what)?,
        Signal::Traces => delete_traces(&transaction, what)?,
        Signal::Metrics => delete_samples(&transaction, what.cutoff())?,
    };
    if records > 0 {
        usage::remove(&transaction, signal, records, what.reason())?;
    } else if matches!(what, What::Oldest { .. }) {
        transaction
            .execute("UPDATE usage SET records = 0, bytes = 0 WHERE signal = ?1", [signal.index() as i64])?;
    }
    transaction.commit()?;
    Ok(records)
}

fn delete_logs(db: &Connection, what: What) -> rusqlite::Result<u64> {
    let limit = what.count(usage::read(db, Signal::Logs)?.records, LOGS_PER_STEP);
    let oldest = match what {
        What::Oldest { .. } => ids(
            db,
            "SELECT id FROM log WHERE id < ?1 AND ?2 = ?2 ORDER BY id LIMIT ?3",
            (i64::MAX, 0, limit),
        )?,
        What::ReceivedBefore(cutoff) => {
            let end = bound(cutoff.saturating_add(AHEAD.as_nanos() as i64));
            let sql = "SELECT id FROM log_body WHERE id < ?1 AND received < ?2 ORDER BY id LIMIT ?3";
            ids(db, sql, (end, cutoff, limit))?
        }
    };
    for table in ["log_text WHERE rowid", "log WHERE id", "log_body WHERE id"] {
        let mut delete = db.prepare_cached(&format!("DELETE FROM {table} = ?1"))?;
        for id in &oldest {
            delete.execute([id])?;
        }
    }
    Ok(oldest.len() as u64)
}

fn ids(db: &Connection, sql: &str, parameters: (i64, i64, i64)) -> rusqlite::Result<Vec<i64>> {
    let mut select = db.prepare_cached(sql)?;
    let ids = select.query_map(parameters, |row| row.get(0))?;
    ids.collect()
}

/// Deletes whole traces.
fn delete_traces(db: &Connection, what: What) -> rusqlite::Result<u64> {
    let mut select =
        db.prepare_cached("SELECT trace_id FROM trace WHERE received < ?1 ORDER BY start LIMIT ?2")?;
    let traces: i64 = db.query_row("SELECT count(*) FROM trace", [], |row| row.get(0))?;
    let limit = what.count(traces.unsigned_abs(), TRACES_PER_STEP).max(1);
    let oldest = select.query_map((what.cutoff(), limit), |row| row.get(0))?;
    let oldest: Vec<Vec<u8>> = oldest.collect::<rusqlite::Result<_>>()?;
    let mut spans = 0;
    for trace in &oldest {
        db.prepare_cached("DELETE FROM span_body WHERE id IN (SELECT id FROM span WHERE trace_id = ?1)")?
            .execute([trace])?;
        spans += db.prepare_cached("DELETE FROM span WHERE trace_id = ?1")?.execute([trace])?;
        db.prepare_cached("DELETE FROM trace WHERE trace_id = ?1")?.execute([trace])?;
    }
    Ok(spans as u64)
}

/// Deletes the oldest block; rows of the head when there is none.
fn delete_samples(db: &Connection, cutoff: i64) -> rusqlite::Result<u64> {
    let mut select =
        db.prepare_cached("SELECT id, samples FROM block WHERE received < ?1 ORDER BY time_max LIMIT 1")?;
    let oldest: Option<(i64, i64)> =
        select.query_map([cutoff], |row| Ok((row.get(0)?, row.get(1)?)))?.next().transpose()?;
    let samples = match oldest {
        Some((block, samples)) => {
            db.prepare_cached("DELETE FROM chunk WHERE id >= ?1 AND id < ?2")?
                .execute([block << 32, (block + 1) << 32])?;
            db.prepare_cached("DELETE FROM block WHERE id = ?1")?.execute([block])?;
            samples
        }
        None => delete_head(db, cutoff)?,
    };
    let mut exemplars = db.prepare_cached(
        "DELETE FROM exemplar WHERE time < min(ifnull((SELECT min(time_min) FROM block), 9e18), \
         ifnull((SELECT min(time_min) FROM head), 9e18))",
    )?;
    if samples > 0 {
        exemplars.execute([])?;
    }
    Ok(u64::try_from(samples).unwrap_or(0))
}

fn delete_head(db: &Connection, cutoff: i64) -> rusqlite::Result<i64> {
    let mut select =
        db.prepare_cached("SELECT id, samples FROM head WHERE received < ?1 ORDER BY id LIMIT ?2")?;
    let rows = select.query_map((cutoff, HEAD_ROWS_PER_STEP as i64), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let rows: Vec<(i64, i64)> = rows.collect::<rusqlite::Result<_>>()?;
    let mut delete = db.prepare_cached("DELETE FROM head WHERE id = ?1")?;
    for (row, _) in &rows {
        delete.execute([row])?;
    }
    Ok(rows.iter().map(|(_, samples)| samples).sum())
}

/// Deletes series that have no sample left. To be called while the head is empty, when `last` is exact. Tells whether
/// there were any.
pub(crate) fn clean_series(db: &Connection) -> rusqlite::Result<bool> {
    let gone = db.execute(
        "DELETE FROM series WHERE last < ifnull((SELECT min(time_min) FROM block), 9223372036854775807)",
        [],
    )?;
    if gone > 0 {
        db.execute("DELETE FROM metadata WHERE name NOT IN (SELECT name FROM series)", [])?;
    }
    Ok(gone > 0)
}

/// Deletes shared things that nothing refers to.
pub(crate) fn clean_names(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "DELETE FROM resource WHERE id NOT IN (SELECT resource FROM log UNION SELECT resource FROM span_body);
         DELETE FROM scope WHERE id NOT IN (SELECT scope FROM log UNION SELECT scope FROM span_body);
         DELETE FROM file WHERE id NOT IN (SELECT file FROM log WHERE file IS NOT NULL);
         DELETE FROM operation WHERE id NOT IN (SELECT operation FROM span);",
    )
}
