//! The samples that weir makes itself of every scrape.

use weir_proto::remote_write_v2::{Metadata, SeriesHead, SymbolTable};

use super::STALE;
use crate::scrape::labelling::Labelling;

/// Name, help and unit of the report samples, as in Prometheus. All are gauges.
const METRICS: [(&str, &str, &str); Report::SAMPLES] = [
    ("up", "Health of the scrape target. 1 means the target is healthy, 0 if the scrape failed.", "targets"),
    ("scrape_duration_seconds", "Duration of the last scrape in seconds.", "seconds"),
    ("scrape_samples_scraped", "Number of samples last scraped.", "samples"),
    (
        "scrape_samples_post_metric_relabeling",
        "Number of samples remaining after metric relabeling was applied.",
        "samples",
    ),
    ("scrape_series_added", "Number of series in the last scrape.", "series"),
];
/// `METRIC_TYPE_GAUGE`
const GAUGE: i32 = 2;

/// The values of the report samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::scrape) struct Report([f64; Report::SAMPLES]);

impl Report {
    /// Report samples per scrape.
    pub(in crate::scrape) const SAMPLES: usize = 5;

    /// Of a scrape that took `seconds`.
    pub(in crate::scrape) fn new(up: bool, seconds: f64, counts: super::Counts) -> Self {
        let up = if up { 1.0 } else { 0.0 };
        Self([up, seconds, counts.scraped as f64, counts.kept as f64, counts.added as f64])
    }

    /// Of a target that is scraped no more.
    pub(in crate::scrape) fn stale() -> Self {
        Self([STALE; Self::SAMPLES])
    }

    pub(super) fn values(&self) -> [f64; Self::SAMPLES] {
        self.0
    }
}

/// The report samples' series.
#[derive(Clone, Debug)]
pub(super) struct ReportHeads([SeriesHead; Report::SAMPLES]);

impl ReportHeads {
    /// Encodes them with references to `symbols`.
    pub(super) fn new(labelling: &Labelling, symbols: &mut SymbolTable) -> Self {
        Self(METRICS.map(|(name, help, unit)| {
            let labels = labelling.report(name);
            let refs: Vec<u32> = labels
                .iter()
                .flat_map(|(name, value)| [name, value])
                .map(|text| symbols.intern(text))
                .collect();
            let metadata =
                Metadata { kind: GAUGE, help_ref: symbols.intern(help), unit_ref: symbols.intern(unit) };
            SeriesHead::new(&refs, metadata)
        }))
    }

    /// The encoded heads, in the order of the values.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(SeriesHead::as_bytes)
    }

    pub(super) fn bytes(&self) -> usize {
        self.iter().map(<[u8]>::len).sum()
    }
}
