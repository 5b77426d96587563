//! Prometheus remote-write 2.0 and 1.0.
