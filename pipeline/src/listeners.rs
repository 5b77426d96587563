//! The OTLP listeners: started, replaced and stopped as the configuration says.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};
use weir_config::{OtlpConfig, OtlpListener};
use weir_otlp_receiver::{Limits, OtlpMetrics, serve_grpc, serve_http};

use super::sink::IntakeSink;

/// How a listener speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Grpc,
    Http,
}

impl Protocol {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Http => "http",
        }
    }
}

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("otlp.{protocol}.listen: cannot listen on {address}: {source}; choose a free address")]
pub struct ListenError {
    protocol: &'static str,
    address: SocketAddr,
    source: io::Error,
}

/// Where OTLP is listened for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OtlpAddresses {
    /// gRPC.
    pub(super) grpc: Option<SocketAddr>,
    /// HTTP.
    pub(super) http: Option<SocketAddr>,
}

struct Running {
    config: OtlpListener,
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// Both listeners.
pub(super) struct Listeners {
    sink: IntakeSink,
    metrics: OtlpMetrics,
    in_flight_bytes_max: u64,
    grpc: Option<Running>,
    http: Option<Running>,
}

impl Listeners {
    /// Nothing listens yet. All listeners together hold at most `in_flight_bytes_max`.
    pub(super) fn new(sink: IntakeSink, metrics: OtlpMetrics, in_flight_bytes_max: u64) -> Self {
        Self { sink, metrics, in_flight_bytes_max, grpc: None, http: None }
    }

    /// Makes what runs what `config` says; a listener that did not change is left alone. On an error the listener in
    /// question is as before, where its address is the same, and off otherwise.
    pub(super) async fn apply(&mut self, config: &OtlpConfig) -> Result<(), ListenError> {
        for (protocol, wanted) in [(Protocol::Grpc, &config.grpc), (Protocol::Http, &config.http)] {
            let running = match protocol {
                Protocol::Grpc => &mut self.grpc,
                Protocol::Http => &mut self.http,
            };
            if running.as_ref().map(|running| &running.config) == wanted.as_ref() {
                continue;
            }
            if let Some(old) = running.take() {
                old.stop().await;
            }
            if let Some(wanted) = wanted {
                let started = self.start(protocol, wanted).await?;
                match protocol {
                    Protocol::Grpc => self.grpc = Some(started),
                    Protocol::Http => self.http = Some(started),
                }
            }
        }
        Ok(())
    }

    async fn start(&self, protocol: Protocol, config: &OtlpListener) -> Result<Running, ListenError> {
        let failed = |source| ListenError { protocol: protocol.as_str(), address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        info!(%address, protocol = protocol.as_str(), "listening for OTLP");
        let mut limits = Limits::from(config);
        let budget = usize::try_from(self.in_flight_bytes_max / 2).unwrap_or(usize::MAX);
        limits.in_flight_bytes_max = limits.in_flight_bytes_max.min(budget);
        let stop = CancellationToken::new();
        let (sink, metrics, stopped) = (self.sink.clone(), self.metrics.clone(), stop.clone());
        let task = tokio::spawn(async move {
            let stopped = stopped.cancelled_owned();
            match protocol {
                Protocol::Grpc => serve_grpc(listener, limits, sink, &metrics, stopped).await,
                Protocol::Http => serve_http(listener, limits, sink, &metrics, stopped).await,
            }
        });
        Ok(Running { config: config.clone(), address, stop, task })
    }

    /// Where gRPC and HTTP are listened for.
    pub(super) fn addresses(&self) -> OtlpAddresses {
        let address = |running: &Option<Running>| running.as_ref().map(|running| running.address);
        OtlpAddresses { grpc: address(&self.grpc), http: address(&self.http) }
    }

    /// Answers what has been begun and takes no more.
    pub(super) async fn stop(&mut self) {
        for running in [self.grpc.take(), self.http.take()].into_iter().flatten() {
            running.stop().await;
        }
    }
}

impl Running {
    async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            error!(%error, "OTLP listener failed");
        }
    }
}
