//! Prometheus remote-write 2.0 as bytes: reading, writing and joining requests.
//!
//! <https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/>. A record is a sample or a native histogram.

mod join;
mod symbols;
mod view;
mod write;

pub use join::join;
pub use symbols::SymbolTable;
pub use view::{ExemplarView, LabelRefs, Metadata, RequestView, Sample, TimeSeriesView, count_records};
pub use write::{RequestWriter, SampleSlot, SeriesHead, Template, put_exemplar};
