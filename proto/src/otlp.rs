//! OTLP traces and logs as bytes: checking, reading, editing and writing requests without decoding them.
//!
//! A request that came from outside goes through [`check_traces`] or [`check_logs`] once. What these accept, prost
//! decodes, and the views read the same from it. Views may also be used on bytes that were not checked: they return
//! errors and never panic.
//!
//! Protobuf's rules for what occurs more than once: of scalars, text and bytes the last one counts. A message that
//! may occur once (`resource`, `scope`, `body`, `status`, an attribute's `value`, an array or list within a value)
//! would have to be merged; no encoder splits one, so a second occurrence is [`WireError::Repeated`].
//!
//! [`WireError::Repeated`]: crate::wire::WireError::Repeated

mod any_value;
mod check;
mod patch;
mod request;
mod rewrite;

pub mod logs;
pub mod traces;
pub mod write;

pub use any_value::{AnyValueView, ArrayView, KeyValueIter, KeyValueView, KeyValues, put_key_value};
pub use check::{check_logs, check_traces};
pub use patch::Patch;
pub use request::{Kind, RequestView, Resource, ResourceView, ScopeView};
pub use rewrite::{Editor, Rewritten, Verdict, rewrite};
