//! A page that is not the last one with other numbers: read it, and remember it.

mod finish;
mod seen;

use weir_exposition::{Exemplar, Format, Item, LabelBuf, Parser, SeriesLine, Tail};
use weir_proto::remote_write_v2::{Metadata, RequestWriter, Sample, SymbolTable};
use weir_relabel::Labels;

use super::head::put_head;
use super::previous::Previous;
use super::replay::Clock;
use super::report::ReportHeads;
use super::{Counts, Observed, PageError, PageMemory, PageSettings, Piece, Place, Refused, Sent, Symbols};
use crate::scrape::family::Family;
use crate::scrape::labelling::METRIC_NAME;
use seen::Seen;

/// How many lines may have gone between two before a line is looked for by map.
const GONE_LINES_MAX: usize = 8;
/// Stands for a reference that the new symbol table does not have yet.
const UNKNOWN: u32 = u32::MAX;

/// The memory of a target without a page.
pub(super) fn unread(settings: &PageSettings) -> PageMemory {
    let mut symbols = SymbolTable::new();
    let report = ReportHeads::new(&settings.labelling, &mut symbols);
    PageMemory {
        format: Format::Text,
        keys: Vec::new(),
        pieces: Vec::new(),
        sent: Vec::new(),
        template: RequestWriter::default().template(&symbols),
        symbols: Symbols::of(&symbols),
        report,
        counts: Counts::default(),
        unusable: 0,
        live: false,
        irregular: false,
        reusable: true,
        scraped: false,
    }
}

/// Reads `page` with what is known from the `previous` one.
pub(super) fn learn<'a>(
    previous: &'a Previous<'a>,
    page: &'a [u8],
    format: Format,
    now_ms: i64,
    settings: &'a PageSettings,
) -> Result<(PageMemory, Observed), Refused> {
    let mut learner = Learner::new(previous, page, format, now_ms, settings);
    let result = learner.walk();
    let counts = learner.counts;
    match result {
        Err(error) => Err(Refused { error, counts }),
        Ok(()) if learner.over_limit => {
            Err(Refused { error: PageError::SampleLimit { limit: settings.sample_limit }, counts })
        }
        Ok(()) => Ok(learner.finish(format)),
    }
}

impl Symbols {
    fn of(table: &SymbolTable) -> Self {
        Self { count: table.len() as u32, encoded_len: table.encoded().len() }
    }
}

struct Learner<'a> {
    previous: &'a Previous<'a>,
    settings: &'a PageSettings,
    now_ms: i64,
    page: &'a [u8],
    parser: Parser<'a>,
    family: Family<'a>,
    /// References of the last page, in the new symbol table.
    remap: Vec<u32>,
    symbols: SymbolTable,
    report: ReportHeads,
    writer: RequestWriter,
    keys: Vec<u8>,
    pieces: Vec<Piece>,
    sent: Vec<Option<Sent>>,
    seen: Seen,
    /// By line of the last page: whether its series is still there and tracked.
    stays: Vec<bool>,
    /// What the request of this scrape has besides the template or lacks of it.
    changes: Vec<Change<'a>>,
    /// Where the lines begin that are not in a piece yet.
    gap_from: usize,
    counts: Counts,
    duplicates: u64,
    unusable: u64,
    irregular: bool,
    over_limit: bool,
    refs: Vec<u32>,
    head: Vec<u8>,
    labels: Labels,
    label_buf: LabelBuf,
}

enum Change<'a> {
    Skip(u32),
    Exemplar(u32, Exemplar<'a>, i64),
}

/// What follows a series on its line.
#[derive(Clone, Copy)]
struct Found<'a> {
    value: f64,
    timestamp_ms: Option<i64>,
    exemplar: Option<Exemplar<'a>>,
}

impl<'a> From<Tail<'a>> for Found<'a> {
    fn from(tail: Tail<'a>) -> Self {
        Self { value: tail.value, timestamp_ms: tail.timestamp_ms, exemplar: tail.exemplar }
    }
}

impl<'a> From<SeriesLine<'a>> for Found<'a> {
    fn from(line: SeriesLine<'a>) -> Self {
        Self { value: line.value, timestamp_ms: line.timestamp_ms, exemplar: line.exemplar }
    }
}

impl<'a> Learner<'a> {
    fn new(
        previous: &'a Previous<'a>,
        page: &'a [u8],
        format: Format,
        now_ms: i64,
        settings: &'a PageSettings,
    ) -> Self {
        let mut symbols = SymbolTable::new();
        let report = ReportHeads::new(&settings.labelling, &mut symbols);
        Self {
            previous,
            settings,
            now_ms,
            page,
            parser: Parser::new(page, format),
            family: Family::default(),
            remap: vec![UNKNOWN; previous.symbols.len()],
            symbols,
            report,
            writer: RequestWriter::with_capacity(previous.memory.template.as_bytes().len()),
            keys: Vec::with_capacity(page.len()),
            pieces: Vec::with_capacity(previous.memory.pieces.len()),
            sent: Vec::new(),
            seen: Seen::new(previous.lines.len()),
            stays: vec![false; previous.lines.len()],
            changes: Vec::new(),
            gap_from: 0,
            counts: Counts::default(),
            duplicates: 0,
            unusable: 0,
            irregular: false,
            over_limit: false,
            refs: Vec::new(),
            head: Vec::new(),
            labels: Labels::new(),
            label_buf: LabelBuf::new(),
        }
    }

    fn walk(&mut self) -> Result<(), PageError> {
        let reusable = self.previous.memory.reusable && self.parser.format() == self.previous.memory.format;
        let mut expected = 0;
        loop {
            let next =
                self.previous.lines.get(expected).filter(|line| reusable && line.place != Place::Duplicate);
            if let Some(line) = next
                && let Some(tail) = self.parser.take_series(line.key)
            {
                self.known(expected, line.key, tail.into());
                expected += 1;
                continue;
            }
            match self.parser.next().transpose()? {
                None => break,
                Some(Item::Series(line)) => {
                    let known = if reusable { self.find(line.series, expected) } else { None };
                    match known {
                        Some(index) if self.previous.lines[index].place != Place::Duplicate => {
                            self.known(index, line.series, line.into());
                            expected = index + 1;
                        }
                        other => self.unknown(&line, other.is_none())?,
                    }
                }
                Some(item) => self.family.take(&item),
            }
        }
        self.push_gap(self.page.len());
        Ok(())
    }

    /// The line of the last page with the series bytes `key`: most likely a little further on.
    fn find(&self, key: &[u8], expected: usize) -> Option<usize> {
        let ahead = self.previous.lines.iter().skip(expected).take(GONE_LINES_MAX);
        match ahead.enumerate().find(|(_, line)| line.key == key) {
            Some((ahead, _)) => Some(expected + ahead),
            None => self.previous.find(key),
        }
    }

    /// A line whose series was on the last page.
    fn known(&mut self, index: usize, key: &[u8], found: Found<'a>) {
        let line = self.previous.lines[index];
        self.counts.scraped += 1;
        if line.place == Place::Dropped {
            self.push_piece(key, Place::Dropped);
            return;
        }
        self.refs.clear();
        for old in self.previous.label_refs(line.series) {
            let reference = self.moved(old);
            self.refs.push(reference);
        }
        let metric = self.previous.metric_name(line.series);
        let metadata = self.family.metadata(metric, &mut self.symbols);
        self.stays[index] = self.keep(key, found, metadata, line.sent, false);
    }

    /// The reference in the new table of what `old` names in the last page's.
    fn moved(&mut self, old: u32) -> u32 {
        let text = self.previous.symbols[old as usize];
        let reference = &mut self.remap[old as usize];
        if *reference == UNKNOWN {
            *reference = self.symbols.intern(text);
        }
        *reference
    }

    /// A line whose labels have to be made.
    fn unknown(&mut self, line: &SeriesLine<'a>, new: bool) -> Result<(), PageError> {
        self.counts.scraped += 1;
        line.labels(&mut self.label_buf)?;
        if !self.settings.labelling.series(&self.label_buf, &mut self.labels)? {
            self.push_piece(line.series, Place::Dropped);
            return Ok(());
        }
        self.refs.clear();
        for (name, value) in self.labels.iter() {
            self.refs.push(self.symbols.intern(name));
            self.refs.push(self.symbols.intern(value));
        }
        let metric = self.labels.get(METRIC_NAME).unwrap_or_default();
        let metadata = self.family.metadata(metric, &mut self.symbols);
        self.keep(line.series, (*line).into(), metadata, None, new);
        Ok(())
    }

    /// Takes in a sample of the series `self.refs`. True when the series is there and tracked.
    fn keep(
        &mut self,
        key: &[u8],
        found: Found<'a>,
        metadata: Metadata,
        last: Option<Sent>,
        new: bool,
    ) -> bool {
        self.counts.kept += 1;
        let own_timestamp = found.timestamp_ms.filter(|_| self.settings.honor_timestamps);
        let timestamp = own_timestamp.unwrap_or(self.now_ms);
        let tracked = own_timestamp.is_none() || self.settings.track_timestamps_staleness;
        if let Some(before) = self.seen.get(&self.refs) {
            self.irregular |= own_timestamp.is_some();
            if own_timestamp.is_none() || timestamp <= before.timestamp {
                self.duplicates += 1;
                self.push_piece(key, Place::Duplicate);
                return false;
            }
            before.timestamp = timestamp;
        } else {
            self.seen.insert(&self.refs, timestamp, tracked);
        }
        let limit = self.settings.sample_limit;
        if limit > 0 && self.writer.records() >= limit {
            self.over_limit = true;
            return false;
        }
        self.counts.added += u64::from(new);
        let sample = Sample { value: found.value, timestamp, start_timestamp: 0 };
        let series = self.writer.records() as u32;
        put_head(&mut self.head, &self.refs, metadata);
        let slot = self.writer.put_sample(&self.head, &sample);
        let sends = own_timestamp.is_none() || self.clocked(series, last, &sample);
        self.push_piece(
            key,
            if own_timestamp.is_some() { Place::Clocked(slot) } else { Place::Series(slot) },
        );
        if let Some(exemplar) = found.exemplar.filter(|_| sends) {
            self.changes.push(Change::Exemplar(series, exemplar, timestamp));
        }
        tracked
    }

    /// Whether a sample with its own timestamp is one to send.
    fn clocked(&mut self, series: u32, last: Option<Sent>, sample: &Sample) -> bool {
        let sample = Sent { timestamp: sample.timestamp, value_bits: sample.value.to_bits() };
        let clock = Clock::of(last, sample, self.now_ms);
        self.sent.push(if clock == Clock::Advances { Some(sample) } else { last });
        self.unusable += u64::from(clock == Clock::Unusable);
        if clock != Clock::Advances {
            self.changes.push(Change::Skip(series));
        }
        clock == Clock::Advances
    }

    /// Adds the piece of a line that has just been read.
    fn push_piece(&mut self, key: &[u8], place: Place) {
        self.push_gap(self.parser.line_start());
        self.keys.extend_from_slice(key);
        self.pieces.push(Piece { key_len: key.len() as u32, place });
        self.gap_from = self.parser.position();
    }

    fn push_gap(&mut self, end: usize) {
        let gap = &self.page[self.gap_from.min(end)..end];
        if !gap.is_empty() {
            self.keys.extend_from_slice(gap);
            self.pieces.push(Piece { key_len: gap.len() as u32, place: Place::Gap });
        }
    }
}
