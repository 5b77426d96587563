//! From the tree of the file to the types of the configuration, section by section. Each file here holds the table
//! of a section's settings next to the function that reads them.

pub(crate) mod exporters;
pub(crate) mod global;
pub(crate) mod http;
mod kubernetes;
pub(crate) mod logs;
pub(crate) mod names;
pub(crate) mod openslo;
pub(crate) mod otlp;
pub(crate) mod relabel;
pub(crate) mod remote_write;
pub(crate) mod root;
pub(crate) mod runtime;
pub(crate) mod scrape;
pub(crate) mod tail_sampling;
pub(crate) mod targets;
