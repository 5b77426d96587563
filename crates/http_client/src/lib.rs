//! The HTTP client that exporters and scrapes share: TLS, credentials, Retry-After.
