//! Parser of the Prometheus text format 0.0.4 and OpenMetrics 1.0.
//!
//! It accepts and refuses what Prometheus 3 accepts and refuses, and reads the same samples:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>,
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>. A page is walked without allocation; labels are decoded
//! only on request ([`SeriesLine::labels`]), since most lines of a page are those of the page before. For these,
//! [`parse_tail`] reads what follows series bytes that were recognised.
//!
//! Known differences, all about NUL bytes: Prometheus allows them in label values, help texts and comments, and so
//! do we; in a few other places it skips them by accident (after a closing quote, inside `HELP`), and there a page
//! with one is refused.

mod cursor;
mod exemplar;
mod format;
mod label_buf;
mod number;
mod parser;
mod reason;
mod series;
mod tail;
mod unescape;

pub use exemplar::Exemplar;
pub use format::{ACCEPT, Format, FormatError, format_of};
pub use label_buf::LabelBuf;
pub use number::parse_value;
pub use parser::{HelpText, Item, Kind, Parser};
pub use reason::{ParseError, Reason};
pub use series::SeriesLine;
pub use tail::{Tail, parse_tail};
