//! Errors in words.

use std::error::Error;

/// The whole cause chain in one line. The URL is left out: it may hold a token, and the caller's log line names the
/// destination anyway.
pub fn describe(error: &reqwest::Error) -> String {
    let mut words = first_words(error).to_owned();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        // Layers of the client often repeat the words of the one below.
        if !words.ends_with(&next) {
            words.push_str(": ");
            words.push_str(&next);
        }
        cause = error.source();
    }
    words
}

fn first_words(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "timed out"
    } else if error.is_connect() {
        "connection failed"
    } else if error.is_redirect() {
        "redirect refused"
    } else if error.is_builder() {
        "request could not be built"
    } else if error.is_body() || error.is_decode() {
        "answer broke off"
    } else {
        "request failed"
    }
}
