//! JSON answers.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::ApiError;

/// What a handler gives.
pub(crate) type Answer = Result<Response, ApiError>;

/// An answer with a value as its body.
pub(crate) fn json_response(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A value with `now_ms` beside its members.
#[derive(Serialize)]
pub(crate) struct WithNow<T> {
    pub(crate) now_ms: f64,
    #[serde(flatten)]
    pub(crate) value: T,
}
