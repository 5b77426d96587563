//! Writers, made for pages that hardly change from one scrape to the next.

use super::symbols::SymbolTable;
use super::view::{Metadata, Sample, TIMESERIES};
use crate::wire::{
    bytes_field_len, put_bytes_field, put_fixed64_field, put_tag, put_varint, put_varint_field, set_varint,
    varint_len,
};

/// The part of a `TimeSeries` that stays the same from scrape to scrape: label references and metadata, encoded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SeriesHead(Box<[u8]>);

impl SeriesHead {
    /// Encodes references of label names and values, in turn and sorted by name, and metadata.
    pub fn new(label_refs: &[u32], metadata: Metadata) -> Self {
        let mut out = Vec::new();
        put_label_refs(&mut out, label_refs);
        put_metadata(&mut out, metadata);
        Self(out.into())
    }

    /// Takes bytes that [`SeriesHead::as_bytes`] gave.
    pub fn from_bytes(encoded: &[u8]) -> Self {
        Self(encoded.into())
    }

    /// The fields.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Writes the series of a request; the symbols are put before them at the end.
#[derive(Clone, Debug, Default)]
pub struct RequestWriter {
    series: Vec<u8>,
    records: u64,
}

impl RequestWriter {
    /// A writer with room for `capacity` bytes of series.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { series: Vec::with_capacity(capacity), records: 0 }
    }

    /// Appends a series with one sample. `head` is what [`SeriesHead::as_bytes`] gives.
    #[inline]
    pub fn put_sample(&mut self, head: &[u8], sample: &Sample) -> SampleSlot {
        self.put_series(head, sample, &[])
    }

    /// Appends a series with one sample and exemplars, which [`put_exemplar`] encoded.
    #[inline]
    pub fn put_series(&mut self, head: &[u8], sample: &Sample, exemplars: &[u8]) -> SampleSlot {
        let sample_len = sample_len(sample);
        let out = &mut self.series;
        put_tag(out, TIMESERIES, 2);
        put_varint(out, (head.len() + bytes_field_len(2, sample_len) + exemplars.len()) as u64);
        out.extend_from_slice(head);
        put_tag(out, 2, 2);
        put_varint(out, sample_len as u64);
        let slot = SampleSlot(out.len() as u32);
        put_fixed64_field(out, 1, sample.value.to_bits());
        put_varint_field(out, 2, sample.timestamp as u64);
        if sample.start_timestamp != 0 {
            put_varint_field(out, 3, sample.start_timestamp as u64);
        }
        out.extend_from_slice(exemplars);
        self.records += 1;
        slot
    }

    /// Appends a series with an encoded native histogram and exemplars, which [`put_exemplar`] encoded.
    pub fn put_histogram(&mut self, head: &[u8], histogram: &[u8], exemplars: &[u8]) {
        let out = &mut self.series;
        put_tag(out, TIMESERIES, 2);
        put_varint(out, (head.len() + bytes_field_len(3, histogram.len()) + exemplars.len()) as u64);
        out.extend_from_slice(head);
        put_bytes_field(out, 3, histogram);
        out.extend_from_slice(exemplars);
        self.records += 1;
    }

    /// Number of samples and histograms appended.
    pub const fn records(&self) -> u64 {
        self.records
    }

    /// Size of the series so far, in bytes.
    pub fn encoded_len(&self) -> usize {
        self.series.len()
    }

    /// Forgets everything and keeps the buffer.
    pub fn clear(&mut self) {
        self.series.clear();
        self.records = 0;
    }

    /// The request.
    pub fn request(&self, symbols: &SymbolTable) -> Vec<u8> {
        let symbols = symbols.encoded();
        let mut request = Vec::with_capacity(symbols.len() + self.series.len());
        request.extend_from_slice(symbols);
        request.extend_from_slice(&self.series);
        request
    }

    /// The request as one whose samples can be set again.
    pub fn template(&self, symbols: &SymbolTable) -> Template {
        Template { request: self.request(symbols), series_at: symbols.encoded().len(), records: self.records }
    }
}

/// Where a sample stands among the series of a [`RequestWriter`] and in the [`Template`] made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleSlot(u32);

/// A request in which only values and timestamps change from scrape to scrape.
#[derive(Clone, Debug)]
pub struct Template {
    request: Vec<u8>,
    series_at: usize,
    records: u64,
}

/// Tag and value of field `value`.
const VALUE_FIELD_LEN: usize = 9;

impl Template {
    /// Sets the value and timestamp at `slot`. Says whether it could: a timestamp whose encoding has another length
    /// (the same one from 2004 to 2109) needs a new request.
    ///
    /// `slot` must come from the writer that this template was made of.
    #[inline]
    #[must_use]
    pub fn set(&mut self, slot: SampleSlot, value: f64, timestamp: i64) -> bool {
        let at = self.series_at + slot.0 as usize;
        let timestamp_at = at + VALUE_FIELD_LEN + 1;
        let width = varint_len(timestamp as u64);
        let Some(sample) = self.request.get_mut(at..timestamp_at + width) else { return false };
        if !ends_varint(&sample[VALUE_FIELD_LEN + 1..]) {
            return false;
        }
        sample[1..VALUE_FIELD_LEN].copy_from_slice(&value.to_bits().to_le_bytes());
        set_varint(&mut sample[VALUE_FIELD_LEN + 1..], timestamp as u64);
        true
    }

    /// The encoded request.
    pub fn as_bytes(&self) -> &[u8] {
        &self.request
    }

    /// Number of samples and histograms in it.
    pub const fn records(&self) -> u64 {
        self.records
    }
}

/// Whether `bytes` are one whole varint.
fn ends_varint(bytes: &[u8]) -> bool {
    bytes.split_last().is_some_and(|(last, rest)| *last < 0x80 && rest.iter().all(|byte| *byte >= 0x80))
}

fn sample_len(sample: &Sample) -> usize {
    let start = match sample.start_timestamp {
        0 => 0,
        start => 1 + varint_len(start as u64),
    };
    VALUE_FIELD_LEN + 1 + varint_len(sample.timestamp as u64) + start
}

/// Appends an `exemplars` field of a series: references of label names and values in turn, a value, and a time in
/// milliseconds since the Unix epoch.
pub fn put_exemplar(out: &mut Vec<u8>, label_refs: &[u32], value: f64, timestamp: i64) {
    let len = label_refs_len(label_refs) + VALUE_FIELD_LEN + 1 + varint_len(timestamp as u64);
    put_tag(out, 4, 2);
    put_varint(out, len as u64);
    put_label_refs(out, label_refs);
    put_fixed64_field(out, 2, value.to_bits());
    put_varint_field(out, 3, timestamp as u64);
}

fn packed_len(label_refs: &[u32]) -> usize {
    label_refs.iter().map(|&reference| varint_len(u64::from(reference))).sum()
}

fn label_refs_len(label_refs: &[u32]) -> usize {
    if label_refs.is_empty() { 0 } else { bytes_field_len(1, packed_len(label_refs)) }
}

fn put_label_refs(out: &mut Vec<u8>, label_refs: &[u32]) {
    if label_refs.is_empty() {
        return;
    }
    put_tag(out, 1, 2);
    put_varint(out, packed_len(label_refs) as u64);
    for &reference in label_refs {
        put_varint(out, u64::from(reference));
    }
}

pub(super) fn put_metadata(out: &mut Vec<u8>, metadata: Metadata) {
    if metadata == Metadata::default() {
        return;
    }
    let fields = [
        (1, i64::from(metadata.kind) as u64),
        (3, u64::from(metadata.help_ref)),
        (4, u64::from(metadata.unit_ref)),
    ];
    let present = fields.into_iter().filter(|(_, value)| *value != 0);
    let len = present.clone().map(|(_, value)| 1 + varint_len(value)).sum::<usize>();
    put_tag(out, 5, 2);
    put_varint(out, len as u64);
    for (number, value) in present {
        put_varint_field(out, number, value);
    }
}
