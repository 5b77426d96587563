//! The node agent: scraping, discovery, tailing, the journal, host metrics.

pub mod cgroup;
pub mod host;
pub mod host_metrics;
pub mod identity;
pub mod journald;
pub mod scrape;
pub mod tail;
