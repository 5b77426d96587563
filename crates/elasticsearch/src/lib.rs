//! Elasticsearch bulk indexing with per-item results, deterministic ids and a dead-letter file.
