//! From the configuration to a client.

use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri, header};
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use tokio::time::sleep;
use tracing::error;
use weir_config::KubernetesAccess;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longer than a watch goes on (290 s), so that only a server that says nothing at all is given up.
const READ_TIMEOUT: Duration = Duration::from_secs(300);
/// Before the next try to make a client.
const RETRY: Duration = Duration::from_secs(10);
/// Where a pod finds the name of its namespace.
const OWN_NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccessError {
    /// Neither a server nor a file is named, and weir runs in no pod.
    #[error("not in a pod of a cluster ({0}); name api_server or kubeconfig_file")]
    NotInCluster(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The kubeconfig file cannot be used.
    #[error("{path}: {source}")]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: KubeconfigError,
    },
    /// A file that the settings name.
    #[error("read {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A setting is not what it should be.
    #[error("{0}")]
    Setting(String),
    /// The client cannot be made.
    #[error("{0}")]
    Client(#[from] kube::Error),
}

/// Tries `attempt` until it succeeds: a mistake in a file that it needs can be mended meanwhile. `section` is of the
/// configuration, for the log.
pub(crate) async fn reach<T, F>(section: &str, attempt: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, AccessError>>,
{
    loop {
        match attempt().await {
            Ok(reached) => return reached,
            Err(error) => {
                error!(%error, section, "no way to the Kubernetes API server, tried again every 10 s")
            }
        }
        sleep(RETRY).await;
    }
}

/// Makes a client. Nothing is sent yet.
pub(crate) async fn client(access: &KubernetesAccess) -> Result<Client, AccessError> {
    let mut config = match (&access.kubeconfig_file, &access.api_server) {
        (Some(path), _) => {
            let of_file = |source| AccessError::Kubeconfig { path: path.clone(), source };
            let file = Kubeconfig::read_from(path).map_err(of_file)?;
            Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.map_err(of_file)?
        }
        (None, Some(url)) => configured(url, access)?,
        (None, None) => Config::incluster().map_err(|error| AccessError::NotInCluster(error.into()))?,
    };
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.read_timeout = Some(READ_TIMEOUT);
    config.reset_reader_on_write = true;
    Ok(Client::try_from(config)?)
}

/// The namespace of the pod that weir runs in.
pub(crate) fn own_namespace() -> Result<String, AccessError> {
    std::fs::read_to_string(OWN_NAMESPACE)
        .map(|text| text.trim().to_owned())
        .map_err(|source| AccessError::File { path: OWN_NAMESPACE.into(), source })
}

fn configured(url: &str, access: &KubernetesAccess) -> Result<Config, AccessError> {
    let setting = |error: &dyn std::fmt::Display| AccessError::Setting(error.to_string());
    let url: Uri = url.parse().map_err(|error: http::uri::InvalidUri| setting(&error))?;
    let mut config = Config::new(url);
    let http = &access.http;
    config.root_cert_file = http.tls.ca_file.clone();
    config.accept_invalid_certs = http.tls.insecure_skip_verify;
    config.tls_server_name = http.tls.server_name.clone();
    let text = |path: &PathBuf| path.to_string_lossy().into_owned();
    config.auth_info.client_certificate = http.tls.cert_file.as_ref().map(text);
    config.auth_info.client_key = http.tls.key_file.as_ref().map(text);
    for (name, value) in &http.headers {
        let name = HeaderName::try_from(name).map_err(|error| setting(&error))?;
        config.headers.push((name, sensitive(&value.0)?));
    }
    let Some(authorization) = &http.authorization else { return Ok(config) };
    match (&authorization.credentials, &authorization.credentials_file) {
        (Some(credentials), _) => {
            let value = format!("{} {}", authorization.kind, credentials.0);
            config.headers.push((header::AUTHORIZATION, sensitive(&value)?));
        }
        // Read again as it changes: the tokens of service accounts live for an hour.
        (None, Some(path)) if authorization.kind.eq_ignore_ascii_case("bearer") => {
            config.auth_info.token_file = Some(text(path));
        }
        (None, Some(_)) => {
            let only = "authorization.credentials_file is for tokens of the type Bearer only";
            return Err(AccessError::Setting(only.to_owned()));
        }
        (None, None) => {}
    }
    Ok(config)
}

fn sensitive(value: &str) -> Result<HeaderValue, AccessError> {
    let mut value =
        HeaderValue::from_str(value).map_err(|_| AccessError::Setting("not a header's value".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}
