//! Getting a page.

use std::io::Read;

use flate2::bufread::MultiGzDecoder;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use reqwest::Response;
use tokio::time::timeout;
use weir_http_client::describe;

use super::buffers::Buffers;
use super::failure::Failure;
use super::target::LoopSettings;

/// Tells the target how long the scrape may take, in seconds.
const SCRAPE_TIMEOUT: HeaderName = HeaderName::from_static("x-prometheus-scrape-timeout-seconds");

/// Bytes set aside for a page on the target's word alone.
const RESERVED_MAX: u64 = 1 << 20;
/// Pages shrink about this much by gzip.
const GZIP_RATIO: usize = 10;

/// A page as it came.
#[derive(Debug)]
pub(super) struct Fetched {
    body: Vec<u8>,
    gzip: bool,
    pub(super) content_type: Option<String>,
}

impl Fetched {
    /// About how many bytes the page has.
    pub(super) fn size(&self) -> usize {
        if self.gzip { self.body.len() * GZIP_RATIO } else { self.body.len() }
    }

    /// The page, decompressed. CPU work for as long as the page is large.
    pub(super) fn page(self, bytes_max: u64, buffers: &Buffers) -> Result<Vec<u8>, Failure> {
        if !self.gzip {
            return Ok(self.body);
        }
        let mut page = buffers.take();
        let read = MultiGzDecoder::new(self.body.as_slice()).take(bytes_max).read_to_end(&mut page);
        buffers.give(self.body);
        match read {
            Err(error) => Err(Failure::Gzip(error)),
            Ok(len) if len as u64 >= bytes_max => Err(Failure::BodySizeLimit(bytes_max)),
            Ok(_) => Ok(page),
        }
    }
}

/// Makes one request and reads the answer within the target's timeout. A dropped future closes the connection.
pub(super) async fn fetch(settings: &LoopSettings, buffers: &Buffers) -> Result<Fetched, Failure> {
    timeout(settings.timeout, fetch_untimed(settings, buffers))
        .await
        .unwrap_or(Err(Failure::Timeout(settings.timeout)))
}

async fn fetch_untimed(settings: &LoopSettings, buffers: &Buffers) -> Result<Fetched, Failure> {
    let request = settings.client.request(Method::GET, &settings.url).await?;
    let request = request
        .timeout(settings.timeout)
        .header(ACCEPT, weir_exposition::ACCEPT)
        .header(ACCEPT_ENCODING, if settings.compression { "gzip" } else { "identity" })
        .header(SCRAPE_TIMEOUT, settings.timeout.as_secs_f64().to_string());
    let mut response = request.send().await.map_err(|error| failure(&error, settings))?;
    if response.status() != StatusCode::OK {
        return Err(Failure::Status(response.status()));
    }
    let gzip = match text(response.headers(), CONTENT_ENCODING).as_deref() {
        Some("gzip") => true,
        None | Some("" | "identity") => false,
        Some(other) => return Err(Failure::Encoding(other.to_owned())),
    };
    let content_type = text(response.headers(), CONTENT_TYPE);
    let mut body = buffers.take();
    match read(&mut response, &mut body, settings).await {
        Ok(()) => Ok(Fetched { body, gzip, content_type }),
        Err(failure) => {
            buffers.give(body);
            Err(failure)
        }
    }
}

async fn read(response: &mut Response, body: &mut Vec<u8>, settings: &LoopSettings) -> Result<(), Failure> {
    let bytes_max = settings.body_bytes_max;
    body.reserve(response.content_length().unwrap_or(0).min(bytes_max).min(RESERVED_MAX) as usize);
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error, settings))? {
        if (body.len() + chunk.len()) as u64 >= bytes_max {
            return Err(Failure::BodySizeLimit(bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(())
}

fn failure(error: &reqwest::Error, settings: &LoopSettings) -> Failure {
    if error.is_timeout() { Failure::Timeout(settings.timeout) } else { Failure::Connection(describe(error)) }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
