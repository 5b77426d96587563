//! What a bulk answer says about each document.

use reqwest::StatusCode;
use serde::Deserialize;

/// The query that keeps what is needed of an answer. All statuses are kept, since the items of an answer have no other
/// position than their place; measured on 5,000 documents that is 130 kB, or 881 bytes where answers are compressed,
/// against 1.1 MB for the whole answer.
pub(crate) const FILTER_PATH: &str = "errors,items.*.status,items.*.error.type,items.*.error.reason,\
                                      items.*.error.caused_by.reason";

/// The start of an answer without errors, as Elasticsearch writes it: the rest need not be looked at.
const NO_ERRORS: &[u8] = br#"{"errors":false"#;

/// How the documents of a bulk request ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Results {
    /// Documents that are there, those included that were there before.
    pub(crate) delivered: u64,
    /// Of those delivered, documents that were there before (409).
    pub(crate) deduplicated: u64,
    /// Positions of documents to be sent again, and the first one's reason.
    pub(crate) again: Vec<usize>,
    pub(crate) again_cause: String,
    /// Documents refused for good.
    pub(crate) refused: Vec<Refusal>,
}

/// A document refused for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) position: usize,
    pub(crate) status: u16,
    pub(crate) reason: String,
}

/// An answer with status 200 that is no answer to this bulk request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error("answer is not that of a bulk request: {0}")]
    Json(serde_json::Error),
    #[error("answer has results of {found} documents for {expected}")]
    Count { expected: u64, found: usize },
}

#[derive(Deserialize)]
struct BulkAnswer {
    errors: bool,
    #[serde(default)]
    items: Vec<ItemAnswer>,
}

#[derive(Deserialize)]
struct ItemAnswer {
    create: ItemResult,
}

#[derive(Deserialize)]
struct ItemResult {
    status: u16,
    #[serde(default)]
    error: ErrorWords,
}

/// An `error` object.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
pub(crate) struct ErrorWords {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    caused_by: Option<Box<ErrorWords>>,
}

impl ErrorWords {
    /// Type, reason and cause in one line.
    pub(crate) fn line(&self) -> String {
        let cause = self.caused_by.as_ref().and_then(|cause| cause.reason.clone());
        let words = [self.kind.clone(), self.reason.clone(), cause];
        let line = words.into_iter().flatten().collect::<Vec<_>>().join(": ");
        line.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
    }
}

/// The error of an answer to a whole request; `None` when these are not Elasticsearch's words.
pub(crate) fn request_error(body: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct RequestError {
        error: ErrorWords,
    }
    serde_json::from_str::<RequestError>(body).ok().map(|answer| answer.error.line())
}

/// Reads the answer to a request of `documents`.
pub(crate) fn read(body: &[u8], documents: u64) -> Result<Results, AnswerError> {
    let all_delivered = || Results { delivered: documents, ..Results::default() };
    if body.starts_with(NO_ERRORS) {
        return Ok(all_delivered());
    }
    let answer: BulkAnswer = serde_json::from_slice(body).map_err(AnswerError::Json)?;
    if !answer.errors {
        return Ok(all_delivered());
    }
    if answer.items.len() as u64 != documents {
        return Err(AnswerError::Count { expected: documents, found: answer.items.len() });
    }
    let mut results = Results::default();
    for (position, item) in answer.items.into_iter().enumerate() {
        results.add(position, &item.create);
    }
    Ok(results)
}

impl Results {
    fn add(&mut self, position: usize, item: &ItemResult) {
        match item.status {
            200..=299 => self.delivered += 1,
            409 => {
                self.delivered += 1;
                self.deduplicated += 1;
            }
            status if is_passing(status) => {
                if self.again.is_empty() {
                    self.again_cause = format!("document answered {status}: {}", item.error.line());
                }
                self.again.push(position);
            }
            status => self.refused.push(Refusal { position, status, reason: item.error.line() }),
        }
    }
}

/// Whether a document's status is one of the cluster or of its configuration, which pass, rather than of the document:
/// overload (429, 5xx), a block such as a full disk's or missing privileges (401, 403), no index where none is made
/// by itself (404).
fn is_passing(status: u16) -> bool {
    matches!(status, 401 | 403 | 404 | 429 | 500..=599)
}

/// What the status of a whole request means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestVerdict {
    /// The results are in the body.
    Answered,
    /// It is too large: halves may not be.
    TooLarge,
    /// The cluster is busy or not there.
    Busy,
    /// Elasticsearch refuses the request, if these are its words.
    Refused,
    /// Something between here and there is set up wrongly; it passes when someone repairs it.
    Misconfigured(&'static str),
}

/// Judges the status of a whole request.
pub(crate) fn judge(status: StatusCode) -> RequestVerdict {
    match status.as_u16() {
        200..=299 => RequestVerdict::Answered,
        400 => RequestVerdict::Refused,
        413 => RequestVerdict::TooLarge,
        429 | 500..=599 => RequestVerdict::Busy,
        401 => RequestVerdict::Misconfigured("the credentials are missing or wrong"),
        403 => RequestVerdict::Misconfigured("the credentials lack the privilege"),
        404 => RequestVerdict::Misconfigured("there is no Elasticsearch under this url"),
        300..=399 => RequestVerdict::Misconfigured("the url redirects elsewhere"),
        _ => RequestVerdict::Misconfigured("this is no answer of Elasticsearch to a bulk request"),
    }
}

#[cfg(test)]
mod tests;
