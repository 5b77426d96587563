//! Storing samples.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use weir_model::Batch;
use weir_proto::remote_write_v2::{LabelRefs, RequestView, TimeSeriesView};
use weir_proto::wire::WireError;
use xxhash_rust::xxh3::xxh3_128;

use super::head::{Entry, encode, time_range};
use super::metadata::MetadataBook;
use crate::batches::{Written, mark};
use crate::clock::stored;
use crate::hex;
use crate::json::{ObjectWriter, put_text, text_of};
use crate::usage::Added;

/// Series whose numbers are remembered; past it the memory starts afresh. 24 bytes each.
const REMEMBERED_MAX: usize = 500_000;
/// What a sample takes, between its row in the head and its share of a chunk.
const SAMPLE_BYTES: usize = 8;
/// What a series takes beside its labels.
const SERIES_BYTES: usize = 60;

/// What the writer remembers of series. To be forgotten when a transaction is rolled back or series are deleted.
#[derive(Debug, Default)]
pub(crate) struct SeriesBook {
    numbers: HashMap<u128, u32>,
    metadata: MetadataBook,
}

impl SeriesBook {
    pub(crate) fn forget(&mut self) {
        self.numbers.clear();
        self.metadata.forget();
    }
}

/// Stores the samples of `batches` within a transaction.
pub(crate) fn write(
    db: &Connection,
    book: &mut SeriesBook,
    batches: &[&Batch],
) -> rusqlite::Result<(Vec<Written>, Added)> {
    let mut all = Vec::with_capacity(batches.len());
    let mut added = Added::default();
    for &batch in batches {
        if !mark(db, batch)? {
            all.push(Written::again(batch));
            continue;
        }
        let mut writer =
            Writer { db, book, added: &mut added, entries: Vec::new(), written: Written::default() };
        writer.put_batch(batch)?;
        all.push(writer.written);
    }
    Ok((all, added))
}

struct Writer<'a> {
    db: &'a Connection,
    book: &'a mut SeriesBook,
    added: &'a mut Added,
    entries: Vec<Entry>,
    written: Written,
}

impl Writer<'_> {
    fn put_batch(&mut self, batch: &Batch) -> rusqlite::Result<()> {
        let request = RequestView::new(&batch.payload);
        let Ok(symbols) = request.symbols().collect::<Result<Vec<&str>, WireError>>() else { return Ok(()) };
        let mut labels = Labels::default();
        for series in request.timeseries() {
            let Ok(series) = series else { break };
            if labels.read(series.label_refs(), &symbols) {
                self.put_series(series, &labels, &symbols)?;
            }
        }
        let Some((time_min, time_max)) = time_range(&self.entries) else { return Ok(()) };
        let samples = self.entries.len();
        let data = encode(&mut self.entries);
        let mut insert = self.db.prepare_cached(
            "INSERT INTO head(received, time_min, time_max, samples, data) VALUES(?1, ?2, ?3, ?4, ?5)",
        )?;
        insert.execute(params![stored(batch.received.0), time_min, time_max, samples as i64, data])?;
        self.written.stored = samples as u64;
        self.added.count(samples as u64, samples * SAMPLE_BYTES);
        Ok(())
    }

    fn put_series(
        &mut self,
        series: TimeSeriesView<'_>,
        labels: &Labels<'_>,
        symbols: &[&str],
    ) -> rusqlite::Result<()> {
        self.written.refused += series.histograms().filter(Result::is_ok).count() as u64;
        let samples = || series.samples().map_while(Result::ok);
        let Some(first) = samples().next() else { return Ok(()) };
        let number = self.number(labels, first.timestamp)?;
        for sample in samples() {
            self.entries.push(Entry { series: number, point: (sample.timestamp, sample.value) });
        }
        if let Ok(metadata) = series.metadata() {
            self.book.metadata.put(self.db, labels.name(), metadata, symbols)?;
        }
        for exemplar in series.exemplars() {
            let Ok(exemplar) = exemplar else { break };
            let mut own = Labels::default();
            if own.read(exemplar.label_refs(), symbols) {
                self.put_exemplar(number, exemplar.timestamp, exemplar.value, &own)?;
            }
        }
        Ok(())
    }

    fn number(&mut self, labels: &Labels<'_>, time: i64) -> rusqlite::Result<u32> {
        let hash = labels.hash();
        if let Some(&number) = self.book.numbers.get(&hash) {
            return Ok(number);
        }
        let key = hash.to_be_bytes();
        let mut find = self.db.prepare_cached("SELECT id FROM series WHERE hash = ?1")?;
        let number = match find.query_row([&key[..]], |row| row.get(0)).optional()? {
            Some(number) => number,
            None => self.add_series(&key, labels, time)?,
        };
        if self.book.numbers.len() >= REMEMBERED_MAX {
            self.book.numbers.clear();
        }
        self.book.numbers.insert(hash, number);
        Ok(number)
    }

    fn add_series(&mut self, key: &[u8], labels: &Labels<'_>, time: i64) -> rusqlite::Result<u32> {
        let json = labels.to_json();
        self.added.count(0, SERIES_BYTES + json.len());
        let mut insert =
            self.db.prepare_cached("INSERT INTO series(hash, name, labels, last) VALUES(?1, ?2, ?3, ?4)")?;
        let id = insert.insert(params![key, labels.name(), json, time])?;
        u32::try_from(id).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, id))
    }

    fn put_exemplar(
        &mut self,
        series: u32,
        time: i64,
        value: f64,
        labels: &Labels<'_>,
    ) -> rusqlite::Result<()> {
        let trace_id = labels.get("trace_id").and_then(hex::decode::<16>);
        let json = labels.to_json();
        self.added.count(0, json.len() + SERIES_BYTES);
        let mut insert =
            self.db.prepare_cached("INSERT OR IGNORE INTO exemplar VALUES(?1, ?2, ?3, ?4, ?5)")?;
        insert.execute(params![series, time, value, trace_id.as_ref().map(|id| &id[..]), json])?;
        Ok(())
    }
}

/// Labels of a series or an exemplar, in the order in which they came; of a series they are sorted by name.
#[derive(Debug, Default)]
struct Labels<'a> {
    pairs: Vec<(&'a str, &'a str)>,
    scratch: std::cell::RefCell<Vec<u8>>,
}

impl<'a> Labels<'a> {
    /// False when a reference leads nowhere.
    fn read(&mut self, refs: LabelRefs<'_>, symbols: &[&'a str]) -> bool {
        self.pairs.clear();
        let mut texts = refs.map(|reference| symbols.get(reference.ok()? as usize).copied());
        while let Some(name) = texts.next() {
            let (Some(name), Some(Some(value))) = (name, texts.next()) else { return false };
            if !value.is_empty() {
                self.pairs.push((name, value));
            }
        }
        true
    }

    fn name(&self) -> &'a str {
        self.get("__name__").unwrap_or_default()
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.pairs.iter().find(|(own, _)| *own == name).map(|(_, value)| *value)
    }

    fn hash(&self) -> u128 {
        let mut bytes = self.scratch.borrow_mut();
        bytes.clear();
        for text in self.pairs.iter().flat_map(|&(name, value)| [name, value]) {
            bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        xxh3_128(&bytes)
    }

    fn to_json(&self) -> String {
        let mut out = Vec::new();
        let mut object = ObjectWriter::open(&mut out);
        for (name, value) in &self.pairs {
            put_text(object.key(name), value);
        }
        object.close();
        text_of(out)
    }
}
