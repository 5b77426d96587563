//! weir: metrics, logs and traces from a node to Prometheus, Elasticsearch and Jaeger, each record accounted for.
fn main() {}
