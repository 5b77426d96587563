//! The query API of weir dev: logs, traces, metrics and the running pipeline as JSON over HTTP, and the console's files.
//!
//! docs/api.md is its description.

mod access;
mod answer;
mod console;
mod error;
mod ledger;
mod live;
mod logs;
mod metrics;
mod overview;
mod parameters;
mod pipeline;
mod running;
mod server;
mod targets;
mod time;
mod traces;

pub use access::{AddressError, Settings, check_address};
pub use ledger::{ComponentDrops, ExporterAccount, Ledger, ReceivedCount, SignalBooks};
pub use pipeline::{
    DeliveredFlow, DropCount, DroppedFlow, Drops, ExporterFlow, ExporterKind, ExporterState, Pipeline,
    PipelineState, ProcessorFlow, ReceivedFlow, ReceiverFlow, SpoolFlow, SpooledFlow,
};
pub use running::{Input, InputKind, Running};
pub use server::serve;
pub use targets::{
    LabelChange, LabelMap, RelabelOutcome, RelabelRule, RelabelStep, Relabelling, Target, TargetHealth,
    Targets,
};
