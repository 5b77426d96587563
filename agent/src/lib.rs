//! The node agent: scraping, discovery, tailing, host metrics and their wiring.

pub mod host;
pub mod scrape;
pub mod tail;
