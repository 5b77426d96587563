//! The node agent: scraping, discovery, tailing, host metrics and their wiring.

pub mod cgroup;
pub mod host;
mod identity;
pub mod journald;
pub mod pipeline;
mod print;
pub mod scrape;
pub mod tail;
