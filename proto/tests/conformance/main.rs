//! The views, checks and editors against prost, on any message and on broken ones.

mod choices;
mod otlp_check;
mod otlp_edits;
mod otlp_messages;
mod otlp_seen;
mod otlp_views;
mod otlp_write;
mod remote_write_v2;
mod remote_write_v2_seen;
mod scramble;
