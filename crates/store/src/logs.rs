//! Log records.

pub(crate) mod context;
pub(crate) mod facets;
pub(crate) mod histogram;
pub(crate) mod page;
pub(crate) mod predicate;
pub(crate) mod record;
pub(crate) mod scan;
pub(crate) mod tail;
pub(crate) mod write;

#[cfg(test)]
mod tests;
