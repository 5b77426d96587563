//! The one loop that takes batches from the spool to an exporter: grouping, retry, backoff, settlement.
//!
//! An exporter makes one attempt and says how it ended ([`Outcome`]). Waiting, retrying, queueing and persistence
//! are here, once, for all exporters.
//!
//! ```text
//! Reader --take--> waiting (joined, by shard) --> request: encode, attempt, wait, attempt, ... --> settle
//! ```
//!
//! [`start`] gives each signal of an exporter a *lane*: a task that takes from the signal's reader and keeps up to
//! `requests_max` requests under way. A lane of metrics has that many *shards* by order key, one request of each under
//! way, so that batches of one key never overtake each other. How many requests are under way follows the destination:
//! halved when it asks to come back, one more for each round that went well.
//!
//! What is promised: each entry taken is settled once or given back, whatever the exporter says and whenever the
//! delivery is stopped; and what is held in memory is what is under way plus one round of look-ahead.

mod backoff;
mod delivery;
mod encoding;
mod exporter;
mod gate;
mod lane;
mod metrics;
mod request;
mod settings;
mod status;
mod waiting;
mod window;

pub use delivery::{Delivery, start};
pub use exporter::{Encoded, Exporter, Outcome, Retry};
pub use metrics::{Delivered, DeliveryMetrics};
pub use settings::{Backoff, Settings};
pub use status::Status;

#[cfg(test)]
mod tests;
