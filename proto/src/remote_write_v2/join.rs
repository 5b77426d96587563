//! Several requests as one.

use super::view::{LabelRefs, Metadata, RequestView, SYMBOLS, TIMESERIES, TimeSeriesView};
use super::write::put_metadata;
use crate::wire::{Fields, WireError, begin_message, end_message, put_bytes_field, put_varint};

/// Joins requests, in order, by moving the label references of each behind the symbols of those before it.
///
/// Symbols that occur in several requests stay several times, save the empty one at the start of each. A reference
/// past its request's own symbols is [`WireError::Reference`]: moved, it would name another request's symbol.
pub fn join<'a>(requests: impl IntoIterator<Item = &'a [u8]> + Clone) -> Result<Vec<u8>, WireError> {
    let size = requests.clone().into_iter().map(<[u8]>::len).sum::<usize>();
    // References of later requests may take one more byte each.
    let mut out = Vec::with_capacity(size + size / 8 + 8);
    put_bytes_field(&mut out, SYMBOLS, b"");
    let mut moves = Vec::new();
    let mut symbols_before = 0_u32;
    for request in requests.clone() {
        let symbols = put_symbols(&mut out, request)?;
        moves.push(Move { by: symbols_before, symbols });
        symbols_before += symbols.saturating_sub(1);
    }
    let mut joined = Joiner { out };
    for (request, references) in requests.into_iter().zip(moves) {
        for series in RequestView::new(request).timeseries() {
            joined.series(series?, references)?;
        }
    }
    Ok(joined.out)
}

/// Appends the symbols of `request` behind its empty one, in runs, and returns how many it has, that one included.
fn put_symbols(out: &mut Vec<u8>, request: &[u8]) -> Result<u32, WireError> {
    let mut symbols = 0;
    let mut run = 0..0;
    for field in Fields::new(request) {
        let field = field?;
        if field.number != SYMBOLS {
            continue;
        }
        symbols += 1;
        match (symbols, field.bytes()?) {
            (1, b"") => continue,
            (1, _) => return Err(WireError::Reference),
            _ => {}
        }
        if run.end == field.range.start {
            run.end = field.range.end;
        } else {
            out.extend_from_slice(&request[run]);
            run = field.range;
        }
    }
    out.extend_from_slice(&request[run]);
    Ok(symbols)
}

/// How references of one request change.
#[derive(Clone, Copy)]
struct Move {
    by: u32,
    /// Symbols in the request: references are below this.
    symbols: u32,
}

impl Move {
    fn apply(self, reference: u32) -> Result<u32, WireError> {
        match reference {
            // The empty symbol, also where a message leaves the reference out.
            0 => Ok(0),
            _ if reference < self.symbols => Ok(reference + self.by),
            _ => Err(WireError::Reference),
        }
    }
}

struct Joiner {
    out: Vec<u8>,
}

impl Joiner {
    fn series(&mut self, series: TimeSeriesView<'_>, references: Move) -> Result<(), WireError> {
        let open = begin_message(&mut self.out, TIMESERIES, series.message().len());
        self.label_refs(series.message(), references)?;
        let mut copied = 0;
        for field in Fields::new(series.message()) {
            let field = field?;
            if !matches!(field.number, 1 | 4 | 5) {
                continue;
            }
            self.out.extend_from_slice(&series.message()[copied..field.range.start]);
            copied = field.range.end;
            if field.number == 4 {
                self.exemplar(field.bytes()?, references)?;
            }
        }
        self.out.extend_from_slice(&series.message()[copied..]);
        let metadata = series.metadata()?;
        put_metadata(
            &mut self.out,
            Metadata {
                kind: metadata.kind,
                help_ref: references.apply(metadata.help_ref)?,
                unit_ref: references.apply(metadata.unit_ref)?,
            },
        );
        end_message(&mut self.out, open);
        Ok(())
    }

    fn exemplar(&mut self, message: &[u8], references: Move) -> Result<(), WireError> {
        let open = begin_message(&mut self.out, 4, message.len());
        self.label_refs(message, references)?;
        let mut copied = 0;
        for field in Fields::new(message) {
            let field = field?;
            if field.number == 1 {
                self.out.extend_from_slice(&message[copied..field.range.start]);
                copied = field.range.end;
            }
        }
        self.out.extend_from_slice(&message[copied..]);
        end_message(&mut self.out, open);
        Ok(())
    }

    fn label_refs(&mut self, message: &[u8], references: Move) -> Result<(), WireError> {
        // Most series have references of less than 128 bytes, so their length takes one.
        let open = begin_message(&mut self.out, 1, 0);
        let start = self.out.len();
        for reference in LabelRefs::new(message) {
            put_varint(&mut self.out, u64::from(references.apply(reference?)?));
        }
        if self.out.len() == start {
            self.out.truncate(open.field_at());
        } else {
            end_message(&mut self.out, open);
        }
        Ok(())
    }
}
