//! The client itself.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Proxy, RequestBuilder, Url};
use weir_config::HttpClientConfig;

use crate::credentials::Credentials;
use crate::{describe, tls};

/// `User-Agent` of every request.
const USER_AGENT: &str = concat!("weir/", env!("CARGO_PKG_VERSION"));
/// Opening a connection may take this much of the whole request's time.
const CONNECT_TIMEOUT_MAX: Duration = Duration::from_secs(10);
/// Redirects followed, where they are followed at all; as many as Prometheus follows.
const REDIRECTS_MAX: usize = 10;

/// A connection pool with the credentials, headers and TLS settings of one configuration entry.
///
/// Certificates and keys are read once, when the client is made; passwords and tokens in files at each request.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: Client,
    headers: HeaderMap,
    credentials: Arc<Credentials>,
}

/// Why there is no client or no request.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The URL cannot be read.
    #[error("url is not valid: {0}")]
    Url(String),
    /// A configured header's name is not one.
    #[error("header name {name:?} is not valid")]
    HeaderName {
        /// The name.
        name: String,
    },
    /// A header's value has characters that cannot be sent.
    #[error("value of header {name} has characters that cannot be sent")]
    HeaderValue {
        /// The header.
        name: String,
    },
    /// The file with a password or token cannot be read.
    #[error("cannot read credentials from {}: {source}", path.display())]
    CredentialsFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A certificate or key cannot be read.
    #[error("cannot read certificate or key from {}: {cause}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// `cert_file` without `key_file` or the other way round.
    #[error("cert_file and key_file are given together or not at all")]
    HalfIdentity,
    /// TLS cannot be set up with these settings.
    #[error("tls settings are not valid: {0}")]
    Tls(String),
    /// The proxy's URL or the client's settings are refused.
    #[error("client settings are not valid: {0}")]
    Build(String),
}

impl HttpClient {
    /// Makes a client whose requests end after `timeout`, reading of the answer included.
    pub fn new(config: &HttpClientConfig, timeout: Duration) -> Result<Self, ClientError> {
        let refused = |error: reqwest::Error| ClientError::Build(describe(&error));
        let redirects = if config.follow_redirects { Policy::limited(REDIRECTS_MAX) } else { Policy::none() };
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .timeout(timeout)
            .connect_timeout(timeout.min(CONNECT_TIMEOUT_MAX))
            .redirect(redirects)
            .referer(false)
            .no_proxy()
            .tls_backend_preconfigured(tls::client_config(&config.tls)?);
        if let Some(url) = &config.proxy_url {
            builder = builder.proxy(Proxy::all(url.as_str()).map_err(refused)?);
        }
        Ok(Self {
            client: builder.build().map_err(refused)?,
            headers: headers(config)?,
            credentials: Arc::new(Credentials::of(config)),
        })
    }

    /// A request with credentials, configured headers and `User-Agent` put on. A dropped future has no effect.
    pub async fn request(&self, method: Method, url: &str) -> Result<RequestBuilder, ClientError> {
        let mut url = Url::parse(url).map_err(|error| ClientError::Url(error.to_string()))?;
        if !matches!(*self.credentials, Credentials::Anonymous) {
            // Configured credentials win over those in the URL. Neither call fails for a URL with a host.
            let _ = url.set_username("");
            let _ = url.set_password(None);
        }
        let request = self.credentials.apply(self.client.request(method, url)).await?;
        Ok(request.headers(self.headers.clone()))
    }
}

fn headers(config: &HttpClientConfig) -> Result<HeaderMap, ClientError> {
    let mut headers = HeaderMap::with_capacity(config.headers.len());
    for (name, value) in &config.headers {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| ClientError::HeaderName { name: name.clone() })?;
        let mut value = HeaderValue::from_str(&value.0)
            .map_err(|_| ClientError::HeaderValue { name: name.to_string() })?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests;
