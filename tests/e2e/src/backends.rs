//! The three destinations together.

use std::path::Path;
use std::thread;

use weir_stack::{Elasticsearch, Jaeger, JaegerMode, Prometheus, PrometheusMode};

/// A running Prometheus, Elasticsearch and Jaeger.
#[derive(Debug)]
pub struct Backends {
    /// The remote-write receiver.
    pub prometheus: Prometheus,
    /// The log store.
    pub elasticsearch: Elasticsearch,
    /// The trace store.
    pub jaeger: Jaeger,
}

impl Backends {
    /// Starts all three with their data under `folder`; about 20 s.
    pub fn start(folder: &Path) -> Self {
        thread::scope(|scope| {
            let elasticsearch = scope.spawn(|| Elasticsearch::start(&folder.join("elasticsearch")));
            let jaeger = Jaeger::start(&JaegerMode::Store, &folder.join("jaeger"));
            let prometheus =
                Prometheus::start(PrometheusMode::Receiver, &folder.join("prometheus"), "global: {}\n");
            Self {
                prometheus: prometheus.unwrap_or_else(|error| panic!("{error}")),
                elasticsearch: elasticsearch
                    .join()
                    .expect("the starting thread does not panic")
                    .unwrap_or_else(|error| panic!("{error}")),
                jaeger: jaeger.unwrap_or_else(|error| panic!("{error}")),
            }
        })
    }
}
