//! Questions to the servers.

use std::time::Duration;

use serde_json::Value;

const TIMEOUT: Duration = Duration::from_secs(30);

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false).build().into()
}

/// GET; the body of a 2xx answer, or what went wrong.
pub fn try_get_text(url: &str) -> Result<String, String> {
    let mut answer = agent().get(url).call().map_err(|error| format!("GET {url}: {error}"))?;
    let status = answer.status();
    let body =
        answer.body_mut().with_config().limit(1 << 30).read_to_string().map_err(|error| error.to_string())?;
    if status.is_success() { Ok(body) } else { Err(format!("GET {url}: {status}: {body}")) }
}

/// GET of JSON.
pub fn try_get_json(url: &str) -> Result<Value, String> {
    serde_json::from_str(&try_get_text(url)?).map_err(|error| format!("GET {url}: {error}"))
}

/// GET that must work.
pub fn get_text(url: &str) -> String {
    try_get_text(url).unwrap_or_else(|error| panic!("{error}"))
}

/// GET of JSON that must work.
pub fn get_json(url: &str) -> Value {
    try_get_json(url).unwrap_or_else(|error| panic!("{error}"))
}

/// POST of JSON; the answer's body, or what went wrong.
pub fn post_json(url: &str, body: &Value) -> Result<Value, String> {
    let mut answer = agent()
        .post(url)
        .content_type("application/json")
        .send(body.to_string())
        .map_err(|error| format!("POST {url}: {error}"))?;
    let status = answer.status();
    let text =
        answer.body_mut().with_config().limit(1 << 30).read_to_string().map_err(|error| error.to_string())?;
    if !status.is_success() {
        return Err(format!("POST {url}: {status}: {text}"));
    }
    serde_json::from_str(&text).map_err(|error| format!("POST {url}: {error}"))
}
