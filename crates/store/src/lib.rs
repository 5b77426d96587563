//! The embedded store of `weir dev`: logs with full-text search, traces and metrics in one SQLite file.
//!
//! [`Store`] is an ordinary exporter: the delivery loop hands it batches, one thread writes them in transactions of
//! many records, and a batch or a line that comes again is recognised. Queries read beside it, on connections of their
//! own, and never hold it up. docs/formats/store.md describes the file, docs/api.md what the answers mean.
//!
//! It is for one machine and bounded in bytes and age. It is no archive, and no server for many people.

mod batches;
mod clock;
mod database;
mod error;
mod exporter;
mod filter;
mod hex;
mod json;
mod logs;
mod lookup;
mod metrics;
mod names;
mod own_metrics;
mod place;
mod promql;
mod readers;
mod retention;
mod search;
mod settings;
mod spans;
#[cfg(test)]
mod stage;
mod status;
mod store;
mod text;
mod usage;
mod writer;

pub use error::{QueryError, StoreError};
pub use exporter::Request;
pub use filter::Filters;
pub use logs::context::{ContextBy, LogContext, NEIGHBOURS_MAX};
pub use logs::facets::{FACET_VALUES_MAX, Facet, FacetQuery, FacetValue, Facets};
pub use logs::histogram::{BUCKETS_MAX, LevelCounts, LogBucket, LogHistogram};
pub use logs::page::{LOGS_PAGE_MAX, LogPage, LogQuery};
pub use logs::record::{FilePlace, LogRecord, LogRow};
pub use logs::scan::{LogSelection, Order};
pub use logs::tail::{Tail, TailTurn};
pub use lookup::Scope;
pub use metrics::catalogue::NAMES_MAX;
pub use metrics::exemplars::EXEMPLARS_MAX;
pub use metrics::{
    Exemplar, ExemplarSeries, Exemplars, LabelName, LabelNames, LabelValue, LabelValues, MetricName,
    MetricNames,
};
pub use promql::steps::STEPS_MAX;
pub use promql::{InstantResult, InstantSeries, RangeResult, RangeSeries};
pub use search::Search;
pub use settings::{AGE_MAX_DEFAULT, BYTES_MAX_DEFAULT, BYTES_MAX_MIN, StoreSettings};
pub use spans::search::{TRACES_PAGE_MAX, TracePage, TraceQuery, TraceRow};
pub use spans::services::{Service, ServiceOperation, Services};
pub use spans::trace::{CriticalPiece, RootSpan, ServiceSpans, SpanEvent, SpanStatus, Trace, TraceSpan};
pub use status::{DroppedRecords, SignalStatus, StoreStatus};
pub use store::Store;
pub use weir_model::Level;
