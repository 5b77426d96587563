//! Real files, real notifications, a sink in memory or the real spool.

mod crash;
pub(crate) mod decoded;
mod discovery;
mod limits;
mod memory_sink;
mod random;
mod reload;
mod rotation;
mod spooled;
pub(crate) mod stage;
