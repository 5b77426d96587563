//! Every panel of the shipped dashboards and every expression of the shipped rules is asked of the real Prometheus and
//! Elasticsearch, fed by a running platform with every fault that a panel is about.

#[path = "dashboards/asked.rs"]
mod asked;
#[path = "dashboards/pictures.rs"]
mod pictures;
#[path = "dashboards/platform.rs"]
mod platform;

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::time::Duration;

use asked::{Rules, Selector, find, rules, selectors};
use platform::Platform;
use weir_dashboards::{Choice, Dashboard, Expect, Kind, Panel, Query, all};
use weir_stack::wait_until;

const WAIT: Duration = Duration::from_secs(180);
/// Metrics of others, asked where these run: tests/e2e/tests/exporters.rs.
const OF_EXPORTERS: [&str; 4] = ["elasticsearch_", "kafka_", "pg_", "redis_"];

/// Asked for by rules and not made here: alerts that do not fire on this platform, each of which fires in its promtool
/// test, and maintenance, which takes events away as long as it is there, as it does in the tests of generated rules.
const NOT_MADE: [&str; 2] = ["ALERTS", "maintenance_window"];

/// A query with every value of each variable, over the last half minute.
fn expanded(expr: &str) -> String {
    ["$service", "${service:regex}", "$instance", "$slo_id"]
        .iter()
        .fold(expr.replace("$__rate_interval", "30s"), |text, variable| text.replace(variable, ".+"))
}

/// What is to be seen at least once.
struct Question {
    /// Where it stands.
    at: String,
    kind: Kind,
    expr: String,
    field: &'static str,
}

impl Question {
    fn of_panel(board: &Dashboard, panel: &Panel, query: &Query) -> Self {
        let (uid, title) = (board.uid, panel.title);
        let filled_by = match query.expect {
            Expect::Data => String::new(),
            Expect::EmptyUntil(fault) => format!(", empty until {fault}"),
        };
        Self {
            at: format!("{uid}: {title}: {}{filled_by}", query.legend),
            kind: panel.kind,
            expr: expanded(query.expr),
            field: query.field(),
        }
    }
}

fn questions() -> Vec<Question> {
    let mut questions = Vec::new();
    for board in all() {
        for panel in board.panels() {
            let queries = panel.queries.iter();
            questions.extend(queries.map(|query| Question::of_panel(&board, panel, query)));
        }
        for variable in &board.variables {
            if let Choice::Label { series, label } = variable.choice {
                questions.push(Question {
                    at: format!("{}: ${}", board.uid, variable.name),
                    kind: Kind::Table,
                    expr: format!("group by ({label}) ({series})"),
                    field: "",
                });
            }
        }
    }
    questions
}

#[test]
fn every_panel_has_data_and_rules_ask_for_metrics_that_are_there_and_of_the_right_type() {
    let platform = Platform::start();
    let mut open = questions();
    assert!(open.len() > 90, "{}", open.len());
    let in_panels: Vec<String> =
        open.iter().filter(|each| !each.kind.is_of_logs()).map(|each| each.expr.clone()).collect();
    // Once seen is enough: a rate of errors goes when the fault does.
    wait_until("every panel has shown data", WAIT, || {
        platform.act(4);
        open.retain(|question| match question.kind.is_of_logs() {
            true => !platform.has_records(question.kind, &question.expr, question.field),
            false => !platform.has_data(&question.expr),
        });
        let names: Vec<&str> = open.iter().map(|question| question.at.as_str()).collect();
        if names.is_empty() { Ok(()) } else { Err(format!("{names:#?}")) }
    });

    let Rules { mut recordings, alerts } = rules(platform.prometheus());
    let is_here = |asked: &Selector| {
        let elsewhere = OF_EXPORTERS.iter().any(|prefix| asked.name.starts_with(prefix));
        !elsewhere && !NOT_MADE.contains(&asked.name.as_str())
    };
    let asked = in_panels.iter().chain(&recordings).chain(&alerts).flat_map(|expr| selectors(expr));
    let mut missing: BTreeSet<Selector> = asked.filter(is_here).collect();
    let counts = (missing.len(), recordings.len(), alerts.len());
    assert!(missing.len() > 100 && recordings.len() > 80 && alerts.len() > 70, "{counts:?}");
    let mut wrong = Vec::new();
    wait_until("every metric that is asked for is there, and every recording", WAIT, || {
        platform.act(4);
        wrong.extend(find(&mut missing, platform.prometheus()));
        recordings.retain(|expr| !platform.has_data(expr));
        if missing.is_empty() && recordings.is_empty() {
            Ok(())
        } else {
            Err(format!("{missing:#?} {recordings:#?}"))
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
    if let Some(folder) = env::var_os("WEIR_DASHBOARD_PICTURES") {
        pictures::write(&platform, Path::new(&folder));
    }
    platform.finish();
}
