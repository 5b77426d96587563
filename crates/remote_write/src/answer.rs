//! What a receiver's answer means for the records of a request.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use weir_config::RemoteWriteMessage;
use weir_http_client::retry_after;
use weir_model::Reason;

const SAMPLES_WRITTEN: &str = "x-prometheus-remote-write-samples-written";
const HISTOGRAMS_WRITTEN: &str = "x-prometheus-remote-write-histograms-written";
const EXEMPLARS_WRITTEN: &str = "x-prometheus-remote-write-exemplars-written";

/// What a receiver's answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Every record was written.
    Delivered,
    /// Nothing was written, and the same request may be sent again.
    Retry { after: Option<Duration> },
    /// So many records were written and the others never will be.
    Written { records: u64, lost_as: Reason },
    /// The request as a whole was refused, without a word on what was written.
    Refused { hint: Option<&'static str> },
}

/// Shown when a receiver of 1.0 was sent 2.0.
const HINT_ONLY_V1: &str =
    "the receiver does not take remote-write 2.0: set protobuf_message to prometheus.WriteRequest";

/// Judges an answer to a request of `records` records.
///
/// Retried are 429 and 5xx, everything else is final (section "Retries & Backoff"). In 2.0 the receiver counts what
/// it wrote, in its answers to bad requests too; 2xx without a count comes from a receiver of 1.0 that read nothing
/// (section "Required Written Response Headers"). Exemplars are no records and are not counted: a receiver without
/// exemplar storage writes none and does well.
pub(crate) fn judge(
    message: RemoteWriteMessage,
    status: StatusCode,
    headers: &HeaderMap,
    records: u64,
    now: SystemTime,
) -> Verdict {
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        return Verdict::Retry { after: retry_after(headers, now) };
    }
    let is_v2 = message == RemoteWriteMessage::V2;
    let lost_as = if status.is_success() { Reason::PartialSuccess } else { Reason::Rejected };
    match written(headers) {
        _ if !is_v2 && status.is_success() => Verdict::Delivered,
        Some(written) if is_v2 && written >= records && status.is_success() => Verdict::Delivered,
        Some(written) if is_v2 => Verdict::Written { records: written.min(records), lost_as },
        _ if is_v2 && (status.is_success() || status == StatusCode::UNSUPPORTED_MEDIA_TYPE) => {
            Verdict::Refused { hint: Some(HINT_ONLY_V1) }
        }
        _ => Verdict::Refused { hint: None },
    }
}

/// Samples and histograms that the receiver says it wrote. A header left out is 0, as long as one of them is there.
fn written(headers: &HeaderMap) -> Option<u64> {
    let count = |name| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    match (count(SAMPLES_WRITTEN), count(HISTOGRAMS_WRITTEN)) {
        (None, None) => count(EXEMPLARS_WRITTEN).map(|_| 0),
        (samples, histograms) => Some(samples.unwrap_or(0).saturating_add(histograms.unwrap_or(0))),
    }
}

#[cfg(test)]
mod tests;
