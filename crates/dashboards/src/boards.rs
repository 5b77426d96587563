//! What ships.

mod business;
mod logs;
mod node;
mod pipeline;
mod platform;
mod service;
mod slo;
mod traces;

use crate::board::Dashboard;

/// All dashboards.
pub fn all() -> Vec<Dashboard> {
    let mut all = vec![platform::overview(), service::detail(), node::usage(), pipeline::health()];
    all.extend([slo::overview(), slo::detail(), traces::analysis(), logs::overview(), business::template()]);
    all
}
