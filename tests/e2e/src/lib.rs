//! End-to-end tests against the real Prometheus, Elasticsearch and Jaeger.
