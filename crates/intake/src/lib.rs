//! The way from a receiver into the spool: check, correlate, sample, enrich, append.
//!
//! An OTLP request is walked once to check it. When the settings ask for anything, it is then edited by splicing:
//! the resource gets the node's attributes, spans are sampled, records get their correlation id. Otherwise its bytes
//! go to the spool as they came. What is left out is counted in the ledger with its reason, and the answer is given
//! only after the spool has the rest.
//!
//! What other receivers read is complete already; their batches only wait here until the spool has room.

mod editor;
mod intake;
mod outcome;
mod prepare;
mod pressure;
mod received;
#[cfg(test)]
mod samples;
mod settings;

pub use intake::Intake;
pub use outcome::{Accepted, Refused};
pub use settings::IntakeSettings;
