//! The index template that maps weir's documents.

use std::collections::BTreeSet;

use reqwest::{Method, Response, StatusCode};
use serde_json::{Map, Value, json};
use tracing::{error, info};
use weir_http_client::{ClientError, HttpClient, describe, read_all, read_text};

use crate::answer::request_error;
use crate::fields::{FLATTENED, RECORD_KEYWORDS, RESOURCE_FIELDS, TEXTS};

/// The template's name.
const NAME: &str = "weir-logs";
/// Counts the changes of the mapping. A newer weir's template is left as it is.
const VERSION: u64 = 1;
/// Above Elasticsearch's own templates for `logs-*-*` (100).
const PRIORITY: u32 = 200;
/// Longer values are kept and not indexed, as in ECS; without a limit a value of 32 kB is refused.
const IGNORE_ABOVE: u32 = 1024;
/// Nesting of a JSON line that is still accepted; Elasticsearch's default is 20.
const JSON_DEPTH_MAX: u32 = 100;
/// What `message` is mapped as: the first of these that the server knows.
const TEXT_TYPES: [&str; 2] = ["match_only_text", "text"];
/// Other weirs may change the template at the same time.
const ROUNDS_MAX: usize = 5;
/// Bytes of an answer.
const ANSWER_BYTES_MAX: usize = 4 << 20;

/// Parts of a template that a newer weir made and that are sent back unchanged. What else an answer holds, such as
/// dates of change, a server does not take.
const KEPT_KEYS: [&str; 7] =
    ["template", "composed_of", "priority", "version", "_meta", "data_stream", "allow_auto_create"];

/// Why the template is not there yet.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TemplateError {
    #[error("index template: {0}")]
    Client(#[from] ClientError),
    #[error("index template: {0}")]
    Connection(String),
    #[error("index template: server answered {status}: {words}{}", hint(*status))]
    Status { status: StatusCode, words: String },
    #[error("index template: the answer is not Elasticsearch's")]
    Answer,
    #[error("index template: it keeps being changed by others")]
    Contended,
}

fn hint(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            "; with install_template: false weir sends without installing it"
        }
        _ => "",
    }
}

/// What has to be done about the template that is there.
#[derive(Debug, PartialEq)]
enum Plan {
    /// It maps our documents.
    Fine,
    /// It is not weir's.
    Foreign,
    /// This is to be put in its place: as a template without the type of `message`, see [`TEXT_TYPES`].
    Ours { patterns: BTreeSet<String> },
    /// This is to be put in its place as it is.
    Newer(Value),
}

/// Makes sure that the template is there and covers `logs-<dataset>-*`. One of another maker is left alone, which is
/// logged. Dropped half way it may have put the template, which does no harm.
pub(crate) async fn install(client: &HttpClient, node: &str, dataset: &str) -> Result<(), TemplateError> {
    let pattern = format!("logs-{dataset}-*");
    let url = format!("{node}/_index_template/{NAME}");
    for _ in 0..ROUNDS_MAX {
        match plan(fetch(client, &url).await?.as_ref(), &pattern)? {
            Plan::Fine => return Ok(()),
            Plan::Foreign => {
                error!(
                    template = NAME,
                    "the index template was not made by weir and stays as it is; documents are mapped by it"
                );
                return Ok(());
            }
            Plan::Ours { patterns } => put_ours(client, &url, &patterns).await?,
            Plan::Newer(template) => put(client, &url, &template).await?,
        }
        info!(template = NAME, pattern, "index template installed");
        // Look again: another weir may have put its own in between.
    }
    Err(TemplateError::Contended)
}

/// The template that is there.
async fn fetch(client: &HttpClient, url: &str) -> Result<Option<Value>, TemplateError> {
    let mut response = exchange(client, Method::GET, url, None).await?;
    match response.status() {
        StatusCode::NOT_FOUND => Ok(None),
        StatusCode::OK => {
            let body = read_all(&mut response, ANSWER_BYTES_MAX)
                .await
                .map_err(|error| TemplateError::Connection(describe(&error)))?
                .ok_or(TemplateError::Answer)?;
            let mut answer: Value = serde_json::from_slice(&body).map_err(|_| TemplateError::Answer)?;
            match answer["index_templates"][0]["index_template"].take() {
                template @ Value::Object(_) => Ok(Some(template)),
                _ => Err(TemplateError::Answer),
            }
        }
        status => Err(refused(status, &mut response).await),
    }
}

/// Puts our template with the first type of `message` that the server takes.
async fn put_ours(client: &HttpClient, url: &str, patterns: &BTreeSet<String>) -> Result<(), TemplateError> {
    let [preferred, known_to_all] = TEXT_TYPES;
    match put(client, url, &template(patterns, preferred)).await {
        Err(TemplateError::Status { status: StatusCode::BAD_REQUEST, .. }) => {
            put(client, url, &template(patterns, known_to_all)).await
        }
        done => done,
    }
}

async fn put(client: &HttpClient, url: &str, template: &Value) -> Result<(), TemplateError> {
    let mut response = exchange(client, Method::PUT, url, Some(template)).await?;
    match response.status() {
        status if status.is_success() => Ok(()),
        status => Err(refused(status, &mut response).await),
    }
}

async fn exchange(
    client: &HttpClient,
    method: Method,
    url: &str,
    body: Option<&Value>,
) -> Result<Response, TemplateError> {
    let mut request = client.request(method, url).await?;
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    request.send().await.map_err(|error| TemplateError::Connection(describe(&error)))
}

async fn refused(status: StatusCode, response: &mut Response) -> TemplateError {
    let words = read_text(response, 4096).await;
    TemplateError::Status { status, words: request_error(&words).unwrap_or(words) }
}

fn plan(existing: Option<&Value>, pattern: &str) -> Result<Plan, TemplateError> {
    let Some(existing) = existing else { return Ok(Plan::Ours { patterns: [pattern.to_owned()].into() }) };
    if existing["_meta"]["managed_by"] != "weir" {
        return Ok(Plan::Foreign);
    }
    let patterns = existing["index_patterns"].as_array().ok_or(TemplateError::Answer)?;
    let mut patterns: BTreeSet<String> =
        patterns.iter().filter_map(|pattern| pattern.as_str().map(str::to_owned)).collect();
    let is_new_pattern = patterns.insert(pattern.to_owned());
    Ok(match existing["_meta"]["version"].as_u64().unwrap_or(0) {
        version if version < VERSION => Plan::Ours { patterns },
        _ if !is_new_pattern => Plan::Fine,
        VERSION => Plan::Ours { patterns },
        _ => Plan::Newer(with_patterns(existing, &patterns)),
    })
}

fn with_patterns(template: &Value, patterns: &BTreeSet<String>) -> Value {
    let mut kept: Map<String, Value> =
        KEPT_KEYS.iter().filter_map(|&key| Some((key.to_owned(), template.get(key)?.clone()))).collect();
    kept.insert("index_patterns".to_owned(), json!(patterns));
    Value::Object(kept)
}

/// The template. No field that weir writes can be refused by it, and fields that others add become keywords.
fn template(patterns: &BTreeSet<String>, text_type: &str) -> Value {
    let keyword = json!({"type": "keyword", "ignore_above": IGNORE_ABOVE});
    let mut properties = Map::new();
    for field in RESOURCE_FIELDS.iter().map(|(_, field)| field).chain(RECORD_KEYWORDS) {
        properties.insert((*field).to_owned(), keyword.clone());
    }
    for field in TEXTS {
        properties.insert((*field).to_owned(), json!({"type": text_type}));
    }
    for field in FLATTENED {
        let flattened =
            json!({"type": "flattened", "ignore_above": IGNORE_ABOVE, "depth_limit": JSON_DEPTH_MAX});
        properties.insert((*field).to_owned(), flattened);
    }
    properties.insert("@timestamp".to_owned(), json!({"type": "date"}));
    properties.insert("log.offset".to_owned(), json!({"type": "long"}));
    json!({
        "index_patterns": patterns,
        "data_stream": {},
        "priority": PRIORITY,
        "_meta": {
            "managed_by": "weir",
            "version": VERSION,
            "description": "Logs delivered by weir",
        },
        "template": {
            "mappings": {
                "date_detection": false,
                "dynamic_templates": [
                    {"strings_as_keywords": {"match_mapping_type": "string", "mapping": keyword}},
                ],
                "properties": properties,
            },
        },
    })
}

#[cfg(test)]
mod tests;
