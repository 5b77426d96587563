//! Spans and the traces that they form.

pub(crate) mod critical_path;
pub(crate) mod details;
pub(crate) mod search;
pub(crate) mod services;
pub(crate) mod trace;
pub(crate) mod waterfall;
pub(crate) mod write;

#[cfg(test)]
mod tests;
