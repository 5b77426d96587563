//! The Grafana dashboards that ship with weir, from one source.
//!
//! A [`Dashboard`] is written down once, as rows of panels with their queries and what to make of them
//! ([`all`]); [`json`] turns it into the classic JSON that Grafana 11 and later provision. `cargo run -p weir-dashboards`
//! writes `dashboards/*.json`. [`draw`] makes a picture of one with answers to its queries.

mod board;
mod boards;
mod json;
mod picture;

pub use board::{Choice, Dashboard, Expect, Kind, Panel, Query, Row, Unit, Variable};
pub use boards::all;
pub use json::json;
pub use picture::{Answer, Series, draw};

#[cfg(test)]
mod tests;
