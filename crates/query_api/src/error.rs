//! Errors as the API tells them (docs/api.md, Errors).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use weir_store::QueryError;

use crate::answer::json_response;

/// Seconds after which a client that was told `busy` may try again.
const RETRY_AFTER: &str = "1";

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) parameter: Option<String>,
    pub(crate) remedy: String,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), parameter: None, remedy: String::new() }
    }

    /// What the person can do.
    pub(crate) fn with_remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: remedy.into(), ..self }
    }

    /// A parameter that cannot be read; `message` begins behind its name.
    pub(crate) fn parameter(name: &str, message: &str, remedy: impl Into<String>) -> Self {
        let error = Self::new(StatusCode::BAD_REQUEST, "invalid_parameter", format!("{name}: {message}"));
        Self { parameter: Some(name.to_owned()), ..error }.with_remedy(remedy)
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no {what}"))
            .with_remedy("it may have been deleted for its age or for room; docs/api.md lists the endpoints")
    }

    pub(crate) fn busy(what: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", format!("too many {what} at once"))
            .with_remedy("try again in a second, or close other pages of the console")
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        let message = error.to_string();
        let bad_request = |code, message: String| Self::new(StatusCode::BAD_REQUEST, code, message);
        match error {
            QueryError::Parameter { parameter, message, remedy } => {
                Self::parameter(parameter, &message, remedy)
            }
            QueryError::Parse { .. } => bad_request("invalid_query", message)
                .with_remedy("correct the query where the message points to"),
            QueryError::Unsupported { .. } => bad_request("unsupported_query", message)
                .with_remedy("docs/api.md lists what the subset has; ask Prometheus for the rest"),
            QueryError::TooMuch { .. } => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too_much", message)
                .with_remedy("add matchers, or choose a shorter range"),
            QueryError::OutOfTime => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too_much", message)
                .with_remedy("add matchers, or choose a shorter range"),
            QueryError::NotFound(what) => Self::not_found(what),
            QueryError::Busy => Self::busy("queries"),
            QueryError::Closed => Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message)
                .with_remedy("weir is stopping; start it again"),
            QueryError::Sqlite(_) | QueryError::Damaged(_) => {
                tracing::error!(error = %message, "a query failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "store_failed", message)
                    .with_remedy("look at weir's log; when the file is damaged, stop weir and move it away")
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, code, message, parameter, remedy } = self;
        let error = json!({"code": code, "message": message, "parameter": parameter, "remedy": remedy});
        let mut response = json_response(&json!({"error": error}));
        *response.status_mut() = status;
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
        }
        response
    }
}
