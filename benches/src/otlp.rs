//! OTLP/gRPC whose messages are bytes that nobody looks into, under tonic on both sides.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BufMut, Bytes};
use http::uri::PathAndQuery;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic::{Request, Response, Status};
use tower::{Service, service_fn};

/// Largest message taken, in bytes.
const MESSAGE_BYTES_MAX: usize = 64 << 20;
const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// Messages as bytes, uncopied where tonic allows it.
#[derive(Clone, Copy, Debug, Default)]
pub struct BytesCodec;

impl Codec for BytesCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buf: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buf.reserve(item.len());
        buf.put(item);
        Ok(())
    }
}

impl Decoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buf: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buf.copy_to_bytes(buf.remaining())))
    }
}

/// A connection to an OTLP server.
#[derive(Clone, Debug)]
pub struct Client {
    grpc: tonic::client::Grpc<Channel>,
}

impl Client {
    /// Connects to `address`.
    ///
    /// # Errors
    /// Nobody listens there.
    pub async fn connect(address: &str) -> Result<Self, tonic::transport::Error> {
        let channel = Channel::from_shared(format!("http://{address}"))
            .expect("host and port make a URL")
            .connect()
            .await?;
        Ok(Self { grpc: tonic::client::Grpc::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX) })
    }

    /// Exports encoded spans and returns the encoded answer.
    ///
    /// # Errors
    /// The server's status.
    pub async fn export(&mut self, spans: Bytes) -> Result<Bytes, Status> {
        self.grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let path = PathAndQuery::from_static(EXPORT);
        Ok(self.grpc.unary(Request::new(spans), path, BytesCodec).await?.into_inner())
    }
}

/// Answers exports of spans with `answer` until the process ends. Whatever the path, it is taken for spans.
///
/// # Errors
/// The listener fails.
pub async fn serve<F, A>(listener: TcpListener, answer: F) -> Result<(), tonic::transport::Error>
where
    F: FnMut(Bytes) -> A + Clone + Send + 'static,
    A: Future<Output = Result<Bytes, Status>> + Send + 'static,
{
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    Server::builder().serve_with_incoming(Exports(answer), incoming).await
}

/// The trace service.
#[derive(Clone)]
struct Exports<F>(F);

impl<F, A> Service<http::Request<Body>> for Exports<F>
where
    F: FnMut(Bytes) -> A + Clone + Send + 'static,
    A: Future<Output = Result<Bytes, Status>> + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let mut answer = self.0.clone();
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(BytesCodec)
                .max_decoding_message_size(MESSAGE_BYTES_MAX)
                .accept_compressed(CompressionEncoding::Gzip);
            let method = service_fn(move |request: Request<Bytes>| {
                let answer = answer(request.into_inner());
                async move { answer.await.map(Response::new) }
            });
            Ok(grpc.unary(method, request).await)
        })
    }
}
