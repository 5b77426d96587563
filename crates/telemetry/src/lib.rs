//! What weir tells about itself: metrics, health endpoints, logs and traces.

mod admin;
mod ledger;
mod own;
mod readiness;
mod spool;
mod subscriber;
mod targets_page;

pub use admin::{Admin, ReloadRequest, register_process_metrics, serve};
pub use ledger::LedgerCollector;
pub use own::{OwnRequest, OwnSender, own_channel};
pub use readiness::Readiness;
pub use spool::{SpoolCollector, SpoolSize};
pub use subscriber::{
    LogFormat, OwnTelemetry, OwnTraces, TracingError, TracingGuard, TracingSettings, init_tracing,
};
