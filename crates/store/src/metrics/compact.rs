//! Turning the head into a block.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::head::Entries;
use super::{Point, chunk};

/// A head with more samples becomes a block.
const SAMPLES_MAX: i64 = 1_000_000;
/// So does one that spans more milliseconds.
const SPAN_MAX: i64 = 30 * 60 * 1000;
/// A block takes no more samples; what is left goes into the next.
const BLOCK_SAMPLES_MAX: i64 = 2_000_000;

/// The state of the head.
pub(crate) fn is_due(db: &Connection) -> rusqlite::Result<bool> {
    let mut select = db.prepare_cached("SELECT sum(samples), max(time_max) - min(time_min) FROM head")?;
    let (samples, span) =
        select.query_row([], |row| Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?)))?;
    Ok(samples.is_some_and(|samples| samples >= SAMPLES_MAX) || span.is_some_and(|span| span >= SPAN_MAX))
}

/// Makes a block of the oldest rows of the head, within a transaction. Tells whether the head is empty now.
pub(crate) fn compact(db: &Connection) -> rusqlite::Result<bool> {
    let head = Head::read(db)?;
    let Some((time_min, time_max)) = head.times else { return Ok(true) };
    let mut block = db.prepare_cached(
        "INSERT INTO block(received, time_min, time_max, samples, bytes) VALUES(?1, ?2, ?3, ?4, 0)",
    )?;
    let block = block.insert(params![head.received, time_min, time_max, head.samples])?;
    let mut insert = db.prepare_cached("INSERT INTO chunk(id, data) VALUES(?1, ?2)")?;
    let mut touch = db.prepare_cached("UPDATE series SET last = max(last, ?2) WHERE id = ?1")?;
    let mut bytes = 0;
    for (series, mut points) in head.series {
        points.sort_by_key(|point| point.0);
        let data = chunk::encode(&points);
        bytes += data.len() as i64;
        insert.execute(params![chunk_id(block, series), data])?;
        touch.execute(params![series, points.last().map(|point| point.0)])?;
    }
    db.prepare_cached("UPDATE block SET bytes = ?2 WHERE id = ?1")?.execute([block, bytes])?;
    db.prepare_cached("DELETE FROM head WHERE id <= ?1")?.execute([head.last_row])?;
    let is_empty = db.query_row("SELECT NOT EXISTS(SELECT 1 FROM head)", [], |row| row.get(0))?;
    Ok(is_empty)
}

/// The id of a block's chunk of a series.
pub(crate) fn chunk_id(block: i64, series: u32) -> i64 {
    block << 32 | i64::from(series)
}

#[derive(Default)]
struct Head {
    series: BTreeMap<u32, Vec<Point>>,
    times: Option<(i64, i64)>,
    received: i64,
    samples: i64,
    last_row: i64,
}

impl Head {
    fn read(db: &Connection) -> rusqlite::Result<Self> {
        let mut head = Self::default();
        let mut select = db
            .prepare_cached("SELECT id, received, time_min, time_max, samples, data FROM head ORDER BY id")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let samples: i64 = row.get(4)?;
            if head.samples > 0 && head.samples + samples > BLOCK_SAMPLES_MAX {
                break;
            }
            let (time_min, time_max) = (row.get(2)?, row.get(3)?);
            let (first, last) = head.times.unwrap_or((time_min, time_max));
            head.times = Some((first.min(time_min), last.max(time_max)));
            head.received = head.received.max(row.get(1)?);
            head.last_row = row.get(0)?;
            head.samples += samples;
            for entry in Entries::new(row.get_ref(5)?.as_blob()?) {
                head.series.entry(entry.series).or_default().push(entry.point);
            }
        }
        Ok(head)
    }
}
