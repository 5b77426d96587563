//! Delivery against a scripted destination, on a real spool, in virtual time.

mod order;
mod property;
mod retrying;
mod rig;
mod stopping;
