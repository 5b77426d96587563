//! The HTTP client that exporters and scrapes share: TLS, credentials, Retry-After.
//!
//! HTTP/1.1 over one connection pool per client. The system's certificate authorities are read at the first
//! `https` handshake, so that an agent which talks plain HTTP does not pay for them.

mod answer;
mod client;
mod credentials;
mod describe;
mod retry_after;
mod seldom;
mod tls;

pub use answer::{read_all, read_text};
pub use client::{ClientError, HttpClient};
pub use describe::describe;
pub use retry_after::retry_after;
pub use seldom::Seldom;
pub use tls::client_config as tls_config;
