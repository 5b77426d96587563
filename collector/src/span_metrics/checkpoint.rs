//! The counts on disk. The file is described in `docs/formats/span_metrics.md`.

use std::path::Path;

use prost::Message;
use tracing::warn;
use weir_checkpoint::{Durability, Format, Loaded, ReadError, ReplaceError};
use weir_spool::Position;

use super::counts::Counts;
use super::table::Table;

const FILE: &str = "counts";
const FORMAT: Format = Format { magic: *b"WEIRSPNM", version: 1 };

/// The body of the file.
#[derive(Clone, PartialEq, Message)]
struct Saved {
    /// Every entry up to here is counted.
    #[prost(uint64, optional, tag = "1")]
    through: Option<u64>,
    #[prost(double, repeated, tag = "2")]
    bounds: Vec<f64>,
    #[prost(message, repeated, tag = "3")]
    series: Vec<SavedSeries>,
}

/// Counts of one key; without one, those of the keys that were too many.
#[derive(Clone, PartialEq, Message)]
struct SavedSeries {
    #[prost(bytes = "vec", optional, tag = "1")]
    key: Option<Vec<u8>>,
    #[prost(double, tag = "2")]
    calls: f64,
    #[prost(double, tag = "3")]
    sum: f64,
    #[prost(double, repeated, tag = "4")]
    classic: Vec<f64>,
    #[prost(sint32, repeated, tag = "5")]
    native_index: Vec<i32>,
    #[prost(double, repeated, tag = "6")]
    native: Vec<f64>,
    #[prost(double, tag = "7")]
    zero: f64,
    #[prost(int64, tag = "8")]
    started: i64,
    #[prost(int64, tag = "9")]
    updated: i64,
    #[prost(bool, tag = "10")]
    told: bool,
}

/// The bytes of a table.
pub(super) fn encode(table: &Table) -> Vec<u8> {
    let series = table.series.iter().map(|(key, counts)| saved(Some(key.clone()), counts));
    let overflow = table.overflow.iter().map(|counts| saved(None, counts));
    let saved = Saved {
        through: table.through.map(|through| through.0),
        bounds: table.bounds.clone(),
        series: series.chain(overflow).collect(),
    };
    saved.encode_to_vec()
}

/// Replaces the file in `folder`; it survives the loss of power.
pub(super) fn save(folder: &Path, body: &[u8]) -> Result<(), ReplaceError> {
    weir_checkpoint::replace(&folder.join(FILE), FORMAT, body, Durability::PowerLoss)
}

/// The table of the last life, with these bounds. It begins anew where there is none, or it had other bounds.
pub(super) fn load(folder: &Path, bounds: &[f64]) -> Result<Table, ReadError> {
    let damaged = |cause: String| {
        warn!(cause, "the counts of span metrics are damaged; they begin at 0");
        Table::new(bounds.to_vec())
    };
    Ok(match weir_checkpoint::read(&folder.join(FILE), FORMAT)? {
        Loaded::Missing => Table::new(bounds.to_vec()),
        Loaded::Damaged(damage) => damaged(damage.to_string()),
        Loaded::Content { body, .. } => match Saved::decode(body.as_slice()) {
            Ok(saved) => restored(saved, bounds),
            Err(error) => damaged(error.to_string()),
        },
    })
}

fn saved(key: Option<Vec<u8>>, counts: &Counts) -> SavedSeries {
    SavedSeries {
        key,
        calls: counts.calls,
        sum: counts.sum,
        classic: counts.classic.clone(),
        native_index: counts.native.keys().copied().collect(),
        native: counts.native.values().copied().collect(),
        zero: counts.zero,
        started: counts.started,
        updated: counts.updated,
        // The beginning is sent right after.
        told: true,
    }
}

fn restored(saved: Saved, bounds: &[f64]) -> Table {
    let through = saved.through.map(Position);
    if saved.bounds != bounds {
        warn!("span_metrics.buckets have changed; the counts begin at 0");
        return Table { through, ..Table::new(bounds.to_vec()) };
    }
    let mut table = Table { through, ..Table::new(bounds.to_vec()) };
    for series in saved.series {
        let mut counts = Counts::new(bounds.len(), series.started);
        counts.calls = series.calls;
        counts.sum = series.sum;
        counts.classic = series.classic;
        counts.classic.resize(bounds.len() + 1, 0.0);
        counts.native = series.native_index.into_iter().zip(series.native).collect();
        counts.zero = series.zero;
        counts.updated = series.updated;
        counts.told = series.told;
        match series.key {
            Some(key) => _ = table.series.insert(key, counts),
            None => table.overflow = Some(counts),
        }
    }
    table
}
