//! OTLP and remote-write: generated types for cold paths, wire views for hot ones.

pub mod attributes;
pub mod wire;
