//! The page memory: what a target's last page looked like, so that the next one costs little.
//!
//! A page is the same lines as last time with other numbers. [`PageMemory`] holds the raw bytes that stood between
//! the numbers, in order, and the request that the page became, in which only values and timestamps change. A new
//! page is compared with it piece by piece (`replay`): a memcmp, a float parse and two stores per sample. Where it
//! differs, the page is read with a parser (`learn`), which reuses the label references of every series that is
//! still known and looks up by map only what moved.
//!
//! What leaves here per scrape is one remote-write 2.0 request: the page's samples, staleness markers of series that
//! vanished, and the report samples (`up` and its like).

mod edits;
mod head;
mod learn;
mod previous;
mod replay;
mod report;

use bytes::Bytes;
use weir_exposition::{Format, ParseError, Reason};
use weir_proto::remote_write_v2::{SampleSlot, Template};

use super::labelling::{LabelError, Labelling};
use edits::Edits;
use learn::{learn, unread};
use previous::Previous;
pub(super) use report::Report;
use report::ReportHeads;

/// The value that ends a series: Prometheus' staleness marker, a NaN with its own bits.
const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);
/// Samples further in the future than this are dropped, as in Prometheus.
const AHEAD_MAX_MS: i64 = 10 * 60 * 1000;

/// What of a job's settings concerns pages.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PageSettings {
    /// How series get their labels.
    pub(super) labelling: Labelling,
    /// Timestamps of the page are used.
    pub(super) honor_timestamps: bool,
    /// Series with timestamps of their own get staleness markers too.
    pub(super) track_timestamps_staleness: bool,
    /// Samples after relabelling; 0 is no limit.
    pub(super) sample_limit: u64,
}

/// Why a page is refused as a whole.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(super) enum PageError {
    /// It breaks the format's rules.
    #[error("malformed page: {0}")]
    Malformed(#[from] ParseError),
    /// A name in quotes breaks them.
    #[error("malformed page: name of a metric or label: {0}")]
    Name(#[from] Reason),
    /// The labels of a series cannot be used.
    #[error("{0}")]
    Labels(#[from] LabelError),
    /// More samples than the job allows.
    #[error("sample_limit exceeded (limit {limit})")]
    SampleLimit {
        /// The limit.
        limit: u64,
    },
}

/// What the report samples say of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Samples on the page.
    pub(super) scraped: u64,
    /// Of these, left after relabelling.
    pub(super) kept: u64,
    /// Of these, of series that the last page did not have.
    pub(super) added: u64,
}

/// A page of which nothing was taken, and what had been read of it by then.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refused {
    pub(super) error: PageError,
    pub(super) counts: Counts,
}

/// A scrape that the memory has taken in and that waits to be encoded.
#[derive(Debug)]
#[must_use]
pub(super) struct Observed {
    pub(super) counts: Counts,
    edits: Edits,
}

/// The result of one scrape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Encoded {
    /// An `io.prometheus.write.v2.Request`.
    pub(super) payload: Bytes,
    /// Samples in it.
    pub(super) records: u32,
    /// Samples of the page that a relabelling rule dropped.
    pub(super) filtered: u64,
    /// Samples of the page that repeat a series, or whose own timestamp goes back or lies too far ahead.
    pub(super) unusable: u64,
}

/// What a piece of the last page was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Comments, metadata and blank lines.
    Gap,
    /// A series that a relabelling rule drops.
    Dropped,
    /// A series that stood on the page before.
    Duplicate,
    /// A series, with its sample's place in the template.
    Series(SampleSlot),
    /// A series that brings its own timestamps.
    Clocked(SampleSlot),
}

/// A piece of the last page. Its bytes stand in `keys`, behind those of the piece before it.
#[derive(Clone, Copy, Debug)]
struct Piece {
    key_len: u32,
    place: Place,
}

/// The last sample that was sent of a series with its own timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sent {
    timestamp: i64,
    value_bits: u64,
}

/// The last page of a target. Invariants: the template holds one sample per piece that is `Series` or `Clocked`, in
/// their order; `sent` has one entry per `Clocked` piece.
#[derive(Debug)]
pub(super) struct PageMemory {
    format: Format,
    keys: Vec<u8>,
    pieces: Vec<Piece>,
    sent: Vec<Option<Sent>>,
    template: Template,
    symbols: Symbols,
    report: ReportHeads,
    counts: Counts,
    unusable: u64,
    /// False when the series have ended by staleness markers already.
    live: bool,
    /// The page gives one series several timestamps, so its samples need a look all together: never replayed.
    irregular: bool,
    /// False when the labels were made by other settings: they only say which series there were.
    reusable: bool,
    /// Whether the report samples have been sent at least once.
    scraped: bool,
}

/// The symbols at the start of the template.
#[derive(Clone, Copy, Debug)]
struct Symbols {
    count: u32,
    encoded_len: usize,
}

impl PageMemory {
    /// The memory of a target that has not been scraped.
    pub(super) fn new(settings: &PageSettings) -> Self {
        unread(settings)
    }

    /// Says that the next pages are read by other settings: labels are made anew, and series that are then not there
    /// any more end with staleness markers.
    pub(super) fn settings_changed(&mut self) {
        self.reusable = false;
    }

    /// Takes in a page that was scraped at `now_ms`. On an error nothing of it is taken.
    pub(super) fn observe(
        &mut self,
        page: &[u8],
        format: Format,
        now_ms: i64,
        settings: &PageSettings,
    ) -> Result<Observed, Refused> {
        if let Some(edits) = self.replay(page, format, now_ms, settings) {
            (self.live, self.scraped) = (true, true);
            return Ok(Observed { counts: self.counts, edits });
        }
        let (memory, observed) = learn(&Previous::of(self), page, format, now_ms, settings)?;
        *self = memory;
        Ok(observed)
    }

    /// Takes in that a scrape brought nothing: every series ends. `counts` are of the page that was refused, if there
    /// was one.
    pub(super) fn lose(&mut self, counts: Counts, now_ms: i64, settings: &PageSettings) -> Observed {
        let mut edits = Edits::of_no_page(self.symbols.count);
        if self.live {
            Previous::of(self).end_all(now_ms, settings, &mut edits);
        }
        (self.live, self.scraped) = (false, true);
        Observed { counts, edits }
    }

    /// The request that ends every series, the report's too, of a target that is scraped no more. `None` if there are
    /// none.
    pub(super) fn end(&mut self, now_ms: i64, settings: &PageSettings) -> Option<Encoded> {
        if !self.scraped {
            return None;
        }
        let observed = self.lose(Counts::default(), now_ms, settings);
        Some(self.encode(observed, &Report::stale(), now_ms))
    }

    /// The request of a scrape. `observed` must be what this memory took in last.
    pub(super) fn encode(&self, observed: Observed, report: &Report, now_ms: i64) -> Encoded {
        let Observed { mut edits, .. } = observed;
        for (head, value) in self.report.iter().zip(report.values()) {
            edits.put_sample(head, value, now_ms);
        }
        let (kept, filtered, unusable) = match edits.page {
            true => (self.template.records(), self.counts.scraped - self.counts.kept, self.unusable),
            false => (0, 0, 0),
        };
        let records = kept - edits.skipped() + edits.records();
        Encoded {
            payload: edits.apply(self.template.as_bytes(), self.symbols.encoded_len).into(),
            // A page is at most 256 MiB, so it has far fewer samples than 2^32.
            records: records as u32,
            filtered,
            unusable: unusable + edits.unusable,
        }
    }

    /// Bytes that the memory takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.keys.capacity()
            + self.pieces.capacity() * size_of::<Piece>()
            + self.sent.capacity() * size_of::<Option<Sent>>()
            + self.template.as_bytes().len()
            + self.report.bytes()
    }

    /// Series in the memory, dropped ones not counted.
    pub(super) fn series(&self) -> u64 {
        self.template.records()
    }
}

#[cfg(test)]
mod tests;
