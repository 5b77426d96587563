//! Watches of a Kubernetes API server: targets to scrape, and the metadata of a node's pods.
//!
//! ```text
//! API server --> watch: one per kind of object and namespace --> store --> targets (for scraping), pods (for logs)
//! ```
//!
//! A watch lists its objects and then follows their changes (`watch`); what is kept of an object is what some label or
//! attribute is made of (`objects`). While the server cannot be reached, everything stays as it was known last; a watch
//! is taken up again with growing pauses of up to a minute, and each failure is counted.

mod access;
mod discovery;
mod metrics;
mod objects;
mod pod_metadata;
mod store;
mod targets;
mod watch;

pub use discovery::{Discovery, Groups};
pub use metrics::KubernetesMetrics;
pub use pod_metadata::{ContainerMetadata, KnownPod, PodMetadata, Pods};
