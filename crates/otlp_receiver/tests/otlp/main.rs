//! The OTLP listeners against real clients: tonic's for gRPC, hyper's for HTTP and for what no library would send.

mod grpc;
mod http;
mod limits;
mod shutdown;
mod stand;
