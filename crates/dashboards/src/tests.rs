//! The rules of Grafana's dashboard linter, and some more.
//!
//! Left out, with reasons: `template-job-rule`, `target-job-rule`: what is shown is told apart by `instance` and
//! `service`, the names of jobs are the installation's; `target-rate-interval-rule` for the one panel in
//! [`FIXED_RANGES`]; the rules of Loki: there is none. That counters stand in rates is asked of the real Prometheus, which
//! knows the types (`tests/e2e/tests/dashboards.rs`).

use std::collections::BTreeSet;

use promql_parser::parser::parse;
use serde_json::Value;

use crate::{Choice, Dashboard, Kind, Panel, all, json};

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

fn each_promql() -> impl Iterator<Item = (Dashboard, Panel)> {
    each_panel().into_iter().filter(|(_, panel)| !panel.kind.is_of_logs())
}

#[test]
fn every_query_parses() {
    for (board, panel) in each_promql() {
        for query in &panel.queries {
            let parsed = parse(&expanded(query.expr));
            parsed.unwrap_or_else(|error| panic!("{}: {}: {}: {error}", board.uid, panel.title, query.expr));
        }
    }
}

#[test]
fn ranges_follow_the_zoom() {
    for (board, panel) in each_promql() {
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
            let used = match variable.choice {
                Choice::Label { .. } => format!("=~\"${}\"", variable.name),
                Choice::Text => format!("\"${}\"", variable.name),
            };
            let mut queries = board.panels().flat_map(|panel| &panel.queries);
            assert!(queries.any(|query| query.expr.contains(&used)), "{}: ${}", board.uid, variable.name);
        }
        let declared: Vec<String> =
            board.variables.iter().map(|variable| format!("${}", variable.name)).collect();
        for panel in board.panels() {
            for query in &panel.queries {
                for used in query.expr.split('$').skip(1).filter(|rest| !rest.starts_with("__rate_interval"))
                {
                    let name: String = used
                        .trim_start_matches('{')
                        .chars()
                        .take_while(|each| each.is_alphanumeric() || *each == '_')
                        .collect();
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
                let is_of_logs = panel["datasource"]["type"] == "elasticsearch";
                let source = if is_of_logs { "${logs}" } else { "${datasource}" };
                assert_eq!(panel["datasource"]["uid"], source);
                assert_eq!(panel["targets"][0]["datasource"]["uid"], source);
                assert!(panel["fieldConfig"]["defaults"]["unit"].is_string());
            }
        }
        for panel in board.panels() {
            assert!(panel.leads_to.is_none_or(|uid| uids.contains(uid)), "{}: {}", board.uid, panel.title);
        }
        let variables = json["templating"]["list"].as_array().expect("variables");
        assert_eq!(variables[0]["name"], "datasource");
        let of_labels = variables.iter().filter(|variable| variable["type"] == "query");
        of_labels.for_each(|each| assert!(each["refresh"] == 2 && each["allValue"] == ".+", "{each}"));
        let has_logs = variables.iter().any(|variable| variable["name"] == "logs");
        assert_eq!(has_logs, board.panels().any(|panel| panel.kind.is_of_logs()), "{}", board.uid);
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
fn links_choose_what_the_other_dashboard_can_choose() {
    let mut choices = 0;
    for board in all() {
        let json = json(&board);
        let panels = json["panels"].as_array().expect("panels");
        for link in
            panels.iter().filter_map(|panel| panel["fieldConfig"]["defaults"]["links"].as_array()).flatten()
        {
            let url = link["url"].as_str().expect("a URL");
            let target = all()
                .into_iter()
                .find(|board| Some(board.uid) == link["title"].as_str())
                .expect("a dashboard");
            let chosen = url.split('&').skip(1).map(|choice| {
                let name = choice.strip_prefix("var-").and_then(|choice| choice.split('=').next());
                name.unwrap_or_else(|| choice.trim_start_matches("${").trim_end_matches(":queryparam}"))
            });
            for name in chosen {
                assert!(
                    target.variables.iter().any(|variable| variable.name == name),
                    "{}: {url}",
                    board.uid
                );
                choices += 1;
            }
        }
    }
    assert!(choices > 8, "{choices}");
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
