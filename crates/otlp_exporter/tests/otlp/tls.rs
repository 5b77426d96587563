//! gRPC and HTTP over TLS.

use std::path::Path;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use weir_config::{OtlpExporterConfig, OtlpProtocol};
use weir_delivery::{Exporter, Outcome};
use weir_otlp_exporter::OtlpExporter;

use crate::script::{Line, Scripted, Welcome, scripted_with};
use crate::stand::{DELIVERED, config, small};

struct Secure(TlsAcceptor);

impl Welcome for Secure {
    type Stream = TlsStream<TcpStream>;
    async fn welcome(&self, stream: TcpStream) -> std::io::Result<Self::Stream> {
        self.0.accept(stream).await
    }
}

/// A server for the name `weir.test`, whose certificate is written to `ca_file`.
async fn server(ca_file: &Path, protocol: &[u8]) -> Scripted {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["weir.test".to_owned()]).expect("the name is valid");
    std::fs::write(ca_file, cert.pem()).expect("the folder is there");
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("it is a key");
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the defaults are valid")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("key and certificate match");
    config.alpn_protocols = vec![protocol.to_vec()];
    scripted_with(Secure(TlsAcceptor::from(Arc::new(config))), vec![Line::grpc_message(b"")]).await
}

fn secure(server: &Scripted, protocol: OtlpProtocol) -> OtlpExporterConfig {
    let endpoint = format!("https://{}", server.address);
    OtlpExporterConfig { endpoint, ..config(server.address, protocol) }
}

#[tokio::test]
async fn spans_go_over_tls_to_a_server_that_is_trusted() {
    let folder = tempfile::tempdir().expect("there is room");
    let ca_file = folder.path().join("ca.pem");
    for (protocol, alpn) in [(OtlpProtocol::Grpc, &b"h2"[..]), (OtlpProtocol::HttpProtobuf, b"http/1.1")] {
        let server = server(&ca_file, alpn).await;
        let mut config = secure(&server, protocol);
        config.http.tls.ca_file = Some(ca_file.clone());
        config.http.tls.server_name = Some("weir.test".to_owned());
        let exporter = OtlpExporter::new(&config).expect("the configuration is valid");
        assert_eq!(exporter.send(&mut small(&exporter)).await, DELIVERED);
    }
}

#[tokio::test]
async fn a_server_that_is_not_trusted_gets_nothing() {
    let folder = tempfile::tempdir().expect("there is room");
    let ca_file = folder.path().join("ca.pem");
    let server = server(&ca_file, b"h2").await;
    let mut config = secure(&server, OtlpProtocol::Grpc);
    config.http.tls.ca_file = Some(ca_file);
    let exporter = OtlpExporter::new(&config).expect("the configuration is valid");
    let Outcome::Retry(retry) = exporter.send(&mut small(&exporter)).await else { panic!("it was sent") };
    assert!(retry.cause.starts_with("TLS failed"), "{}", retry.cause);
}
