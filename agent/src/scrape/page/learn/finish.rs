//! The end of a page: what is remembered, and what the request has besides the template.

use weir_exposition::Format;
use weir_proto::remote_write_v2::Metadata;

use super::{Change, Learner};
use crate::scrape::page::edits::Edits;
use crate::scrape::page::head::put_head;
use crate::scrape::page::{Counts, Observed, PageMemory, STALE, Symbols};

impl Learner<'_> {
    /// The new memory, and the scrape that waits to be encoded.
    pub(super) fn finish(mut self, format: Format) -> (PageMemory, Observed) {
        let symbols = Symbols::of(&self.symbols);
        let template = self.writer.template(&self.symbols);
        let mut edits = Edits::new(symbols.count);
        edits.unusable = self.unusable;
        for change in &self.changes {
            match change {
                Change::Skip(series) => edits.skip(*series),
                Change::Exemplar(series, exemplar, timestamp) => {
                    edits.put_exemplar(*series, exemplar, *timestamp)
                }
            }
        }
        self.end_series_that_left(&mut edits, symbols.count);
        let counts = self.counts;
        self.keys.shrink_to_fit();
        self.pieces.shrink_to_fit();
        let memory = PageMemory {
            format,
            keys: self.keys,
            pieces: self.pieces,
            sent: self.sent,
            template,
            symbols,
            report: self.report,
            counts: Counts { added: 0, ..counts },
            unusable: self.duplicates,
            live: true,
            irregular: self.irregular,
            reusable: true,
            scraped: true,
        };
        (memory, Observed { counts, edits })
    }

    /// Adds staleness markers of the series that the last page had and this one has not.
    fn end_series_that_left(&mut self, edits: &mut Edits, symbols: u32) {
        for (index, line) in self.previous.lines.iter().enumerate() {
            if self.stays[index] || !self.previous.is_tracked(line, self.settings) {
                continue;
            }
            self.refs.clear();
            for old in self.previous.label_refs(line.series) {
                let reference = self.moved(old);
                self.refs.push(reference);
            }
            match self.seen.get(&self.refs) {
                Some(series) if series.tracked => continue,
                Some(_) => {}
                // One marker is enough, whatever number of lines had the series.
                None => self.seen.insert(&self.refs, self.now_ms, true),
            }
            for reference in self.refs.iter_mut().filter(|reference| **reference >= symbols) {
                // The template does not have the symbol, so the request gets it behind the template.
                let text = self.symbols.get(*reference).and_then(|text| std::str::from_utf8(text).ok());
                *reference = edits.intern(text.unwrap_or_default());
            }
            put_head(&mut self.head, &self.refs, Metadata::default());
            edits.put_sample(&self.head, STALE, self.now_ms);
        }
    }
}
