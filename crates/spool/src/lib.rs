//! The durable log between receivers and exporters: segments, frames, cursors.

mod error;
mod mark;
mod reader;
mod settings;
mod spool;
mod stats;

pub use error::{AppendError, SpoolError};
pub use mark::{EntryId, Position};
pub use reader::{Entry, Reader};
pub use settings::{SpoolSettings, TakeLimits};
pub use spool::Spool;
pub use stats::{SignalStats, SpoolStats};
