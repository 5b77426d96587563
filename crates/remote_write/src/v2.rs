//! Requests of 2.0 with other labels than the spool's.

use weir_proto::remote_write_v2::{Metadata, SeriesHead, SymbolTable, TimeSeriesView, put_exemplar};
use weir_proto::wire::{Fields, WireError, begin_message, end_message};

use crate::series::{Label, SeriesSink, Symbols};

/// Field `timeseries` of `Request`.
const TIMESERIES: u32 = 5;
/// Fields `samples` and `histograms` of `TimeSeries`: they hold no references.
const SAMPLES: u32 = 2;
const HISTOGRAMS: u32 = 3;

/// Writes series behind a symbol table of their own.
pub(crate) struct SeriesWriter {
    symbols: SymbolTable,
    series: Vec<u8>,
    refs: Vec<u32>,
}

impl SeriesWriter {
    pub(crate) fn new() -> Self {
        Self { symbols: SymbolTable::new(), series: Vec::new(), refs: Vec::new() }
    }

    /// Where the next series goes.
    pub(crate) fn len(&self) -> usize {
        self.series.len()
    }

    /// Takes back what was written after `len`. Its symbols stay, which is harmless.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.series.truncate(len);
    }

    /// Appends the request.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.symbols.encoded());
        out.extend_from_slice(&self.series);
    }

    fn intern(&mut self, labels: &[Label<'_>]) {
        self.refs.clear();
        for (name, value) in labels {
            self.refs.push(self.symbols.intern(name));
            self.refs.push(self.symbols.intern(value));
        }
    }
}

impl SeriesSink for SeriesWriter {
    fn series(
        &mut self,
        labels: &[Label<'_>],
        series: TimeSeriesView<'_>,
        symbols: &Symbols<'_>,
    ) -> Result<(), WireError> {
        let metadata = series.metadata()?;
        let (help, unit) = symbols.texts(metadata)?;
        let metadata = Metadata {
            kind: metadata.kind,
            help_ref: self.symbols.intern(help),
            unit_ref: self.symbols.intern(unit),
        };
        self.intern(labels);
        let head = SeriesHead::new(&self.refs, metadata);
        let open = begin_message(&mut self.series, TIMESERIES, series.message().len());
        self.series.extend_from_slice(head.as_bytes());
        for field in Fields::new(series.message()) {
            let field = field?;
            if matches!(field.number, SAMPLES | HISTOGRAMS) {
                self.series.extend_from_slice(&series.message()[field.range]);
            }
        }
        let mut labels = Vec::new();
        for exemplar in series.exemplars() {
            let exemplar = exemplar?;
            symbols.labels(exemplar.label_refs(), &mut labels)?;
            self.intern(&labels);
            put_exemplar(&mut self.series, &self.refs, exemplar.value, exemplar.timestamp);
        }
        end_message(&mut self.series, open);
        Ok(())
    }
}
