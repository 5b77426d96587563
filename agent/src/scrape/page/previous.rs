//! The last page as a source of what is known: which series there were, and with which labels.

use std::cell::OnceCell;
use std::collections::HashSet;

use weir_proto::remote_write_v2::{Metadata, RequestView, TimeSeriesView};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::edits::Edits;
use super::head::put_head;
use super::{PageMemory, PageSettings, Place, STALE, Sent};
use crate::scrape::by_hash::ByHash;
use crate::scrape::labelling::METRIC_NAME;

/// A line of the last page that held a sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct OldLine<'a> {
    pub(super) key: &'a [u8],
    pub(super) place: Place,
    /// Its number in the template, if it has one.
    pub(super) series: u32,
    /// What was sent last, if it brings its own timestamps.
    pub(super) sent: Option<Sent>,
}

#[derive(Debug)]
struct ByKey {
    lines: ByHash<u32>,
    /// A page cannot know it, so it cannot make keys collide.
    seed: u64,
}

/// The last page, taken apart.
pub(super) struct Previous<'a> {
    pub(super) memory: &'a PageMemory,
    pub(super) symbols: Vec<&'a str>,
    pub(super) lines: Vec<OldLine<'a>>,
    series: Vec<TimeSeriesView<'a>>,
    /// The first line with each hash of a key; made when a line has moved.
    by_key: OnceCell<ByKey>,
    /// The reference of the label name that names the metric.
    name_ref: Option<u32>,
}

impl<'a> Previous<'a> {
    pub(super) fn of(memory: &'a PageMemory) -> Self {
        let request = RequestView::new(memory.template.as_bytes());
        let symbols: Vec<&str> = request.symbols().flatten().collect();
        Self {
            memory,
            name_ref: symbols.iter().position(|symbol| *symbol == METRIC_NAME).map(|index| index as u32),
            symbols,
            series: request.timeseries().flatten().collect(),
            lines: lines(memory),
            by_key: OnceCell::new(),
        }
    }

    /// The line with the series bytes `key`. Of two keys with one hash the second is not found: its labels are made
    /// again then, and are the same.
    pub(super) fn find(&self, key: &[u8]) -> Option<usize> {
        let ByKey { lines, seed } = self.by_key.get_or_init(|| self.index());
        let &index = lines.get(&xxh3_64_with_seed(key, *seed))?;
        (self.lines[index as usize].key == key).then_some(index as usize)
    }

    fn index(&self) -> ByKey {
        let seed = fastrand::u64(..);
        let mut by_key = ByHash::with_capacity_and_hasher(self.lines.len(), Default::default());
        for (index, line) in self.lines.iter().enumerate() {
            by_key.entry(xxh3_64_with_seed(line.key, seed)).or_insert(index as u32);
        }
        ByKey { lines: by_key, seed }
    }

    /// References of a series' label names and values, into `symbols`.
    pub(super) fn label_refs(&self, series: u32) -> impl Iterator<Item = u32> + use<'a> {
        self.series[series as usize].label_refs().flatten()
    }

    /// The metric's name of a series.
    pub(super) fn metric_name(&self, series: u32) -> &'a str {
        let mut refs = self.label_refs(series);
        while let (Some(name), Some(value)) = (refs.next(), refs.next()) {
            if Some(name) == self.name_ref {
                return self.symbols[value as usize];
            }
        }
        ""
    }

    /// Whether a line's series ends with a staleness marker when it is gone.
    pub(super) fn is_tracked(&self, line: &OldLine<'_>, settings: &PageSettings) -> bool {
        self.memory.live
            && match line.place {
                Place::Series(_) => true,
                Place::Clocked(_) => settings.track_timestamps_staleness,
                Place::Gap | Place::Dropped | Place::Duplicate => false,
            }
    }

    /// Adds a staleness marker of every series.
    pub(super) fn end_all(&self, now_ms: i64, settings: &PageSettings, edits: &mut Edits) {
        let mut ended = HashSet::new();
        let mut head = Vec::new();
        for line in self.lines.iter().filter(|line| self.is_tracked(line, settings)) {
            let refs: Vec<u32> = self.label_refs(line.series).collect();
            put_head(&mut head, &refs, Metadata::default());
            // Only a page with several timestamps of one series has several lines of it in the template.
            if !self.memory.irregular || ended.insert(refs) {
                edits.put_sample(&head, STALE, now_ms);
            }
        }
    }
}

fn lines(memory: &PageMemory) -> Vec<OldLine<'_>> {
    let mut keys = memory.keys.as_slice();
    let (mut series, mut sent) = (0, memory.sent.iter());
    let mut lines = Vec::with_capacity(memory.pieces.len());
    for piece in &memory.pieces {
        let (key, rest) = keys.split_at(piece.key_len as usize);
        keys = rest;
        let mut line = OldLine { key, place: piece.place, series, sent: None };
        match piece.place {
            Place::Gap => continue,
            Place::Dropped | Place::Duplicate => {}
            Place::Series(_) => series += 1,
            Place::Clocked(_) => {
                series += 1;
                line.sent = sent.next().copied().flatten();
            }
        }
        lines.push(line);
    }
    lines
}
