//! The query API of weir dev.
