//! Signals, batches, drop reasons and the names that every other crate shares.
//!
//! The unit of work is a [`Batch`]: encoded bytes of one signal with a record count. Nothing here knows how the
//! bytes are laid out; `weir-proto` does.

mod batch;
mod level;
mod reason;
mod signal;

pub use batch::{Batch, OrderKey, UnixNanos};
pub use level::Level;
pub use reason::Reason;
pub use signal::{Receiver, Signal};

/// The `tracing` target of spans that become weir's own traces. They never show in its logs.
pub const OWN_TRACES: &str = "weir::trace";
