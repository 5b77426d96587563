//! Every panel of the shipped dashboards is asked of the real Prometheus, fed by a running platform with every fault that
//! a panel is about.

#[path = "dashboards/platform.rs"]
mod platform;

use std::time::Duration;

use platform::Platform;
use weir_dashboards::{Expect, all};
use weir_stack::wait_until;

const WAIT: Duration = Duration::from_secs(150);
/// What is not made here: it would take a week.
const NOT_MADE: [&str; 1] = ["a week of orders"];

/// A query with every value of each variable, over the last half minute.
fn expanded(expr: &str) -> String {
    ["$service", "$instance", "$slo_id"]
        .iter()
        .fold(expr.replace("$__rate_interval", "30s"), |text, variable| text.replace(variable, ".+"))
}

#[test]
fn every_panel_has_data_and_every_variable_has_values() {
    let platform = Platform::start();
    let mut queries = Vec::new();
    for board in all() {
        for panel in board.rows.iter().flat_map(|row| &row.panels) {
            for query in &panel.queries {
                let is_made = !matches!(query.expect, Expect::EmptyUntil(fault) if NOT_MADE.contains(&fault));
                if is_made {
                    queries.push((
                        format!("{}: {}: {}", board.uid, panel.title, query.legend),
                        expanded(query.expr),
                    ));
                }
            }
        }
        for variable in &board.variables {
            queries.push((
                format!("{}: ${}", board.uid, variable.name),
                format!("group by ({}) ({})", variable.label, variable.series),
            ));
        }
    }
    assert!(queries.len() > 80, "{}", queries.len());
    // Once seen is enough: a rate of errors goes when the fault does.
    let mut empty = queries;
    wait_until("every panel has shown data", WAIT, || {
        platform.act();
        empty.retain(|(_, query)| !platform.has_data(query));
        let names: Vec<&str> = empty.iter().map(|(name, _)| name.as_str()).collect();
        if names.is_empty() { Ok(()) } else { Err(format!("{names:#?}")) }
    });
    platform.finish();
}
