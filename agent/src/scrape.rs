//! Scraping of Prometheus targets.
