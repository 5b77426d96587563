//! Starts and stops the real servers that end-to-end tests and benches talk to.
//!
//! Each server listens on free loopback ports that it keeps over a restart, keeps its data in a folder of the caller's,
//! and is ended by its process id when its handle is dropped. `tests/stack/install` puts the programs in place.

mod alertmanager;
mod database;
mod elasticsearch;
mod http;
mod jaeger;
mod kubernetes;
mod locate;
mod port;
mod process;
mod prometheus;
mod telemetrygen;

pub use alertmanager::{Alertmanager, amtool};
pub use database::{Database, exporter};
pub use elasticsearch::Elasticsearch;
pub use http::{get_json, get_text, post_json, try_get_json, try_get_text};
pub use jaeger::{Jaeger, JaegerMode};
pub use kubernetes::{Kubernetes, kustomize};
pub use locate::{NotInstalled, locate};
pub use port::free_port;
pub use process::{Server, StartError, wait_until};
pub use prometheus::{Prometheus, PrometheusMode};
pub use telemetrygen::telemetrygen;

#[cfg(test)]
mod tests;
