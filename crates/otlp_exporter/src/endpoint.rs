//! Where to.

use http::Uri;
use http::uri::{PathAndQuery, Scheme};

/// A server's address, as a URL gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    uri: Uri,
    pub(crate) is_tls: bool,
}

impl Endpoint {
    /// Reads `http://host[:port]` or `https://host[:port]`, with a path and credentials only where `with_path`.
    pub(crate) fn parse(url: &str, with_path: bool) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let scheme = uri.scheme()?;
        let is_tls = *scheme == Scheme::HTTPS;
        let is_known = is_tls || *scheme == Scheme::HTTP;
        let is_bare = uri.path() == "/" && !uri.authority()?.as_str().contains('@');
        let is_plain = uri.query().is_none() && (with_path || is_bare);
        (is_known && is_plain && uri.host().is_some_and(|host| !host.is_empty()))
            .then_some(Self { uri, is_tls })
    }

    /// The host as a resolver takes it, IPv6 addresses without brackets.
    pub(crate) fn host(&self) -> &str {
        self.uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    /// The port; where none is given, that of OTLP over gRPC.
    pub(crate) fn grpc_port(&self) -> u16 {
        self.uri.port_u16().unwrap_or(4317)
    }

    /// The URL of `path` on the server.
    pub(crate) fn with_path(&self, path: &'static str) -> Uri {
        let mut parts = self.uri.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::from_static(path));
        Uri::from_parts(parts).expect("scheme and authority were there, and a path is")
    }

    /// The URL of `path` below the endpoint's own path.
    pub(crate) fn below_path(&self, path: &str) -> String {
        format!("{}{path}", self.uri.to_string().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests;
