//! Requests of 1.0, `prometheus.WriteRequest`.
//!
//! A native histogram's fields 1 to 16 are the same in both versions; a start timestamp has no place in 1.0.

use weir_proto::remote_write_v2::{Sample, TimeSeriesView};
use weir_proto::wire::{
    WireError, begin_message, bytes_field_len, end_message, put_bytes_field, put_fixed64_field, put_tag,
    put_varint, put_varint_field, varint_len,
};

use crate::series::{Label, SeriesSink, Symbols};

/// Fields of `WriteRequest`.
const TIMESERIES: u32 = 1;
const METADATA: u32 = 3;
/// Fields of `TimeSeries`.
const LABELS: u32 = 1;
const SAMPLES: u32 = 2;
const EXEMPLARS: u32 = 3;
const HISTOGRAMS: u32 = 4;

/// `MetricType`s, equal in both versions.
const HISTOGRAM: i32 = 3;
const GAUGE_HISTOGRAM: i32 = 4;
const SUMMARY: i32 = 5;

/// Writes a request.
pub(crate) struct RequestWriter<'o> {
    out: &'o mut Vec<u8>,
    /// Whether the series at hand bring their metadata.
    pub(crate) with_metadata: bool,
    /// The family whose metadata was written last; series of a family stand together.
    family: String,
}

impl<'o> RequestWriter<'o> {
    /// Appends to `out`.
    pub(crate) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, with_metadata: false, family: String::new() }
    }

    /// Where the next series goes.
    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    /// Takes back what was written after `len`.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.out.truncate(len);
        self.family.clear();
    }

    fn labels(&mut self, number: u32, labels: &[Label<'_>]) {
        for (name, value) in labels {
            put_tag(self.out, number, 2);
            let len = bytes_field_len(1, name.len()) + bytes_field_len(2, value.len());
            put_varint(self.out, len as u64);
            put_bytes_field(self.out, 1, name.as_bytes());
            put_bytes_field(self.out, 2, value.as_bytes());
        }
    }

    fn sample(&mut self, sample: &Sample) {
        put_tag(self.out, SAMPLES, 2);
        put_varint(self.out, (9 + 1 + varint_len(sample.timestamp as u64)) as u64);
        put_fixed64_field(self.out, 1, sample.value.to_bits());
        put_varint_field(self.out, 2, sample.timestamp as u64);
    }

    fn exemplars(&mut self, series: TimeSeriesView<'_>, symbols: &Symbols<'_>) -> Result<(), WireError> {
        let mut labels = Vec::new();
        for exemplar in series.exemplars() {
            let exemplar = exemplar?;
            symbols.labels(exemplar.label_refs(), &mut labels)?;
            let open = begin_message(self.out, EXEMPLARS, 100);
            self.labels(1, &labels);
            put_fixed64_field(self.out, 2, exemplar.value.to_bits());
            put_varint_field(self.out, 3, exemplar.timestamp as u64);
            end_message(self.out, open);
        }
        Ok(())
    }

    /// Writes the metadata of the series' family unless that was the last one written.
    fn metadata(
        &mut self,
        labels: &[Label<'_>],
        series: TimeSeriesView<'_>,
        symbols: &Symbols<'_>,
    ) -> Result<(), WireError> {
        let metadata = series.metadata()?;
        let Some(name) = metric_name(labels) else { return Ok(()) };
        let family = family_of(name, metadata.kind);
        let (help, unit) = symbols.texts(metadata)?;
        if family == self.family || (metadata.kind, help, unit) == (0, "", "") {
            return Ok(());
        }
        family.clone_into(&mut self.family);
        let open = begin_message(self.out, METADATA, 100);
        put_varint_field(self.out, 1, i64::from(metadata.kind) as u64);
        put_bytes_field(self.out, 2, family.as_bytes());
        put_bytes_field(self.out, 4, help.as_bytes());
        put_bytes_field(self.out, 5, unit.as_bytes());
        end_message(self.out, open);
        Ok(())
    }
}

impl SeriesSink for RequestWriter<'_> {
    fn series(
        &mut self,
        labels: &[Label<'_>],
        series: TimeSeriesView<'_>,
        symbols: &Symbols<'_>,
    ) -> Result<(), WireError> {
        if self.with_metadata {
            self.metadata(labels, series, symbols)?;
        }
        let len_guess = labels.iter().map(|(name, value)| name.len() + value.len() + 6).sum::<usize>() + 20;
        let open = begin_message(self.out, TIMESERIES, len_guess);
        self.labels(LABELS, labels);
        for sample in series.samples() {
            self.sample(&sample?);
        }
        self.exemplars(series, symbols)?;
        for histogram in series.histograms() {
            put_bytes_field(self.out, HISTOGRAMS, histogram?);
        }
        end_message(self.out, open);
        Ok(())
    }
}

fn metric_name<'a>(labels: &[Label<'a>]) -> Option<&'a str> {
    labels.iter().find(|(name, _)| *name == "__name__").map(|(_, value)| *value)
}

/// The family that a series named `name` belongs to.
fn family_of(name: &str, kind: i32) -> &str {
    let suffixes: &[&str] = match kind {
        HISTOGRAM => &["_bucket", "_sum", "_count"],
        GAUGE_HISTOGRAM => &["_bucket", "_gsum", "_gcount"],
        SUMMARY => &["_sum", "_count"],
        _ => &[],
    };
    suffixes.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name)
}
