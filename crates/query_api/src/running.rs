//! What the program that serves the API tells about itself.

use std::net::SocketAddr;

use serde::Serialize;

use crate::ledger::Ledger;
use crate::pipeline::Pipeline;
use crate::targets::{Relabelling, Targets};

/// The running program. Called from requests: every method answers at once, from what is in memory.
pub trait Running: Send + Sync + 'static {
    /// Ways to send it something.
    fn inputs(&self) -> Vec<Input>;
    /// What is scraped.
    fn targets(&self) -> Targets;
    /// How the labels of the target with this id came about.
    fn relabelling(&self, id: &str) -> Option<Relabelling>;
    /// Every part with its flow.
    fn pipeline(&self) -> Pipeline;
    /// The books.
    fn ledger(&self) -> Ledger;
}

/// A way to send it something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Input {
    /// What goes in.
    pub kind: InputKind,
    /// Where it listens.
    pub address: Option<SocketAddr>,
    /// A line to copy.
    pub example: String,
}

/// What goes in by an [`Input`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    /// OTLP over gRPC.
    OtlpGrpc,
    /// OTLP over HTTP.
    OtlpHttp,
    /// A target to scrape.
    Scrape,
    /// A log file.
    Logs,
}
