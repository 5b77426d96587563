//! The walk over a page.

use std::borrow::Cow;

use crate::cursor::Cursor;
use crate::series;
use crate::unescape::unescape;
use crate::{Format, ParseError, Reason, SeriesLine, Tail, parse_tail};

/// The type of a metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Not given, `untyped` in the text format, `unknown` in OpenMetrics.
    #[default]
    Unknown,
    /// `counter`
    Counter,
    /// `gauge`
    Gauge,
    /// `histogram`
    Histogram,
    /// `gaugehistogram`
    GaugeHistogram,
    /// `summary`
    Summary,
    /// `info`
    Info,
    /// `stateset`
    StateSet,
}

impl Kind {
    fn parse(name: &[u8], format: Format) -> Option<Self> {
        match (name, format) {
            (b"counter", _) => Some(Self::Counter),
            (b"gauge", _) => Some(Self::Gauge),
            (b"histogram", _) => Some(Self::Histogram),
            (b"summary", _) => Some(Self::Summary),
            (b"untyped", Format::Text) | (b"unknown", Format::OpenMetrics) => Some(Self::Unknown),
            (b"gaugehistogram", Format::OpenMetrics) => Some(Self::GaugeHistogram),
            (b"info", Format::OpenMetrics) => Some(Self::Info),
            (b"stateset", Format::OpenMetrics) => Some(Self::StateSet),
            _ => None,
        }
    }
}

/// What a line holds. Metric names of `Type`, `Help` and `Unit` are as on the page, without quotes, with escapes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item<'a> {
    /// A sample.
    Series(SeriesLine<'a>),
    /// `# TYPE`
    Type {
        /// The metric family.
        name: &'a [u8],
        /// Its type.
        kind: Kind,
    },
    /// `# HELP`
    Help {
        /// The metric family.
        name: &'a [u8],
        /// Its description.
        text: HelpText<'a>,
    },
    /// `# UNIT`
    Unit {
        /// The metric family.
        name: &'a [u8],
        /// Its unit, which ends the name; may be empty.
        unit: &'a [u8],
    },
    /// Any other comment of the text format.
    Comment,
}

/// A help text as on the page; UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HelpText<'a> {
    raw: &'a [u8],
    quotes: bool,
}

impl<'a> HelpText<'a> {
    /// The text with its escapes replaced.
    pub fn decode(&self) -> Cow<'a, str> {
        unescape(std::str::from_utf8(self.raw).unwrap_or_default(), self.quotes)
    }
}

/// Walks a page line by line. Ends after the first error. A page of OpenMetrics that ends without `# EOF` is an
/// error, so only a walk that reached the end without one has seen a whole page.
#[derive(Clone, Debug)]
pub struct Parser<'a> {
    cursor: Cursor<'a>,
    format: Format,
    kind: Kind,
    /// Where the line that is being read begins.
    line_start: usize,
    ended: bool,
}

impl<'a> Parser<'a> {
    /// Starts at the beginning of `page`. In the text format the last line may lack its line end.
    pub fn new(page: &'a [u8], format: Format) -> Self {
        Self { cursor: Cursor::new(page), format, kind: Kind::default(), line_start: 0, ended: false }
    }

    /// Takes the next line if it holds exactly the series bytes `series`, which stood on a page of the same format
    /// before. Otherwise nothing is taken, and the line is for `next` to read; also when what follows is malformed.
    pub fn take_series(&mut self, series: &[u8]) -> Option<Tail<'a>> {
        let tail = self.cursor.rest().strip_prefix(series)?;
        if tail.first() != Some(&b' ') {
            return None;
        }
        let tail = parse_tail(tail, self.format).ok()?;
        self.line_start = self.cursor.at;
        self.cursor.at += series.len() + tail.len;
        Some(tail)
    }

    /// The format that the page is read in.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Bytes walked so far. Right after an item: the end of its line.
    pub fn position(&self) -> usize {
        self.cursor.at
    }

    /// Where the line of the last item begins.
    pub fn line_start(&self) -> usize {
        self.line_start
    }

    fn item(&mut self) -> Result<Option<Item<'a>>, Reason> {
        match self.format {
            Format::Text => self.text_item(),
            Format::OpenMetrics => self.open_metrics_item(),
        }
    }

    fn text_item(&mut self) -> Result<Option<Item<'a>>, Reason> {
        loop {
            self.line_start = self.cursor.at;
            self.cursor.skip_blanks();
            match self.cursor.peek() {
                // Prometheus takes a NUL at the start of a line for the end of the page.
                None | Some(0) => return Ok(None),
                Some(b'\n') => self.cursor.at += 1,
                Some(b'#') => return self.text_comment(),
                Some(_) => {
                    self.cursor.at = self.line_start;
                    return self.series().map(Some);
                }
            }
        }
    }

    /// A line that begins with `#` in the text format.
    fn text_comment(&mut self) -> Result<Option<Item<'a>>, Reason> {
        self.cursor.at += 1;
        let blank = matches!(self.cursor.peek(), Some(b' ' | b'\t'));
        self.cursor.skip_blanks();
        let word = self.cursor;
        for (keyword, meta) in [(b"HELP", Meta::Help), (b"TYPE", Meta::Type)] {
            if blank && self.cursor.eat_text(keyword) && matches!(self.cursor.peek(), Some(b' ' | b'\t')) {
                self.cursor.skip_blanks();
                return self.meta(meta).map(Some);
            }
            self.cursor = word;
        }
        let comment = self.cursor.line_rest();
        match memchr::memchr(0, comment) {
            // Prometheus ends the page at such a NUL, as at one at the start of a line ...
            Some(at) if at == 0 || !blank => Ok(None),
            // ... and passes over one within a keyword.
            Some(at) if at <= KEYWORD_LEN && matches!(comment[0], b'H' | b'T') => Err(Reason::Start),
            _ => {
                self.cursor.eat(b'\n');
                Ok(Some(Item::Comment))
            }
        }
    }

    fn open_metrics_item(&mut self) -> Result<Option<Item<'a>>, Reason> {
        self.line_start = self.cursor.at;
        match self.cursor.peek() {
            None => Err(Reason::EofMissing),
            Some(b'#') => self.open_metrics_comment(),
            Some(_) => self.series().map(Some),
        }
    }

    fn open_metrics_comment(&mut self) -> Result<Option<Item<'a>>, Reason> {
        if self.cursor.eat_text(b"# EOF") {
            self.cursor.eat(b'\n');
            return if self.cursor.rest().is_empty() { Ok(None) } else { Err(Reason::AfterEof) };
        }
        for (keyword, meta) in
            [(&b"# HELP "[..], Meta::Help), (b"# TYPE ", Meta::Type), (b"# UNIT ", Meta::Unit)]
        {
            if self.cursor.eat_text(keyword) {
                return self.meta(meta).map(Some);
            }
        }
        Err(Reason::Start)
    }

    /// What follows `HELP`, `TYPE` or `UNIT`.
    fn meta(&mut self, meta: Meta) -> Result<Item<'a>, Reason> {
        let name = match self.cursor.peek() {
            Some(b'"') => self.cursor.quoted_name(),
            _ => self.cursor.metric_name(),
        };
        let name = name.ok_or(Reason::MetaName)?;
        let text = self.meta_text()?;
        match meta {
            Meta::Help => {
                std::str::from_utf8(text).map_err(|_| Reason::Utf8)?;
                let quotes = self.format == Format::OpenMetrics;
                Ok(Item::Help { name, text: HelpText { raw: text, quotes } })
            }
            Meta::Type => {
                self.kind = Kind::parse(text, self.format).ok_or(Reason::Kind)?;
                Ok(Item::Type { name, kind: self.kind })
            }
            Meta::Unit => {
                let stem = name.strip_suffix(text).ok_or(Reason::Unit)?;
                if text.is_empty() || stem.ends_with(b"_") {
                    Ok(Item::Unit { name, unit: text })
                } else {
                    Err(Reason::Unit)
                }
            }
        }
    }

    /// The rest of a line behind the metric's name, without the one byte between them.
    fn meta_text(&mut self) -> Result<&'a [u8], Reason> {
        let rest = self.cursor.line_rest();
        let line_end = self.cursor.eat(b'\n');
        match self.format {
            Format::OpenMetrics => match rest.split_first() {
                Some((b' ', text)) if line_end => Ok(text),
                _ => Err(Reason::MetaText),
            },
            Format::Text => match rest.split_first() {
                Some((0, _)) => Err(Reason::MetaText),
                Some((_, text)) if !rest.iter().all(|byte| matches!(byte, b' ' | b'\t' | 0)) => Ok(text),
                _ => Ok(&[]),
            },
        }
    }

    fn series(&mut self) -> Result<Item<'a>, Reason> {
        series::scan(&mut self.cursor, self.format, &mut |_| ())?;
        let series = self.cursor.since(self.line_start);
        let tail = parse_tail(self.cursor.rest(), self.format)?;
        self.cursor.at += tail.len;
        let Tail { value, timestamp_ms, exemplar, .. } = tail;
        Ok(Item::Series(SeriesLine {
            series,
            value,
            timestamp_ms,
            exemplar,
            kind: self.kind,
            format: self.format,
        }))
    }

    fn error(&self, reason: Reason) -> ParseError {
        let before = &self.cursor.bytes[..self.line_start];
        ParseError { line: 1 + memchr::memchr_iter(b'\n', before).count(), reason }
    }
}

/// Of `HELP` and `TYPE`.
const KEYWORD_LEN: usize = 4;

#[derive(Clone, Copy)]
enum Meta {
    Help,
    Type,
    Unit,
}

impl<'a> Iterator for Parser<'a> {
    type Item = Result<Item<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = self.item();
        self.ended = !matches!(item, Ok(Some(_)));
        item.map_err(|reason| self.error(reason)).transpose()
    }
}

#[cfg(test)]
mod tests;
