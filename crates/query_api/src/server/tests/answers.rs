//! Each answer has the members that docs/api.md shows, and paging gives every record once.

use std::collections::BTreeSet;

use serde_json::Value;

use super::stage::Stage;

/// Members whose own names come from data.
const FREE: [&str; 7] =
    ["json", "attributes", "resource", "levels", "labels", "discovered_labels", "resources"];

/// The JSON examples of a section, by its heading.
fn example(heading: &str) -> Value {
    let document = include_str!("../../../../../docs/api.md");
    let section = document.split(&format!("### `GET /api/v1{heading}`")).nth(1).expect("the section");
    let block =
        section.split("```json").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    serde_json::from_str(block).unwrap_or_else(|error| panic!("{heading}: {error}"))
}

/// What `wanted` has and `given` has not, and the other way round. Absent values and empty lists are of any shape.
fn compare(path: &str, wanted: &Value, given: &Value, differences: &mut BTreeSet<String>) {
    match (wanted, given) {
        (Value::Object(wanted), Value::Object(given)) => {
            for (name, value) in wanted {
                let path = format!("{path}.{name}");
                match given.get(name) {
                    None => drop(differences.insert(format!("{path} is not given"))),
                    Some(_) if FREE.contains(&name.as_str()) => {}
                    Some(given) => compare(&path, value, given, differences),
                }
            }
            let unknown = given.keys().filter(|name| !wanted.contains_key(*name));
            differences.extend(unknown.map(|name| format!("{path}.{name} is not described")));
        }
        (Value::Array(wanted), Value::Array(given)) => {
            if let (Some(wanted), Some(given)) = (wanted.first(), given.first()) {
                // An example may be cut short to its id.
                if wanted.as_object().is_none_or(|object| object.len() > 1) {
                    compare(&format!("{path}[]"), wanted, given, differences);
                }
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        (wanted, given) => {
            if std::mem::discriminant(wanted) != std::mem::discriminant(given) {
                differences.insert(format!("{path} is {given}, described as {wanted}"));
            }
        }
    }
}

#[tokio::test]
async fn answers_have_the_members_that_the_document_shows() {
    let stage = Stage::start().await;
    stage.put_trace().await;
    stage.put_logs(&[r#"{"msg":"payment failed","user_id":42}"#.to_owned(), "plain".to_owned()]).await;
    stage.put_sample().await;
    let page = stage.api("/logs?order=asc").await;
    let id = page["records"][0]["id"].as_str().expect("an id").to_owned();
    let trace = "07".repeat(16);
    for (heading, path) in [
        ("/status", "/status".to_owned()),
        ("/logs", "/logs".to_owned()),
        ("/logs/{id}", format!("/logs/{id}")),
        ("/logs/histogram", "/logs/histogram".to_owned()),
        ("/logs/facets", "/logs/facets".to_owned()),
        ("/services", "/services".to_owned()),
        ("/traces", "/traces".to_owned()),
        ("/traces/{trace_id}", format!("/traces/{trace}")),
        ("/metrics/names", "/metrics/names".to_owned()),
        ("/metrics/labels", "/metrics/labels".to_owned()),
        ("/metrics/labels/{name}/values", "/metrics/labels/job/values".to_owned()),
        ("/metrics/query", "/metrics/query?query=http_requests_total".to_owned()),
        (
            "/metrics/query_range",
            "/metrics/query_range?query=http_requests_total&from=now-1m&to=now%2B1m".to_owned(),
        ),
        ("/metrics/exemplars", "/metrics/exemplars?query=http_requests_total".to_owned()),
        ("/targets", "/targets".to_owned()),
        ("/targets/{id}/relabelling", "/targets/9f3c2a11d0e4b765/relabelling".to_owned()),
        ("/pipeline", "/pipeline".to_owned()),
        ("/ledger", "/ledger".to_owned()),
    ] {
        let mut differences = BTreeSet::new();
        compare(heading, &example(heading), &stage.api(&path).await, &mut differences);
        assert_eq!(differences, BTreeSet::new(), "{heading}");
    }
    let context = stage.api(&format!("/logs/{id}/context?before=0&after=5")).await;
    assert_eq!(
        (context["record"]["id"].as_str(), context["by"].as_str()),
        (Some(id.as_str()), Some("service"))
    );
    assert_eq!(context["after"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn pages_give_every_record_once_in_either_order() {
    let stage = Stage::start().await;
    stage.put_logs(&(0..57).map(|number| format!("line {number}")).collect::<Vec<_>>()).await;
    for order in ["asc", "desc"] {
        let mut messages = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = stage.api(&format!("/logs?limit=10&order={order}{cursor}")).await;
            let records = page["records"].as_array().expect("records");
            messages.extend(records.iter().filter_map(|row| row["message"].as_str().map(str::to_owned)));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let mut expected: Vec<String> = (0..57).map(|number| format!("line {number}")).collect();
        if order == "desc" {
            expected.reverse();
        }
        assert_eq!(messages, expected);
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_as_such() {
    let stage = Stage::start().await;
    for path in
        ["/logs/1", "/logs/x", "/traces/00", "/targets/none/relabelling", "/nothing", "/logs/1/context"]
    {
        let answer = stage.get(&format!("/api/v1{path}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{path}");
    }
}
