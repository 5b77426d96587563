//! Why a request was not taken, and how that is said in gRPC and HTTP.

use std::time::Duration;

use http::StatusCode;
use tonic::Code;

use crate::Refused;
use crate::metrics::Outcome;

/// Why a request was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The bytes are not what they should be.
    Malformed(String),
    /// More bytes than a request may have.
    TooLarge { limit: usize },
    /// No room; come back.
    Full { retry_after: Duration },
    /// Not now.
    Unavailable(String),
    /// The body did not arrive in time.
    TimedOut(Duration),
    /// The sender went away half way; nobody hears the answer.
    CutOff,
    /// A path, method, type or encoding that is not served.
    Unsupported(Unsupported),
}

/// What is not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unsupported {
    Path(String),
    Metrics,
    Method,
    ContentType(String),
    Encoding(String),
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Malformed(why) => Self::Malformed(why),
            Refused::Full { retry_after } => Self::Full { retry_after },
            Refused::Unavailable(why) => Self::Unavailable(why),
        }
    }
}

impl Refusal {
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Malformed(_) => Outcome::Malformed,
            Self::TooLarge { .. } => Outcome::TooLarge,
            Self::Full { .. } => Outcome::Full,
            Self::Unavailable(_) => Outcome::Unavailable,
            Self::TimedOut(_) => Outcome::TimedOut,
            Self::CutOff => Outcome::CutOff,
            Self::Unsupported(_) => Outcome::Unsupported,
        }
    }

    /// The gRPC code, also of the `google.rpc.Status` in an HTTP answer.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Malformed(_) | Self::TooLarge { .. } => Code::InvalidArgument,
            Self::Full { .. } => Code::ResourceExhausted,
            Self::Unavailable(_) | Self::TimedOut(_) => Code::Unavailable,
            Self::CutOff => Code::Cancelled,
            Self::Unsupported(_) => Code::Unimplemented,
        }
    }

    pub(crate) fn http_status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) | Self::CutOff => StatusCode::BAD_REQUEST,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Full { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) | Self::TimedOut(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unsupported(Unsupported::Path(_) | Unsupported::Metrics) => StatusCode::NOT_FOUND,
            Self::Unsupported(Unsupported::Method) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unsupported(Unsupported::ContentType(_) | Unsupported::Encoding(_)) => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
        }
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Full { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// For the person who reads the sender's log.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Malformed(why) | Self::Unavailable(why) => why.clone(),
            Self::TooLarge { limit } => {
                format!("request is larger than {limit} bytes (otlp request_bytes_max); send smaller batches")
            }
            Self::Full { .. } => "no room for further requests now; come back later".to_owned(),
            Self::TimedOut(timeout) => {
                format!("request body did not arrive within {} s", timeout.as_secs_f64())
            }
            Self::CutOff => "request ended before its body did".to_owned(),
            Self::Unsupported(what) => what.message(),
        }
    }
}

impl Unsupported {
    fn message(&self) -> String {
        match self {
            Self::Path(path) => format!("{path} is not served here"),
            Self::Metrics => "OTLP metrics are not taken; let weir scrape them".to_owned(),
            Self::Method => "only POST is served here".to_owned(),
            Self::ContentType(kind) => {
                format!("content type {kind:?} is not taken; send application/x-protobuf")
            }
            Self::Encoding(encoding) => format!("encoding {encoding:?} is not taken; send gzip or none"),
        }
    }
}
