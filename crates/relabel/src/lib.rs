//! Prometheus relabelling rules:
//! <https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config>.
//!
//! A [`RuleSpec`] is a rule as it stands in the configuration; [`Rule::new`] checks it and compiles it once, and
//! [`apply`] runs rules over a label set.
//!
//! ```
//! use weir_relabel::{Labels, Rule, RuleSpec, apply};
//!
//! let rule = Rule::new(RuleSpec {
//!     source_labels: Some(vec!["__address__".to_owned()]),
//!     regex: Some("(.+):[0-9]+".to_owned()),
//!     target_label: Some("host".to_owned()),
//!     ..RuleSpec::default()
//! })?;
//! let mut labels: Labels = [("__address__", "db-1:9100")].into_iter().collect();
//! assert!(apply(&[rule], &mut labels));
//! assert_eq!(labels.get("host"), Some("db-1"));
//! # Ok::<(), weir_relabel::RuleError>(())
//! ```

mod action;
mod explain;
mod labels;
mod letter_case;
mod re2;
mod rule;
mod template;

pub use action::{Action, RuleError};
pub use explain::{Change, Step, explain};
pub use labels::{Labels, label_name};
pub use rule::{Rule, RuleSpec, apply};
