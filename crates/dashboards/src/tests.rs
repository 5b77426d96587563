//! The rules of Grafana's dashboard linter, and some more.
//!
//! Left out, with reasons: `template-job-rule`, `target-job-rule`: what is shown is told apart by `instance` and
//! `service`, the names of jobs are the installation's; `target-rate-interval-rule` for the one panel in
//! [`FIXED_RANGES`]; the rules of Loki: there is none.

use std::collections::BTreeSet;

use promql_parser::parser::{Expr, VectorSelector, parse};
use serde_json::Value;

use crate::{Dashboard, Kind, Panel, all, json};

/// Panels whose range is fixed on purpose: the first is the query that the platform's users know by heart.
const FIXED_RANGES: [&str; 1] = ["Request rate by service"];
const TITLE_CHARS_MAX: usize = 40;
/// Panels of a dashboard; more is two dashboards.
const PANELS_MAX: usize = 20;

fn each_panel() -> Vec<(Dashboard, Panel)> {
    let of = |board: Dashboard| {
        board.rows.clone().into_iter().flat_map(|row| row.panels).map(move |panel| (board.clone(), panel))
    };
    all().into_iter().flat_map(of).collect()
}

/// A query with values in place of variables.
fn expanded(expr: &str) -> String {
    ["$service", "$instance", "$slo_id"]
        .iter()
        .fold(expr.replace("$__rate_interval", "5m"), |text, variable| text.replace(variable, ".+"))
}

/// Selectors of an expression, each with the function that it stands in.
fn selectors(expr: &Expr, within: &str, found: &mut Vec<(VectorSelector, String)>) {
    match expr {
        Expr::VectorSelector(selector) => found.push((selector.clone(), within.to_owned())),
        Expr::MatrixSelector(matrix) => found.push((matrix.vs.clone(), within.to_owned())),
        Expr::Call(call) => {
            call.args.args.iter().for_each(|each| selectors(each, call.func.name, found));
        }
        Expr::Aggregate(aggregate) => selectors(&aggregate.expr, within, found),
        Expr::Binary(binary) => {
            selectors(&binary.lhs, within, found);
            selectors(&binary.rhs, within, found);
        }
        Expr::Paren(paren) => selectors(&paren.expr, within, found),
        Expr::Unary(unary) => selectors(&unary.expr, within, found),
        Expr::Subquery(subquery) => selectors(&subquery.expr, within, found),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
}

#[test]
fn every_query_parses_and_counters_stand_in_a_rate() {
    for (board, panel) in each_panel() {
        for query in &panel.queries {
            let at = format!("{}: {}: {}", board.uid, panel.title, query.expr);
            let parsed = parse(&expanded(query.expr)).unwrap_or_else(|error| panic!("{at}: {error}"));
            let mut found = Vec::new();
            selectors(&parsed, "", &mut found);
            for (selector, within) in found {
                let name = selector.name.unwrap_or_default();
                let is_counter =
                    ["_total", "_bucket", "_sum", "_count"].iter().any(|end| name.ends_with(end));
                assert!(
                    !is_counter || ["rate", "increase"].contains(&within.as_str()),
                    "{at}: {name} in {within}"
                );
            }
        }
    }
}

#[test]
fn ranges_follow_the_zoom() {
    for (board, panel) in each_panel() {
        for query in &panel.queries {
            let fixed = query.expr.split('[').skip(1).any(|range| !range.starts_with("$__rate_interval]"));
            assert_eq!(fixed, FIXED_RANGES.contains(&panel.title), "{}: {}", board.uid, panel.title);
        }
    }
}

#[test]
fn every_panel_says_what_is_normal_and_is_called_something() {
    let mut titles = BTreeSet::new();
    for (board, panel) in each_panel() {
        let at = format!("{}: {}", board.uid, panel.title);
        assert!(!panel.title.is_empty() && panel.title.len() <= TITLE_CHARS_MAX, "{at}");
        assert!(
            panel.description.len() > 20 && panel.description.ends_with('.'),
            "{at}: {}",
            panel.description
        );
        assert!(!panel.queries.is_empty(), "{at}");
        assert!(
            panel.queries.len() == 1 || panel.queries.iter().all(|query| !query.legend.is_empty()),
            "{at}"
        );
        assert!(
            panel.kind != Kind::Lines
                || !panel.queries[0].expr.starts_with("count(")
                || !panel.queries[0].legend.is_empty(),
            "{at}"
        );
        titles.insert(at);
    }
    assert_eq!(titles.len(), each_panel().len(), "titles are unique in their dashboard");
    for board in all() {
        assert!(board.rows.iter().map(|row| row.panels.len()).sum::<usize>() <= PANELS_MAX, "{}", board.uid);
        assert!(board.description.ends_with(['.', '?']), "{}", board.uid);
    }
}

#[test]
fn selectors_use_every_variable_that_their_dashboard_has() {
    for board in all() {
        for variable in &board.variables {
            let used = format!("=~\"${}\"", variable.name);
            let panels = board.rows.iter().flat_map(|row| &row.panels);
            let uses =
                panels.flat_map(|panel| &panel.queries).filter(|query| query.expr.contains(&used)).count();
            assert!(uses > 0, "{}: ${}", board.uid, variable.name);
        }
        let declared: Vec<String> =
            board.variables.iter().map(|variable| format!("${}", variable.name)).collect();
        for panel in board.rows.iter().flat_map(|row| &row.panels) {
            for query in &panel.queries {
                for used in query.expr.split('$').skip(1).filter(|rest| !rest.starts_with("__rate_interval"))
                {
                    let name: String =
                        used.chars().take_while(|each| each.is_alphanumeric() || *each == '_').collect();
                    assert!(
                        declared.contains(&format!("${name}")),
                        "{}: {}: ${name}",
                        board.uid,
                        panel.title
                    );
                }
            }
        }
    }
}

#[test]
fn the_json_has_stable_ids_no_overlap_and_links_that_lead_somewhere() {
    let uids: BTreeSet<&str> = all().iter().map(|board| board.uid).collect();
    assert_eq!(uids.len(), all().len());
    for board in all() {
        let json = json(&board);
        assert!(board.uid.len() <= 40 && json["id"].is_null() && json["editable"] == false);
        let panels = json["panels"].as_array().expect("panels");
        let ids: BTreeSet<u64> = panels.iter().filter_map(|panel| panel["id"].as_u64()).collect();
        assert_eq!(ids.len(), panels.len(), "{}", board.uid);
        for (index, panel) in panels.iter().enumerate() {
            assert!(edge(panel, "x") + edge(panel, "w") <= 24, "{}", board.uid);
            let overlaps = panels[index + 1..].iter().any(|other| overlap(panel, other));
            assert!(!overlaps, "{}: {}", board.uid, panel["title"]);
            if panel["type"] != "row" {
                assert_eq!(panel["datasource"]["uid"], "${datasource}");
                assert!(panel["fieldConfig"]["defaults"]["unit"].is_string());
            }
        }
        for panel in board.rows.iter().flat_map(|row| &row.panels) {
            assert!(panel.leads_to.is_none_or(|uid| uids.contains(uid)), "{}: {}", board.uid, panel.title);
        }
        assert!(json["templating"]["list"].as_array().is_some_and(|list| list[0]["name"] == "datasource"
            && list[1..].iter().all(|variable| variable["refresh"] == 2 && variable["allValue"] == ".+")));
    }
}

fn edge(panel: &Value, name: &str) -> u64 {
    panel["gridPos"][name].as_u64().expect("a number")
}

fn overlap(one: &Value, other: &Value) -> bool {
    let apart = |from: &str, size: &str| {
        edge(one, from) + edge(one, size) <= edge(other, from)
            || edge(other, from) + edge(other, size) <= edge(one, from)
    };
    !apart("x", "w") && !apart("y", "h")
}

#[test]
fn what_ships_is_what_is_written_down_here() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dashboards");
    for board in all() {
        let path = folder.join(format!("{}.json", board.uid));
        let shipped = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            shipped == format!("{:#}\n", json(&board)),
            "{} is old: run cargo run -p weir-dashboards",
            path.display()
        );
    }
    let is_board = |path: &std::path::Path| path.extension().is_some_and(|end| end == "json");
    let files = std::fs::read_dir(&folder)
        .expect("dashboards")
        .filter(|file| is_board(&file.as_ref().expect("a file").path()));
    assert_eq!(files.count(), all().len(), "one file per dashboard");
}
