//! Why a scrape brought nothing.

use std::time::Duration;

use weir_exposition::FormatError;
use weir_http_client::ClientError;

use super::labelling::LabelError;
use super::metrics::Outcome;
use super::page::PageError;

/// Why a scrape brought nothing. The text goes to the log and to `/targets`.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// No request could be made.
    #[error("{0}")]
    Request(#[from] ClientError),
    /// No connection, or it broke; the client's words.
    #[error("{0}")]
    Connection(String),
    /// The target did not answer in time.
    #[error("timed out after {0:?}")]
    Timeout(Duration),
    /// Another status than 200.
    #[error("server returned HTTP status {0}")]
    Status(http::StatusCode),
    /// The page is too large.
    #[error("body size limit exceeded ({0} bytes)")]
    BodySizeLimit(u64),
    /// The body says it is gzip and is not.
    #[error("cannot decompress the page: {0}")]
    Gzip(std::io::Error),
    /// A `Content-Encoding` that was not asked for.
    #[error("content encoding \"{0}\" is not supported")]
    Encoding(String),
    /// The format of the page is not known.
    #[error("{0}")]
    Format(#[from] FormatError),
    /// The page is refused.
    #[error("{0}")]
    Page(#[from] PageError),
    /// The job has too many targets.
    #[error("target_limit exceeded (limit {0})")]
    TargetLimit(u64),
}

impl Failure {
    /// Under which it is counted.
    pub(super) const fn outcome(&self) -> Outcome {
        match self {
            Self::Request(_) => Outcome::Request,
            Self::Connection(_) => Outcome::Connection,
            Self::Timeout(_) => Outcome::Timeout,
            Self::Status(_) => Outcome::Status,
            Self::BodySizeLimit(_) => Outcome::BodySizeLimit,
            Self::Gzip(_) | Self::Encoding(_) => Outcome::Encoding,
            Self::Format(_) => Outcome::ContentType,
            Self::Page(PageError::Labels(LabelError::Limit { .. })) => Outcome::LabelLimit,
            Self::Page(PageError::SampleLimit { .. }) => Outcome::SampleLimit,
            Self::Page(_) => Outcome::Malformed,
            Self::TargetLimit(_) => Outcome::TargetLimit,
        }
    }
}
