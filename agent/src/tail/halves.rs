//! Parting a batch that is larger than the spool takes.

use std::ops::Range;

use bytes::Bytes;
use weir_proto::otlp::logs::{LogRecord, LogRecordView, ResourceView};
use weir_proto::otlp::{Editor, Patch, Resource, Verdict, rewrite};
use weir_proto::wire::WireError;

/// A request with its number of records.
pub(crate) type Part = (Bytes, u64);

/// The first and the second half of a request's records, in their order. None for a single record.
pub(crate) fn halves(payload: &Bytes, records: u64) -> Option<[Part; 2]> {
    let middle = records / 2;
    if middle == 0 {
        return None;
    }
    let part = |range: Range<u64>| -> Result<Part, WireError> {
        let rewritten = rewrite(payload, &mut Slice { range, next: 0 })?;
        Ok((rewritten.payload, rewritten.kept))
    };
    Some(
        [part(0..middle), part(middle..records)]
            .map(|part| part.expect("the tailer wrote the request itself")),
    )
}

/// Keeps the records of a range.
struct Slice {
    range: Range<u64>,
    next: u64,
}

impl Editor<LogRecord> for Slice {
    fn resource(&mut self, _: &ResourceView<'_>, _: &mut Patch<Resource>) -> Result<Verdict, WireError> {
        Ok(Verdict::Keep)
    }

    fn record(&mut self, _: &LogRecordView<'_>, _: &mut Patch<LogRecord>) -> Result<Verdict, WireError> {
        let number = self.next;
        self.next += 1;
        Ok(if self.range.contains(&number) { Verdict::Keep } else { Verdict::Drop })
    }
}

#[cfg(test)]
mod tests;
