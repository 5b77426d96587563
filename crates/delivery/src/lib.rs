//! The one loop that takes batches from the spool to an exporter: grouping, retry, backoff, settlement.
//!
//! An exporter makes one attempt and says how it ended ([`Outcome`]). Waiting, retrying, queueing and persistence
//! are here, once, for all exporters.

mod delivery;
mod exporter;
mod metrics;
mod settings;
mod status;

pub use delivery::{Delivery, start};
pub use exporter::{Encoded, Exporter, Outcome, Retry};
pub use metrics::DeliveryMetrics;
pub use settings::{Backoff, Settings};
pub use status::Status;
