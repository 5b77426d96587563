//! Types, help texts and units of metrics.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use weir_proto::remote_write_v2::Metadata;

use crate::names::hash_of;

/// Metrics whose metadata is remembered; past it the memory starts afresh.
const REMEMBERED_MAX: usize = 50_000;

/// What was written last, so that the same is not written with each scrape.
#[derive(Debug, Default)]
pub(crate) struct MetadataBook {
    written: HashMap<Box<str>, u128>,
}

impl MetadataBook {
    pub(crate) fn forget(&mut self) {
        self.written.clear();
    }

    /// Writes the metadata of the metric `name` when it is new or changed. A reference that leads nowhere is an empty
    /// text.
    pub(crate) fn put(
        &mut self,
        db: &Connection,
        name: &str,
        metadata: Metadata,
        symbols: &[&str],
    ) -> rusqlite::Result<()> {
        if metadata == Metadata::default() {
            return Ok(());
        }
        let text = |reference: u32| symbols.get(reference as usize).copied().unwrap_or_default();
        let (help, unit) = (text(metadata.help_ref), text(metadata.unit_ref));
        let hash = hash_of(&[&metadata.kind.to_le_bytes(), help.as_bytes(), unit.as_bytes()]);
        if self.written.get(name) == Some(&hash) {
            return Ok(());
        }
        let mut upsert = db.prepare_cached(
            "INSERT OR REPLACE INTO metadata(name, kind, unit, help) VALUES(?1, ?2, ?3, ?4)",
        )?;
        upsert.execute(params![name, metadata.kind, unit, help])?;
        if self.written.len() >= REMEMBERED_MAX {
            self.written.clear();
        }
        self.written.insert(name.into(), hash);
        Ok(())
    }
}

/// The name of a metric type in the API.
pub(crate) fn kind_name(kind: i64) -> &'static str {
    match kind {
        1 => "counter",
        2 => "gauge",
        3 => "histogram",
        4 => "gaugehistogram",
        5 => "summary",
        6 => "info",
        7 => "stateset",
        _ => "unknown",
    }
}
