//! Benchmarks: the floors, weir and its peers side by side in one run.
//!
//! `src/bin` has the loads, sinks and floors, each a small program of its own, so that its CPU time and memory are its
//! own; `bench` starts them around weir and around a peer, and writes RESULTS.md.

pub mod arguments;
pub mod child;
pub mod http;
pub mod otlp;
pub mod spans;
pub mod usage;
