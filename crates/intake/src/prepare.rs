//! From a request's body to the batch that is appended.

use bytes::Bytes;
use weir_model::Signal;
use weir_proto::otlp::logs::{LogRecord, LogRecordView};
use weir_proto::otlp::traces::{Span, SpanView};
use weir_proto::otlp::{Kind, Rewritten, check_logs, check_traces, rewrite};
use weir_proto::wire::WireError;

use crate::editor::{Enrich, Salvage};
use crate::settings::Plan;

/// A kind of record that comes in requests.
pub(crate) trait Record: Kind {
    const SIGNAL: Signal;

    /// Checks a request and counts its records.
    fn check(request: &[u8]) -> Result<u64, WireError>;

    /// The record's own bytes.
    fn message<'v>(view: &'v Self::View<'_>) -> &'v [u8];

    /// Edits a checked request.
    fn enrich(request: &Bytes, plan: &Plan) -> Result<Rewritten, WireError>;
}

impl Record for Span {
    const SIGNAL: Signal = Signal::Traces;

    fn check(request: &[u8]) -> Result<u64, WireError> {
        check_traces(request)
    }

    fn message<'v>(view: &'v SpanView<'_>) -> &'v [u8] {
        view.message()
    }

    fn enrich(request: &Bytes, plan: &Plan) -> Result<Rewritten, WireError> {
        rewrite::<Self, _>(request, &mut Enrich::new(plan))
    }
}

impl Record for LogRecord {
    const SIGNAL: Signal = Signal::Logs;

    fn check(request: &[u8]) -> Result<u64, WireError> {
        check_logs(request)
    }

    fn message<'v>(view: &'v LogRecordView<'_>) -> &'v [u8] {
        view.message()
    }

    fn enrich(request: &Bytes, plan: &Plan) -> Result<Rewritten, WireError> {
        rewrite::<Self, _>(request, &mut Enrich::new(plan))
    }
}

/// A request ready for the spool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prepared {
    pub(crate) payload: Bytes,
    /// Records in `payload`.
    pub(crate) kept: u64,
    /// Records that sampling left out.
    pub(crate) sampled_out: u64,
    /// Records that break a rule and were left out.
    pub(crate) malformed: u64,
}

/// Checks `body` and edits it as `plan` says. Fails when it cannot be read as a whole.
pub(crate) fn prepare<R: Record>(body: &Bytes, plan: &Plan) -> Result<Prepared, WireError> {
    let (request, malformed) = check_or_salvage::<R>(body)?;
    // Nobody takes the records, so nothing needs to be done to them.
    if !plan.has_exporter(R::SIGNAL) || !plan.edits(R::SIGNAL) {
        return Ok(Prepared { kept: request.records, payload: request.payload, sampled_out: 0, malformed });
    }
    let rewritten = R::enrich(&request.payload, plan)?;
    Ok(Prepared {
        payload: rewritten.payload,
        kept: rewritten.kept,
        sampled_out: rewritten.dropped,
        malformed,
    })
}

struct Checked {
    payload: Bytes,
    records: u64,
}

/// The request and the number of records left out of it, which have an id of a wrong length. That is the one rule
/// whose breach leaves the rest readable.
fn check_or_salvage<R: Record>(body: &Bytes) -> Result<(Checked, u64), WireError> {
    match R::check(body) {
        Ok(records) => Ok((Checked { payload: body.clone(), records }, 0)),
        Err(WireError::IdLength) => {
            let rewritten = rewrite::<R, _>(body, &mut Salvage::<R>::default())?;
            let records = R::check(&rewritten.payload)?;
            Ok((Checked { payload: rewritten.payload, records }, rewritten.dropped))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
