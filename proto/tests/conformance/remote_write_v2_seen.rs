//! What the views see of a remote-write 2.0 request, as prost's types. Shared with the fuzz targets.

use prost::Message;
use weir_proto::generated::remote_write_v2 as prw;
use weir_proto::remote_write_v2::{RequestView, TimeSeriesView};
use weir_proto::wire::WireError;

/// The request as the views read it, encoded: numbers that are not equal to themselves compare.
pub(crate) fn metrics_through_views(request: &[u8]) -> Result<Vec<u8>, WireError> {
    let view = RequestView::new(request);
    let symbols = view.symbols().map(|symbol| symbol.map(str::to_owned)).collect::<Result<_, _>>()?;
    let timeseries = view.timeseries().map(|series| read_series(series?)).collect::<Result<_, _>>()?;
    Ok(prw::Request { symbols, timeseries }.encode_to_vec())
}

fn read_series(series: TimeSeriesView<'_>) -> Result<prw::TimeSeries, WireError> {
    let mut read = prw::TimeSeries {
        labels_refs: series.label_refs().collect::<Result<_, _>>()?,
        ..prw::TimeSeries::default()
    };
    for sample in series.samples() {
        let sample = sample?;
        read.samples.push(prw::Sample {
            value: sample.value,
            timestamp: sample.timestamp,
            start_timestamp: sample.start_timestamp,
        });
    }
    for histogram in series.histograms() {
        // The views leave histograms encoded.
        read.histograms.push(prw::Histogram::decode(histogram?).map_err(|_| WireError::Truncated)?);
    }
    for exemplar in series.exemplars() {
        let exemplar = exemplar?;
        read.exemplars.push(prw::Exemplar {
            labels_refs: exemplar.label_refs().collect::<Result<_, _>>()?,
            value: exemplar.value,
            timestamp: exemplar.timestamp,
        });
    }
    let metadata = series.metadata()?;
    read.metadata = Some(prw::Metadata {
        r#type: metadata.kind,
        help_ref: metadata.help_ref,
        unit_ref: metadata.unit_ref,
    });
    Ok(read)
}

/// Metadata that is absent reads as all zero.
pub(crate) fn seen_of_metrics(mut request: prw::Request) -> Vec<u8> {
    for series in &mut request.timeseries {
        series.metadata.get_or_insert_default();
    }
    request.encode_to_vec()
}
