//! One HTTP/2 connection to a server, opened when needed and replaced when it fails.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_rustls::TlsConnector;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tracing::debug;

use crate::chunks::OneFrame;
use crate::endpoint::Endpoint;

/// A connection that is opened when needed.
#[derive(Debug)]
pub(crate) struct Link {
    host: String,
    port: u16,
    tls: Option<Tls>,
    open: Mutex<Opened>,
    tasks: TaskTracker,
    stop: DropGuard,
}

/// How to begin TLS.
struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("name", &self.name).finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Opened {
    sender: Option<SendRequest<OneFrame>>,
    /// Counts connections, so that a request that failed on an old one leaves a newer one alone.
    number: u64,
}

/// The right to send on connection `number`.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) sender: SendRequest<OneFrame>,
    number: u64,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    /// No TCP connection.
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error),
    /// No TLS.
    #[error("TLS failed: {0}")]
    Tls(#[source] io::Error),
    /// No HTTP/2.
    #[error("HTTP/2 handshake failed: {0}")]
    Handshake(#[source] hyper::Error),
}

/// The host name cannot be in a certificate.
#[derive(Debug, thiserror::Error)]
#[error("host {0:?} cannot be in a certificate")]
pub(crate) struct ServerNameError(String);

impl Link {
    /// A link to `endpoint`, over TLS where `tls` is given.
    pub(crate) fn new(endpoint: &Endpoint, tls: Option<ClientConfig>) -> Result<Self, ServerNameError> {
        let host = endpoint.host().to_owned();
        let tls = match tls {
            None => None,
            Some(mut config) => {
                config.alpn_protocols = vec![b"h2".to_vec()];
                let name = ServerName::try_from(host.clone()).map_err(|_| ServerNameError(host.clone()))?;
                Some(Tls { connector: TlsConnector::from(Arc::new(config)), name })
            }
        };
        Ok(Self {
            host,
            port: endpoint.grpc_port(),
            tls,
            open: Mutex::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new().drop_guard(),
        })
    }

    /// The open connection, or a new one. Dropped half way, no connection stays.
    pub(crate) async fn line(&self) -> Result<Line, LinkError> {
        let mut open = self.open.lock().await;
        if let Some(sender) = open.sender.as_ref().filter(|sender| !sender.is_closed()) {
            return Ok(Line { sender: sender.clone(), number: open.number });
        }
        let sender = self.connect().await?;
        open.number += 1;
        open.sender = Some(sender.clone());
        Ok(Line { sender, number: open.number })
    }

    /// Gives up the connection of `line`: the next request opens a new one. Requests under way on it go on.
    pub(crate) async fn give_up(&self, line: Line) {
        let mut open = self.open.lock().await;
        if open.number == line.number {
            open.sender = None;
        }
    }

    async fn connect(&self) -> Result<SendRequest<OneFrame>, LinkError> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(LinkError::Connect)?;
        let socket = SockRef::from(&stream);
        socket.set_tcp_nodelay(true).map_err(LinkError::Connect)?;
        socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX)).map_err(LinkError::Connect)?;
        match &self.tls {
            None => self.handshake(stream).await,
            Some(tls) => {
                let connecting = tls.connector.connect(tls.name.clone(), stream);
                self.handshake(connecting.await.map_err(LinkError::Tls)?).await
            }
        }
    }

    async fn handshake<T>(&self, stream: T) -> Result<SendRequest<OneFrame>, LinkError>
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (sender, connection) = http2::Builder::new(Tracked(self.tasks.clone()))
            .initial_stream_window_size(ANSWER_WINDOW_BYTES)
            .initial_connection_window_size(ANSWER_WINDOW_BYTES)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(LinkError::Handshake)?;
        let stop = self.stop.token().clone();
        self.tasks.spawn(async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    debug!(%error, "connection ended");
                },
                () = stop.cancelled() => {}
            }
        });
        Ok(sender)
    }
}

/// How long sent bytes may stay unacknowledged before the kernel declares the connection dead. No HTTP/2 pings: Go
/// servers close connections that ping more often than once in five minutes.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(20);
/// Answers are a few bytes.
const ANSWER_WINDOW_BYTES: u32 = 65_535;

/// Runs what the connection starts as tasks that end with it.
#[derive(Clone, Debug)]
struct Tracked(TaskTracker);

impl<F> hyper::rt::Executor<F> for Tracked
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn(future);
    }
}
