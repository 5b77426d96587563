//! One HTTP request of a bulk body.

use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Method, Response, StatusCode};
use tracing::error;
use weir_delivery::Retry;
use weir_http_client::{HttpClient, Seldom, describe, read_all, read_text, retry_after};

use crate::answer::{self, RequestVerdict, Results};
use crate::codec::unpack_answer;
use crate::part::Part;

/// Bytes of a bulk answer: over a million documents' statuses.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// Bytes read of an error, which has to be read whole to be understood.
const ERROR_BYTES_MAX: usize = 64 << 10;
/// Characters kept of it.
const REASON_CHARS_MAX: usize = 1000;

/// Sends parts.
pub(crate) struct BulkClient {
    pub(crate) exporter: String,
    pub(crate) client: HttpClient,
    /// Keeps the same trouble from being logged with every attempt.
    pub(crate) trouble: Seldom,
}

/// How an attempt at one part ended.
pub(crate) enum Attempt {
    Done(Results),
    /// Nothing was taken.
    Retry(Retry),
    /// All of its documents are refused for good.
    Refused {
        status: StatusCode,
        reason: String,
    },
    TooLarge {
        reason: String,
    },
}

impl BulkClient {
    /// One attempt at one part. A dropped future leaves nothing behind here.
    pub(crate) async fn send(&self, bulk_url: &str, part: &Part) -> Attempt {
        let retry = |cause: String| Attempt::Retry(Retry { after: None, cause });
        let mut request = match self.client.request(Method::POST, bulk_url).await {
            Ok(request) => {
                request.header(CONTENT_TYPE, "application/x-ndjson").body(part.packed.body.clone())
            }
            Err(error) => return retry(error.to_string()),
        };
        if part.packed.is_gzip {
            // Who spares the network on the way there spares it on the way back.
            request = request.header(CONTENT_ENCODING, "gzip").header(ACCEPT_ENCODING, "gzip");
        }
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return retry(describe(&error)),
        };
        match answer::judge(response.status()) {
            RequestVerdict::Answered => {
                results(response, part.documents()).await.map_or_else(retry, Attempt::Done)
            }
            verdict => self.no_results(verdict, &mut response).await,
        }
    }

    /// An answer to the request as a whole.
    async fn no_results(&self, verdict: RequestVerdict, response: &mut Response) -> Attempt {
        let status = response.status();
        let after = retry_after(response.headers(), SystemTime::now());
        let text = error_text(response).await;
        let own_words = answer::request_error(&text);
        let is_own = own_words.is_some();
        let reason: String = own_words.unwrap_or(text).chars().take(REASON_CHARS_MAX).collect();
        let cause = format!("server answered {status}: {reason}");
        match verdict {
            RequestVerdict::TooLarge => Attempt::TooLarge { reason: cause },
            RequestVerdict::Refused if is_own => Attempt::Refused { status, reason: cause },
            RequestVerdict::Answered | RequestVerdict::Busy => Attempt::Retry(Retry { after, cause }),
            RequestVerdict::Refused => self.misconfigured("this is no answer of Elasticsearch", after, cause),
            RequestVerdict::Misconfigured(what) => self.misconfigured(what, after, cause),
        }
    }

    /// Nothing is lost while the configuration is wrong; someone has to hear of it.
    fn misconfigured(&self, what: &'static str, after: Option<Duration>, cause: String) -> Attempt {
        if self.trouble.pass(Instant::now()).is_some() {
            error!(exporter = self.exporter, what, cause, "elasticsearch cannot be used as it is configured");
        }
        Attempt::Retry(Retry { after, cause: format!("{what}: {cause}") })
    }
}

/// The results in an answer with status 200, or why there are none.
async fn results(mut response: Response, documents: u64) -> Result<Results, String> {
    let body = body(&mut response).await?;
    answer::read(&body, documents).map_err(|error| error.to_string())
}

/// The whole body, unpacked.
async fn body(response: &mut Response) -> Result<Vec<u8>, String> {
    let is_gzip = is_gzip(response);
    let body = read_all(response, ANSWER_BYTES_MAX)
        .await
        .map_err(|error| describe(&error))?
        .ok_or_else(|| "answer is longer than the limit".to_owned())?;
    if is_gzip { unpack_answer(&body, ANSWER_BYTES_MAX).map_err(|error| error.to_string()) } else { Ok(body) }
}

/// An error's text, which may be packed as well.
async fn error_text(response: &mut Response) -> String {
    if !is_gzip(response) {
        return read_text(response, ERROR_BYTES_MAX).await;
    }
    let body = body(response).await.unwrap_or_default();
    String::from_utf8_lossy(&body[..body.len().min(ERROR_BYTES_MAX)]).into_owned()
}

fn is_gzip(response: &Response) -> bool {
    response.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip")
}
