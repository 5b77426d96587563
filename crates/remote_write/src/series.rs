//! Walking the series of a request of 2.0, with relabelling.

use weir_proto::remote_write_v2::{LabelRefs, Metadata, RequestView, TimeSeriesView};
use weir_proto::wire::WireError;
use weir_relabel::{Labels, Rule, apply};

/// A label's name and value.
pub(crate) type Label<'a> = (&'a str, &'a str);

/// The symbols of a request.
pub(crate) struct Symbols<'a> {
    texts: Vec<&'a str>,
}

impl<'a> Symbols<'a> {
    fn read(request: RequestView<'a>) -> Result<Self, WireError> {
        Ok(Self { texts: request.symbols().collect::<Result<_, _>>()? })
    }

    fn get(&self, reference: u32) -> Result<&'a str, WireError> {
        self.texts.get(reference as usize).copied().ok_or(WireError::Reference)
    }

    /// Replaces the content of `labels` by what `refs` stands for.
    pub(crate) fn labels(&self, refs: LabelRefs<'_>, labels: &mut Vec<Label<'a>>) -> Result<(), WireError> {
        labels.clear();
        let mut refs = refs;
        while let Some(name) = refs.next() {
            let value = refs.next().ok_or(WireError::Reference)??;
            labels.push((self.get(name?)?, self.get(value)?));
        }
        Ok(())
    }

    /// Help and unit of `metadata`.
    pub(crate) fn texts(&self, metadata: Metadata) -> Result<(&'a str, &'a str), WireError> {
        Ok((self.get(metadata.help_ref)?, self.get(metadata.unit_ref)?))
    }
}

/// What becomes of the series.
pub(crate) trait SeriesSink {
    /// Takes a series. `labels` are sorted by name and are what relabelling left.
    fn series(
        &mut self,
        labels: &[Label<'_>],
        series: TimeSeriesView<'_>,
        symbols: &Symbols<'_>,
    ) -> Result<(), WireError>;
}

/// Gives every series of `request` that `rules` keep to `sink` and returns the number of records in the others.
pub(crate) fn walk(request: &[u8], rules: &[Rule], sink: &mut impl SeriesSink) -> Result<u64, WireError> {
    let request = RequestView::new(request);
    let symbols = Symbols::read(request)?;
    let mut labels = Vec::new();
    let mut filtered = 0;
    for series in request.timeseries() {
        let series = series?;
        symbols.labels(series.label_refs(), &mut labels)?;
        if rules.is_empty() {
            sort(&mut labels);
            sink.series(&labels, series, &symbols)?;
            continue;
        }
        let mut relabelled: Labels = labels.iter().copied().collect();
        if apply(rules, &mut relabelled) {
            sink.series(&relabelled.iter().collect::<Vec<_>>(), series, &symbols)?;
        } else {
            filtered += series.count_records()?;
        }
    }
    Ok(filtered)
}

/// Labels come sorted from weir's own scrapes; both specifications demand it.
fn sort(labels: &mut [Label<'_>]) {
    if !labels.is_sorted_by_key(|(name, _)| *name) {
        labels.sort_by_key(|(name, _)| *name);
    }
}
