//! A server that answers as a script says.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tonic::{Code, Status};

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Line {
    /// Answers with these parts.
    Answer { status: u16, headers: Vec<(&'static str, String)>, body: Bytes, trailers: Option<HeaderMap> },
    /// Never answers.
    Hang,
    /// Closes the connection.
    Hangup,
}

impl Line {
    /// A gRPC answer of trailers alone.
    pub(crate) fn grpc(status: &Status) -> Self {
        let mut headers = HeaderMap::new();
        status.add_header(&mut headers).expect("the status is valid");
        let mut headers: Vec<_> = ["grpc-status", "grpc-message", "grpc-status-details-bin"]
            .into_iter()
            .filter_map(|name| Some((name, headers.get(name)?.to_str().ok()?.to_owned())))
            .collect();
        headers.push(("content-type", "application/grpc".to_owned()));
        Self::Answer { status: 200, headers, body: Bytes::new(), trailers: None }
    }

    /// A gRPC answer with a message, and a status of OK after it.
    pub(crate) fn grpc_message(message: &[u8]) -> Self {
        let mut trailers = HeaderMap::new();
        Status::new(Code::Ok, "").add_header(&mut trailers).expect("the status is valid");
        let body = [&[0][..], &(message.len() as u32).to_be_bytes(), message].concat();
        let headers = vec![("content-type", "application/grpc".to_owned())];
        Self::Answer { status: 200, headers, body: Bytes::from(body), trailers: Some(trailers) }
    }

    /// An HTTP answer.
    pub(crate) fn http(status: u16, headers: &[(&'static str, &str)], body: impl Into<Bytes>) -> Self {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self::Answer { status, headers, body: body.into(), trailers: None }
    }
}

/// A request that the server got.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Which connection it came on, counted from 0.
    pub(crate) connection: usize,
}

/// A running server.
pub(crate) struct Scripted {
    pub(crate) address: SocketAddr,
    pub(crate) got: mpsc::UnboundedReceiver<Got>,
    _tasks: JoinSet<()>,
}

/// How connections begin: as they are or with TLS.
pub(crate) trait Welcome: Send + 'static {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    fn welcome(
        &self,
        stream: tokio::net::TcpStream,
    ) -> impl Future<Output = std::io::Result<Self::Stream>> + Send;
}

/// As they are.
pub(crate) struct Plain;

impl Welcome for Plain {
    type Stream = tokio::net::TcpStream;
    async fn welcome(&self, stream: tokio::net::TcpStream) -> std::io::Result<Self::Stream> {
        Ok(stream)
    }
}

/// Starts a server that does one line of the script for each request.
pub(crate) async fn scripted(script: Vec<Line>) -> Scripted {
    scripted_with(Plain, script).await
}

pub(crate) async fn scripted_with(welcome: impl Welcome + Sync, script: Vec<Line>) -> Scripted {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    let (tell, got) = mpsc::unbounded_channel();
    let script = std::sync::Arc::new(std::sync::Mutex::new(script.into_iter()));
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        for connection in 0.. {
            let (stream, _) = listener.accept().await.expect("the listener works");
            let Ok(stream) = welcome.welcome(stream).await else { continue };
            let (tell, script) = (tell.clone(), script.clone());
            connections.spawn(async move {
                let (hang_up, hung_up) = mpsc::channel::<()>(1);
                let service = service_fn(|request: Request<Incoming>| {
                    let line = script.lock().expect("no panic").next().expect("the script goes on");
                    answer(request, line, connection, tell.clone(), hang_up.clone())
                });
                let builder = Builder::new(TokioExecutor::new());
                let mut hung_up = hung_up;
                tokio::select! {
                    _ = builder.serve_connection(TokioIo::new(stream), service) => {}
                    _ = hung_up.recv() => {}
                }
            });
        }
    });
    Scripted { address, got, _tasks: tasks }
}

async fn answer(
    request: Request<Incoming>,
    line: Line,
    connection: usize,
    tell: mpsc::UnboundedSender<Got>,
    hang_up: mpsc::Sender<()>,
) -> Result<Response<Whole>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.expect("the request is whole").to_bytes();
    let _ = tell.send(Got { path: head.uri.path().to_owned(), headers: head.headers, body, connection });
    match line {
        Line::Answer { status, headers, body, trailers } => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            let body = Whole { data: (!body.is_empty()).then_some(body), trailers };
            Ok(response.body(body).expect("the parts are valid"))
        }
        Line::Hang => std::future::pending().await,
        Line::Hangup => {
            let _ = hang_up.send(()).await;
            std::future::pending().await
        }
    }
}

struct Whole {
    data: Option<Bytes>,
    trailers: Option<HeaderMap>,
}

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = self.data.take().map(Frame::data);
        Poll::Ready(data.or_else(|| self.trailers.take().map(Frame::trailers)).map(Ok))
    }
    fn is_end_stream(&self) -> bool {
        self.data.is_none() && self.trailers.is_none()
    }
}
