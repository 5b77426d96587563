//! How full the store is.

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use weir_model::Signal;

use crate::clock::ms;
use crate::error::QueryError;
use crate::place::time_of;
use crate::retention::used_bytes;
use crate::settings::StoreSettings;
use crate::usage;

/// How full the store is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoreStatus {
    /// Bytes in use.
    pub bytes: u64,
    /// Bytes that may be in use.
    pub bytes_max: u64,
    /// How long a record is kept.
    pub age_max_seconds: u64,
    /// One entry per signal.
    pub signals: Vec<SignalStatus>,
}

/// What the store has of a signal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SignalStatus {
    /// Which signal.
    pub signal: &'static str,
    /// Records that are kept.
    pub records: u64,
    /// Time of the oldest.
    pub oldest_ms: Option<f64>,
    /// Time of the newest.
    pub newest_ms: Option<f64>,
    /// Records deleted since the file was begun.
    pub dropped: Vec<DroppedRecords>,
}

/// Records deleted for a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DroppedRecords {
    /// Why.
    pub reason: String,
    /// How many.
    pub records: i64,
}

/// Reads the status.
pub(crate) fn read(db: &Connection, settings: &StoreSettings) -> Result<StoreStatus, QueryError> {
    let mut signals = Vec::new();
    for signal in Signal::ALL {
        let (oldest_ms, newest_ms) = times(db, signal)?;
        let mut select =
            db.prepare_cached("SELECT reason, records FROM dropped WHERE signal = ?1 ORDER BY reason")?;
        let dropped = select.query_map([signal.index() as i64], |row| {
            Ok(DroppedRecords { reason: row.get(0)?, records: row.get(1)? })
        })?;
        signals.push(SignalStatus {
            signal: signal.as_str(),
            records: usage::read(db, signal)?.records,
            oldest_ms,
            newest_ms,
            dropped: dropped.collect::<rusqlite::Result<_>>()?,
        });
    }
    Ok(StoreStatus {
        bytes: used_bytes(db)?,
        bytes_max: settings.bytes_max,
        age_max_seconds: settings.age_max.as_secs(),
        signals,
    })
}

/// Times of the oldest and the newest record.
fn times(db: &Connection, signal: Signal) -> rusqlite::Result<(Option<f64>, Option<f64>)> {
    let number = |sql: &str| -> rusqlite::Result<Option<i64>> {
        Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?.flatten())
    };
    let of_id = |id: Option<i64>| id.map(|id| ms(time_of(id)));
    Ok(match signal {
        Signal::Logs => {
            (of_id(number("SELECT min(id) FROM log")?), of_id(number("SELECT max(id) FROM log")?))
        }
        Signal::Traces => {
            (of_id(number("SELECT min(id) FROM span")?), of_id(number("SELECT max(id) FROM span")?))
        }
        Signal::Metrics => {
            let oldest =
                [number("SELECT min(time_min) FROM block")?, number("SELECT min(time_min) FROM head")?];
            let newest =
                [number("SELECT max(time_max) FROM block")?, number("SELECT max(time_max) FROM head")?];
            let (oldest, newest) = (oldest.into_iter().flatten().min(), newest.into_iter().flatten().max());
            (oldest.map(|time| time as f64), newest.map(|time| time as f64))
        }
    })
}
