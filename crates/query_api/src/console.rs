//! The console's files, which are part of the program (docs/api.md, The console's files).

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::error::ApiError;

#[derive(RustEmbed)]
#[folder = "../../console/dist"]
struct Files;

/// The page that shows every address of the console.
const INDEX: &str = "index.html";
/// Files with a hash in their name never change.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Other files are asked for each time, and mostly not sent again.
const ASK_AGAIN: &str = "no-cache";

/// The file with this name, or the page for an address of the console.
pub(crate) async fn file(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    match Files::get(path) {
        Some(file) => send(path, &file, request.headers()),
        None if last.contains('.') => ApiError::not_found("such file").into_response(),
        None => match Files::get(INDEX) {
            Some(file) => send(INDEX, &file, request.headers()),
            None => ApiError::not_found("console in this build").into_response(),
        },
    }
}

fn send(path: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let hash = file.metadata.sha256_hash();
    let tag: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let caching = if path.starts_with("assets/") { FOR_EVER } else { ASK_AGAIN };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_known = known.split(',').any(|each| each.trim().trim_start_matches("W/") == tag);
    let about = [(header::ETAG, tag.as_str()), (header::CACHE_CONTROL, caching)];
    if is_known {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    (about, [(header::CONTENT_TYPE, content_type(path))], file.data.to_vec()).into_response()
}

/// Types of the files that a build makes.
fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
