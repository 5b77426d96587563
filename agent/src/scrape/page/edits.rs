//! What a request has besides the template or lacks of it.

use weir_exposition::Exemplar;
use weir_proto::remote_write_v2::{RequestWriter, Sample, SymbolTable, put_exemplar};
use weir_proto::wire::{Fields, put_bytes_field};

/// `timeseries` of a `Request`.
const TIMESERIES: u32 = 5;
/// Characters of all labels of an exemplar, as in Prometheus. An exemplar with more is left out.
const EXEMPLAR_CHARS_MAX: usize = 128;

/// Differences between a template and the request of one scrape.
#[derive(Debug)]
pub(super) struct Edits {
    /// Whether the template's samples are sent at all.
    pub(super) page: bool,
    /// Samples that were not sent for a reason that the memory does not count.
    pub(super) unusable: u64,
    /// At most one per series, by its number in the template, ascending.
    cuts: Vec<Cut>,
    /// Encoded exemplars, one after the other.
    exemplars: Vec<u8>,
    /// Series behind the template's.
    late: RequestWriter,
    late_symbols: LateSymbols,
}

#[derive(Clone, Copy, Debug)]
struct Cut {
    series: u32,
    /// Where the series' exemplar ends in `exemplars`; `None` when the series is left out.
    exemplar_end: Option<usize>,
}

/// Symbols behind the template's.
#[derive(Debug)]
struct LateSymbols {
    table: SymbolTable,
    before: u32,
}

impl LateSymbols {
    fn intern(&mut self, text: &str) -> u32 {
        match self.table.intern(text) {
            0 => 0,
            reference => self.before + reference,
        }
    }
}

impl Edits {
    /// No differences to a template that has `symbols` symbols.
    pub(super) fn new(symbols: u32) -> Self {
        Self {
            page: true,
            unusable: 0,
            cuts: Vec::new(),
            exemplars: Vec::new(),
            late: RequestWriter::default(),
            late_symbols: LateSymbols { table: SymbolTable::new(), before: symbols },
        }
    }

    /// Nothing of the template but its symbols.
    pub(super) fn of_no_page(symbols: u32) -> Self {
        Self { page: false, ..Self::new(symbols) }
    }

    /// Leaves a series out. To be called in the order of the series.
    pub(super) fn skip(&mut self, series: u32) {
        self.cuts.push(Cut { series, exemplar_end: None });
    }

    /// Adds an exemplar to a series, whose sample was taken at `timestamp`. To be called in the order of the series.
    /// Labels that are not UTF-8 or too long make it none, as in Prometheus.
    pub(super) fn put_exemplar(&mut self, series: u32, exemplar: &Exemplar<'_>, timestamp: i64) {
        let mut labels = Vec::new();
        for (name, value) in exemplar.labels() {
            let (Ok(name), Ok(value)) = (std::str::from_utf8(name), std::str::from_utf8(value)) else {
                return;
            };
            labels.push((name, value));
        }
        let chars: usize =
            labels.iter().map(|(name, value)| name.chars().count() + value.chars().count()).sum();
        if chars > EXEMPLAR_CHARS_MAX {
            return;
        }
        labels.sort_unstable();
        let mut refs = Vec::with_capacity(2 * labels.len());
        for (name, value) in labels {
            refs.push(self.late_symbols.intern(name));
            refs.push(self.late_symbols.intern(value));
        }
        put_exemplar(&mut self.exemplars, &refs, exemplar.value, exemplar.timestamp_ms.unwrap_or(timestamp));
        self.cuts.push(Cut { series, exemplar_end: Some(self.exemplars.len()) });
    }

    /// The reference of a symbol that the template may lack.
    pub(super) fn intern(&mut self, text: &str) -> u32 {
        self.late_symbols.intern(text)
    }

    /// Adds a sample of a series that the template does not have.
    pub(super) fn put_sample(&mut self, head: &[u8], value: f64, timestamp: i64) {
        self.late.put_sample(head, &Sample { value, timestamp, start_timestamp: 0 });
    }

    /// Series of the template that are left out.
    pub(super) fn skipped(&self) -> u64 {
        self.cuts.iter().filter(|cut| cut.exemplar_end.is_none()).count() as u64
    }

    /// Samples besides the template's.
    pub(super) fn records(&self) -> u64 {
        self.late.records()
    }

    /// The request made of `template`, whose first `symbols_len` bytes are its symbols.
    pub(super) fn apply(&self, template: &[u8], symbols_len: usize) -> Vec<u8> {
        let late = self.late.request(&self.late_symbols.table);
        let mut out =
            Vec::with_capacity(template.len() + self.exemplars.len() + 4 * self.cuts.len() + late.len());
        let (symbols, series) = template.split_at(symbols_len);
        out.extend_from_slice(symbols);
        match (self.page, self.cuts.is_empty()) {
            (true, true) => out.extend_from_slice(series),
            (true, false) => self.cut(series, &mut out),
            (false, _) => {}
        }
        out.extend_from_slice(&late);
        out
    }

    /// Copies `series` save what the cuts change.
    fn cut(&self, series: &[u8], out: &mut Vec<u8>) {
        let mut copied = 0;
        let mut exemplar = 0;
        let mut fields = Fields::new(series).flatten();
        let mut next = 0;
        for cut in &self.cuts {
            let Some(field) = fields.nth((cut.series - next) as usize) else { break };
            next = cut.series + 1;
            out.extend_from_slice(&series[copied..field.range.start]);
            copied = field.range.end;
            if let (Some(end), Ok(message)) = (cut.exemplar_end, field.bytes()) {
                let exemplars = &self.exemplars[exemplar..end];
                put_bytes_field(out, TIMESERIES, &[message, exemplars].concat());
                exemplar = end;
            }
        }
        out.extend_from_slice(&series[copied..]);
    }
}
