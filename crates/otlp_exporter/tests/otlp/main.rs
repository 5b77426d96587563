//! The OTLP exporter against weir's own receiver and against servers that answer as a script says.

mod faults;
mod receiver;
mod script;
mod stand;
mod tls;
