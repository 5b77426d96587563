//! Checks a JSON log line and finds the few keys weir needs in it, without parsing the rest.
//!
//! [`scan`] goes over a line once and allocates nothing. A line that it accepts is one JSON object by RFC 8259 and
//! UTF-8, so it can be spliced into another document as it is; what it finds are ranges of the line and numbers.
//!
//! | found | keys, the preferred first |
//! |---|---|
//! | time | `@timestamp`, `time`, `timestamp`, `ts`, `datetime`, `timeMillis`, `@t` |
//! | severity | `level`, `severity`, `log.level`, `log: {level}`, `lvl`, `loglevel`, `logLevel`, `log_level`, `severityText`, `severity_text`, `@l` |
//! | message | `message`, `msg`, `log`, `body`, `@m` |
//! | trace id | `trace_id`, `traceId`, `traceID`, `trace.id`, `trace: {id}`, `traceid`, `dd.trace_id`, then `traceparent` |
//! | span id | `span_id`, `spanId`, `spanID`, `span.id`, `span: {id}`, `spanid`, then `traceparent` |
//!
//! A value that cannot be used (another type, an unknown form, an id of zeros) counts as absent, and so does any but
//! a message or correlation id that contains an escape. Of equal keys the first one with a usable value counts.

mod cursor;
mod field;
mod found;
mod number;
mod scan;
mod severity;
mod swar;
mod time;

pub use found::{Found, Severity, Text};
pub use scan::{DEPTH_MAX, Keys, scan};
pub use severity::{severity_name, severity_of_number, severity_of_text};
pub use time::parse_rfc3339;
