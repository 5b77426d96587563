//! The durable log between receivers and exporters: segments, frames, cursors.
//!
//! ```text
//! append --> queue --> writer thread --> segment file ----+--> backlog (disk) --+
//!                            |                            |                     +--> Reader::take
//!                            +--> recent batches (memory) +---------------------+
//! ```
//!
//! One log per signal. [`Spool::append`] hands a batch to the log's writer, which writes all that wait with one call,
//! without copying them, and then shows them to the readers. A [`Reader`] is one exporter's cursor: it takes entries,
//! and settles them or gives them back. Readers that keep up are served from memory.
//!
//! What is promised, and where it is kept:
//!
//! | promise | kept by |
//! |---|---|
//! | an acknowledged batch survives the process's death; with `power_loss` that of the machine | `writer` |
//! | for each reader, records recovered and appended = settled + held, at every instant | `cursor`, `log` |
//! | damage is skipped and counted, and never stops the start or a reader | `scan`, `recovery`, `backlog` |
//! | memory is bounded: batches waiting, batches kept, bytes read ahead | `queue`, `recent`, `backlog` |
//! | the disk is bounded, and no signal takes the last bytes of another | `quota`, `retention` |
//!
//! The files are described in `docs/formats/spool.md`. Threads: one writer per signal in use, one that writes cursors
//! within 20 ms of a settlement, one that syncs, expires and removes once a second.

mod backlog;
mod bell;
mod cursor;
mod error;
mod frame;
mod log;
mod mark;
mod queue;
mod quota;
mod reader;
mod recent;
mod recovery;
mod retention;
mod saving;
mod scan;
mod segment;
mod settings;
mod shared;
mod spool;
mod stats;
mod storage;
mod subscriber;
mod threads;
mod writer;

pub use error::{AppendError, SpoolError};
pub use mark::{EntryId, Position};
pub use reader::{Entry, Reader};
pub use settings::{SpoolSettings, TakeLimits};
pub use spool::Spool;
pub use stats::{CursorStats, SignalStats, SpoolStats};

#[cfg(test)]
mod tests;
