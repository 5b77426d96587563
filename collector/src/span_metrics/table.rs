//! All series.

use std::collections::HashMap;

use weir_proto::otlp::traces::{RequestView, SpanView};
use weir_proto::wire::WireError;
use weir_sampling::{Randomness, TraceState};
use weir_spool::{Entry, Position};

use super::counts::{Counts, Observed};
use super::key::Key;
use crate::spans::service_name;

/// Counts by key, and one for all the keys that are too many.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Table {
    /// Upper bounds of the classic histogram, in seconds.
    pub(super) bounds: Vec<f64>,
    pub(super) series: HashMap<Vec<u8>, Counts>,
    pub(super) overflow: Option<Counts>,
    /// Every entry up to here is counted.
    pub(super) through: Option<Position>,
}

/// What became of an entry's spans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) counted: u64,
    /// Of those counted, under no labels of their own.
    pub(super) overflowed: u64,
    /// Counted in an earlier life.
    pub(super) repeated: u64,
    pub(super) malformed: u64,
}

impl Table {
    pub(super) fn new(bounds: Vec<f64>) -> Self {
        Self { bounds, ..Self::default() }
    }

    /// Counts the spans of an entry, unless it was counted before. Series that it begins began at `started`.
    pub(super) fn count(&mut self, entry: &Entry, series_max: usize, started: i64) -> Tally {
        let records = u64::from(entry.batch.records);
        let position = entry.id.position();
        if self.through.is_some_and(|through| position <= through) {
            return Tally { repeated: records, ..Tally::default() };
        }
        let time = (entry.batch.received.0 / 1_000_000) as i64;
        let mut counting =
            Counting { table: self, key: Key::default(), series_max, started, time, tally: Tally::default() };
        // The intake has checked it, so this is a spool that holds something else.
        let read = counting.request(&entry.batch.payload);
        let mut tally = counting.tally;
        if read.is_err() {
            tally.malformed = records.saturating_sub(tally.counted);
        }
        self.through = Some(position);
        tally
    }

    /// Forgets series that counted nothing since `before`, in milliseconds since the Unix epoch.
    pub(super) fn forget_idle(&mut self, before: i64) {
        self.series.retain(|_, counts| counts.updated >= before);
    }
}

struct Counting<'a> {
    table: &'a mut Table,
    /// Reused for each span.
    key: Key,
    series_max: usize,
    started: i64,
    time: i64,
    tally: Tally,
}

impl Counting<'_> {
    fn request(&mut self, payload: &[u8]) -> Result<(), WireError> {
        for resource in RequestView::new(payload).resources() {
            let resource = resource?;
            let service = service_name(resource.attributes())?;
            for scope in resource.scopes() {
                for span in scope?.records() {
                    self.span(service, &span?)?;
                }
            }
        }
        Ok(())
    }

    fn span(&mut self, service: &str, span: &SpanView<'_>) -> Result<(), WireError> {
        self.key.set(service, span)?;
        let observed = observed(span, self.time)?;
        let Self { table, key: Key(key), .. } = self;
        let is_known = table.series.contains_key(key);
        let buckets = table.bounds.len();
        let started = self.started;
        let counts = if is_known || table.series.len() < self.series_max {
            if !is_known {
                table.series.insert(key.clone(), Counts::new(buckets, started));
            }
            table.series.get_mut(key)
        } else {
            self.tally.overflowed += 1;
            Some(table.overflow.get_or_insert_with(|| Counts::new(buckets, started)))
        };
        if let Some(counts) = counts {
            counts.count(&observed, &table.bounds);
        }
        self.tally.counted += 1;
        Ok(())
    }
}

fn observed(span: &SpanView<'_>, time: i64) -> Result<Observed, WireError> {
    let trace_id = span.trace_id()?;
    let state = match span.trace_state()? {
        "" => TraceState::default(),
        state => TraceState::parse(state.as_bytes()),
    };
    let randomness =
        state.randomness.unwrap_or_else(|| Randomness::from_trace_id(&trace_id.unwrap_or_default()));
    // A threshold that the span cannot have passed says nothing.
    let threshold = state.threshold.filter(|threshold| threshold.keeps(randomness));
    let nanos = span.end_time_unix_nano().saturating_sub(span.start_time_unix_nano());
    Ok(Observed {
        seconds: nanos as f64 / 1e9,
        weight: threshold.map_or(1.0, |threshold| threshold.adjusted_count()),
        trace_id,
        span_id: span.span_id()?.unwrap_or_default(),
        time,
        randomness,
    })
}
