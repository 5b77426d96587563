//! Prometheus' `<http_config>`: TLS and credentials of a client.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::Secret;

/// How a client connects and who it says it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpClientConfig {
    /// `Authorization: Basic`.
    pub basic_auth: Option<BasicAuth>,
    /// `Authorization: <type> <credentials>`.
    pub authorization: Option<Authorization>,
    /// TLS.
    pub tls: TlsConfig,
    /// A proxy for every request.
    pub proxy_url: Option<String>,
    /// Whether redirects are followed. Prometheus' default: yes.
    pub follow_redirects: bool,
    /// Headers added to every request.
    pub headers: BTreeMap<String, Secret>,
}

/// A user name and a password or the file it is read from at each use.
#[derive(Clone, Debug, PartialEq)]
pub struct BasicAuth {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: Option<Secret>,
    /// The file that holds the password.
    pub password_file: Option<PathBuf>,
}

/// A scheme and credentials or the file they are read from at each use.
#[derive(Clone, Debug, PartialEq)]
pub struct Authorization {
    /// The scheme. Default: `Bearer`.
    pub kind: String,
    /// The credentials.
    pub credentials: Option<Secret>,
    /// The file that holds the credentials.
    pub credentials_file: Option<PathBuf>,
}

/// Prometheus' `<tls_config>`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TlsConfig {
    /// Certificate authority, PEM. The system's when absent.
    pub ca_file: Option<PathBuf>,
    /// Client certificate, PEM.
    pub cert_file: Option<PathBuf>,
    /// Client key, PEM.
    pub key_file: Option<PathBuf>,
    /// The name the server's certificate must have, when it is not the URL's host.
    pub server_name: Option<String>,
    /// Accepts any certificate.
    pub insecure_skip_verify: bool,
}
