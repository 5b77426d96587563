//! TLS settings of a client.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use weir_config::TlsConfig;

use crate::ClientError;

/// The rustls settings for `config`. Files named there are read now; the system's authorities only at the first
/// handshake. For clients that speak something else than HTTP/1.1; [`crate::HttpClient`] uses it by itself.
///
/// # Errors
/// When a file cannot be read or the settings contradict each other.
pub fn client_config(config: &TlsConfig) -> Result<ClientConfig, ClientError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Arc::new(Verifier::new(config, provider.clone())?);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError::Tls(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    match (&config.cert_file, &config.key_file) {
        (None, None) => Ok(builder.with_no_client_auth()),
        (Some(cert), Some(key)) => builder
            .with_client_auth_cert(certificates(cert)?, private_key(key)?)
            .map_err(|error| ClientError::Tls(error.to_string())),
        _ => Err(ClientError::HalfIdentity),
    }
}

/// Checks servers' certificates as the configuration says.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    trust: Trust,
    /// The name to check instead of the URL's host. The name sent to the server (SNI) stays the URL's host.
    server_name: Option<ServerName<'static>>,
}

/// Whom a client trusts.
#[derive(Debug)]
enum Trust {
    /// The system's authorities, read at first use.
    System(OnceLock<Result<Arc<WebPkiServerVerifier>, Error>>),
    /// Those of a file.
    File(Arc<WebPkiServerVerifier>),
    /// Any certificate (`insecure_skip_verify`).
    Anyone,
}

impl Verifier {
    fn new(config: &TlsConfig, provider: Arc<CryptoProvider>) -> Result<Self, ClientError> {
        let trust = match &config.ca_file {
            _ if config.insecure_skip_verify => Trust::Anyone,
            Some(path) => Trust::File(file_verifier(path, provider.clone())?),
            None => Trust::System(OnceLock::new()),
        };
        let server_name = match &config.server_name {
            Some(name) => Some(
                ServerName::try_from(name.clone())
                    .map_err(|_| ClientError::Tls(format!("server_name {name:?} is not a host name")))?,
            ),
            None => None,
        };
        Ok(Self { provider, trust, server_name })
    }

    fn authorities(&self) -> Result<Option<&WebPkiServerVerifier>, Error> {
        match &self.trust {
            Trust::Anyone => Ok(None),
            Trust::File(verifier) => Ok(Some(verifier)),
            Trust::System(loaded) => loaded
                .get_or_init(|| system_verifier(self.provider.clone()))
                .as_ref()
                .map(|verifier| Some(verifier.as_ref()))
                .map_err(Clone::clone),
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authorities) = self.authorities()? else { return Ok(ServerCertVerified::assertion()) };
        let name = self.server_name.as_ref().unwrap_or(server_name);
        authorities.verify_server_cert(end_entity, intermediates, name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn file_verifier(
    path: &Path,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, ClientError> {
    let unusable = |cause: String| ClientError::Pem { path: path.to_owned(), cause };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| unusable(error.to_string()))
}

/// Reads the system's authorities: some milliseconds, once per client. Those that cannot be read are left out, as
/// other programs do.
fn system_verifier(provider: Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| Error::General(format!("the system's certificate authorities: {error}")))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let unusable = |cause: String| ClientError::Pem { path: path.to_owned(), cause };
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(error.to_string()))?;
    if certificates.is_empty() {
        return Err(unusable("no certificate in the file".to_owned()));
    }
    Ok(certificates)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, ClientError> {
    PrivateKeyDer::from_pem_file(path)
        .map_err(|error| ClientError::Pem { path: path.to_owned(), cause: error.to_string() })
}

#[cfg(test)]
mod tests;
