//! The exporter.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use weir_config::{Compression, OtlpExporterConfig, OtlpProtocol, Secret};
use weir_delivery::{Backoff, Encoded, Exporter, Outcome, Settings};
use weir_http_client::{ClientError, HttpClient, tls_config};
use weir_model::{Batch, Reason};

use crate::Request;
use crate::endpoint::Endpoint;
use crate::grpc::{self, Grpc};
use crate::http_protobuf::HttpProtobuf;
use crate::link::Link;
use crate::packer::Packer;
use crate::request::{Kind, Part};

/// Why an exporter cannot be built from its configuration.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The endpoint cannot be read.
    #[error("endpoint {0:?} is not of the form http://host:port, with a path only for http/protobuf")]
    Endpoint(String),
    /// The host cannot be in a certificate.
    #[error("host {0:?} cannot be in a certificate, so there is no TLS to it")]
    ServerName(String),
    /// A proxy is given, but gRPC goes without.
    #[error("proxy_url is not supported with gRPC; use protocol http/protobuf")]
    ProxyWithGrpc,
    /// A header's name or value is not valid.
    #[error("header {0:?} is not valid")]
    Header(String),
    /// TLS or credentials.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Sends traces and logs over OTLP.
#[derive(Debug)]
pub struct OtlpExporter {
    name: Arc<str>,
    packer: Option<Packer>,
    transport: Transport,
}

#[derive(Debug)]
enum Transport {
    Grpc(Box<Grpc>),
    Http(Box<HttpProtobuf>),
}

impl OtlpExporter {
    /// Builds it; connects on first use.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn new(config: &OtlpExporterConfig) -> Result<Self, BuildError> {
        let transport = match config.protocol {
            OtlpProtocol::Grpc => Transport::Grpc(Box::new(grpc(config)?)),
            OtlpProtocol::HttpProtobuf => Transport::Http(Box::new(http_protobuf(config)?)),
        };
        let packer = match config.compression {
            Compression::None => None,
            Compression::Gzip(level) => Some(Packer::new(level)),
        };
        Ok(Self { name: config.name.as_str().into(), packer, transport })
    }
}

fn grpc(config: &OtlpExporterConfig) -> Result<Grpc, BuildError> {
    let endpoint = endpoint(config)?;
    if config.http.proxy_url.is_some() {
        return Err(BuildError::ProxyWithGrpc);
    }
    let tls = if endpoint.is_tls { Some(tls_config(&config.http.tls)?) } else { None };
    let link = Link::new(&endpoint, tls).map_err(|_| BuildError::ServerName(endpoint.host().to_owned()))?;
    Ok(Grpc {
        exporter: config.name.as_str().into(),
        link,
        traces: grpc::traces_uri(&endpoint),
        logs: grpc::logs_uri(&endpoint),
        credentials: credentials(config)?,
        metadata: headers(config.http.headers.iter().chain(&config.headers))?,
        timeout: config.timeout,
    })
}

fn http_protobuf(config: &OtlpExporterConfig) -> Result<HttpProtobuf, BuildError> {
    let endpoint = endpoint(config)?;
    Ok(HttpProtobuf {
        exporter: config.name.as_str().into(),
        client: HttpClient::new(&config.http, config.timeout)?,
        traces: endpoint.below_path("/v1/traces"),
        logs: endpoint.below_path("/v1/logs"),
        headers: headers(config.headers.iter())?,
    })
}

fn endpoint(config: &OtlpExporterConfig) -> Result<Endpoint, BuildError> {
    let with_path = config.protocol == OtlpProtocol::HttpProtobuf;
    Endpoint::parse(&config.endpoint, with_path).ok_or_else(|| BuildError::Endpoint(config.endpoint.clone()))
}

/// What puts credentials on gRPC calls; `None` where there are none, for a client takes memory.
fn credentials(config: &OtlpExporterConfig) -> Result<Option<HttpClient>, BuildError> {
    if config.http.authorization.is_none() && config.http.basic_auth.is_none() {
        return Ok(None);
    }
    Ok(Some(HttpClient::new(&config.http, config.timeout)?))
}

fn headers<'a>(configured: impl Iterator<Item = (&'a String, &'a Secret)>) -> Result<HeaderMap, BuildError> {
    let mut headers = HeaderMap::new();
    for (name, value) in configured {
        let invalid = || BuildError::Header(name.clone());
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
        let mut value = HeaderValue::from_str(&value.0).map_err(|_| invalid())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

impl Exporter for OtlpExporter {
    type Request = Request;

    fn encode(&self, batches: &[Batch]) -> Encoded<Request> {
        let records = batches.iter().map(|batch| u64::from(batch.records)).sum();
        let Some(first) = batches.first() else {
            return Encoded { request: None, records: 0, dropped: Vec::new() };
        };
        let Some(kind) = Kind::of(first.signal) else {
            // The configuration allows traces and logs only.
            return Encoded { request: None, records: 0, dropped: vec![(Reason::NoExporter, records)] };
        };
        let part = |batch: &Batch| Part { payload: batch.payload.clone(), records: batch.records.into() };
        let request = Request::new(kind, batches.iter().map(part).collect(), self.packer.as_ref());
        Encoded { request: Some(request), records, dropped: Vec::new() }
    }

    async fn send(&self, request: &mut Request) -> Outcome {
        let reply = match &self.transport {
            Transport::Grpc(grpc) => grpc.attempt(request).await,
            Transport::Http(http) => http.attempt(request).await,
        };
        reply.conclude(&self.name, request, self.packer.as_ref())
    }
}

/// How the delivery loop drives this exporter.
pub fn settings(config: &OtlpExporterConfig) -> Settings {
    Settings {
        exporter: config.name.clone(),
        requests_max: usize::try_from(config.requests_max).unwrap_or(usize::MAX).max(1),
        batch_bytes_max: usize::try_from(config.request_bytes_max).unwrap_or(usize::MAX),
        batch_records_max: u64::MAX,
        linger: LINGER,
        backoff: BACKOFF,
    }
}

/// How long a request waits to fill. A request's fixed cost is that of some 50 spans, so joining small ones is what
/// makes them cheap.
const LINGER: Duration = Duration::from_millis(200);
/// As OpenTelemetry's exporters begin, but back sooner after an outage.
const BACKOFF: Backoff = Backoff { min: Duration::from_millis(500), max: Duration::from_secs(10) };

#[cfg(test)]
mod tests;
