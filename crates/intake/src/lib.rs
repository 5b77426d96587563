//! The way from a receiver into the spool: check, correlate, sample, enrich, append.
