//! Metrics of scraping.

use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// How a scrape ended: the label `outcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The page was taken in.
    Ok,
    /// No connection, or it broke.
    Connection,
    /// The target did not answer in time.
    Timeout,
    /// Another status than 200.
    Status,
    /// The page is too large.
    BodySizeLimit,
    /// The body's encoding cannot be read.
    Encoding,
    /// The page's format is not known.
    ContentType,
    /// The page breaks its format's rules.
    Malformed,
    /// A series has too many or too long labels.
    LabelLimit,
    /// The page has too many samples.
    SampleLimit,
    /// The job has too many targets.
    TargetLimit,
    /// No request could be made: its URL or credentials cannot be read.
    Request,
}

impl Outcome {
    const ALL: [Self; 12] = [
        Self::Ok,
        Self::Connection,
        Self::Timeout,
        Self::Status,
        Self::BodySizeLimit,
        Self::Encoding,
        Self::ContentType,
        Self::Malformed,
        Self::LabelLimit,
        Self::SampleLimit,
        Self::TargetLimit,
        Self::Request,
    ];

    /// The label value.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Connection => "connection",
            Self::Timeout => "timeout",
            Self::Status => "status",
            Self::BodySizeLimit => "body_size_limit",
            Self::Encoding => "encoding",
            Self::ContentType => "content_type",
            Self::Malformed => "malformed",
            Self::LabelLimit => "label_limit",
            Self::SampleLimit => "sample_limit",
            Self::TargetLimit => "target_limit",
            Self::Request => "request",
        }
    }
}

/// Metrics of all scrape loops and of discovery.
#[derive(Clone, Debug)]
pub(super) struct ScrapeMetrics {
    scrapes: IntCounterVec,
    pub(super) skipped: IntCounter,
    pub(super) targets: IntGauge,
    pub(super) targets_refused: IntCounter,
    pub(super) series: IntGauge,
    pub(super) page_memory: IntGauge,
    pub(super) file_errors: IntCounter,
}

impl ScrapeMetrics {
    /// Registers them.
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let scrapes = Opts::new("weir_scrapes_total", "Scrapes, by how they ended.");
        let metrics = Self {
            scrapes: IntCounterVec::new(scrapes, &["outcome"])?,
            skipped: IntCounter::new(
                "weir_scrapes_skipped_total",
                "Scrapes that were due while the one before them was not done, most likely for want of room in the spool.",
            )?,
            targets: IntGauge::new("weir_scrape_targets", "Targets that are scraped.")?,
            targets_refused: IntCounter::new(
                "weir_scrape_targets_refused_total",
                "Discovered addresses that cannot be scraped, each counted when it turns up.",
            )?,
            series: IntGauge::new("weir_scrape_series", "Series on the last page of each target.")?,
            page_memory: IntGauge::new(
                "weir_scrape_page_memory_bytes",
                "Memory that holds the last page of each target.",
            )?,
            file_errors: IntCounter::new(
                "weir_file_sd_read_errors_total",
                "Files with targets that could not be read; their last good content stays in force.",
            )?,
        };
        for outcome in Outcome::ALL {
            metrics.scrapes.with_label_values(&[outcome.as_str()]);
        }
        registry.register(Box::new(metrics.scrapes.clone()))?;
        for counter in [&metrics.skipped, &metrics.targets_refused, &metrics.file_errors] {
            registry.register(Box::new(counter.clone()))?;
        }
        for gauge in [&metrics.targets, &metrics.series, &metrics.page_memory] {
            registry.register(Box::new(gauge.clone()))?;
        }
        Ok(metrics)
    }

    /// A scrape ended.
    pub(super) fn count(&self, outcome: Outcome) {
        self.scrapes.with_label_values(&[outcome.as_str()]).inc();
    }
}
