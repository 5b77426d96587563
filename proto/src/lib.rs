//! OTLP and remote-write: generated types for cold paths, wire views for hot ones.

pub mod attributes;
pub mod generated;
pub mod otlp;
pub mod remote_write_v2;
pub mod wire;
