//! Handshakes with a server whose authority was made for the test.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::Method;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use weir_config::{HttpClientConfig, TlsConfig};

use crate::{ClientError, HttpClient, describe};

/// A server with a certificate for `localhost` and its authority's certificate in a file.
struct Server {
    port: u16,
    ca_file: PathBuf,
    folder: TempDir,
}

async fn server() -> Server {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    fs::write(&ca_file, authority.pem()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(answer(listener, TlsAcceptor::from(Arc::new(config))));
    Server { port, ca_file, folder }
}

async fn answer(listener: TcpListener, acceptor: TlsAcceptor) {
    while let Ok((stream, _)) = listener.accept().await {
        // A client that does not trust us ends the handshake.
        let Ok(mut stream) = acceptor.accept(stream).await else { continue };
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await;
        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await;
        let _ = stream.shutdown().await;
    }
}

async fn get(tls: TlsConfig, url: &str) -> Result<u16, String> {
    let config = HttpClientConfig { tls, ..HttpClientConfig::default() };
    let client = HttpClient::new(&config, Duration::from_secs(10)).unwrap();
    let request = client.request(Method::GET, url).await.unwrap();
    request.send().await.map(|response| response.status().as_u16()).map_err(|error| describe(&error))
}

#[tokio::test]
async fn a_server_is_trusted_when_the_file_holds_its_authority() {
    let server = server().await;
    let tls = TlsConfig { ca_file: Some(server.ca_file), ..TlsConfig::default() };
    assert_eq!(get(tls, &format!("https://localhost:{}", server.port)).await, Ok(204));
}

#[tokio::test]
async fn a_server_with_an_authority_that_the_system_does_not_know_is_refused() {
    let server = server().await;
    let words = get(TlsConfig::default(), &format!("https://localhost:{}", server.port)).await.unwrap_err();
    // `UnknownIssuer` where the system has authorities, else that it has none.
    assert!(words.contains("UnknownIssuer") || words.contains("authorities"), "{words}");
}

#[tokio::test]
async fn the_certificate_must_be_for_the_host_or_for_the_configured_name() {
    let server = server().await;
    let url = format!("https://127.0.0.1:{}", server.port);
    let tls = TlsConfig { ca_file: Some(server.ca_file), ..TlsConfig::default() };
    let words = get(tls.clone(), &url).await.unwrap_err();
    assert!(words.contains("not valid for name"), "{words}");
    let named = TlsConfig { server_name: Some("localhost".to_owned()), ..tls };
    assert_eq!(get(named, &url).await, Ok(204));
}

#[tokio::test]
async fn any_certificate_will_do_when_checking_is_switched_off() {
    let server = server().await;
    let tls = TlsConfig { insecure_skip_verify: true, ..TlsConfig::default() };
    assert_eq!(get(tls, &format!("https://127.0.0.1:{}", server.port)).await, Ok(204));
}

#[tokio::test]
async fn files_that_hold_no_certificate_or_half_an_identity_are_refused() {
    let server = server().await;
    let made = |tls| {
        let config = HttpClientConfig { tls, ..HttpClientConfig::default() };
        HttpClient::new(&config, Duration::from_secs(10)).map(drop)
    };
    let empty = server.folder.path().join("empty.pem");
    fs::write(&empty, "").unwrap();
    let ca_file = Some(empty);
    assert!(matches!(made(TlsConfig { ca_file, ..TlsConfig::default() }), Err(ClientError::Pem { .. })));
    let cert_file = Some(server.ca_file);
    assert!(matches!(made(TlsConfig { cert_file, ..TlsConfig::default() }), Err(ClientError::HalfIdentity)));
}
