//! What is done about a template that is there.

use serde_json::{Value, json};

use super::{Plan, TEXT_TYPES, VERSION, plan, template};

fn existing(version: u64, patterns: &[&str]) -> Value {
    json!({
        "index_patterns": patterns,
        "_meta": {"managed_by": "weir", "version": version},
        "template": {"mappings": {"properties": {"new": {"type": "keyword"}}}},
        "created_date": 5,
    })
}

fn planned(existing: Option<&Value>) -> Plan {
    plan(existing, "logs-app-*").unwrap()
}

fn ours(patterns: &[&str]) -> Plan {
    Plan::Ours { patterns: patterns.iter().map(|&pattern| pattern.to_owned()).collect() }
}

#[test]
fn a_template_that_is_not_there_is_made() {
    assert_eq!(planned(None), ours(&["logs-app-*"]));
}

#[test]
fn a_template_of_another_maker_is_left_alone() {
    for foreign in [json!({"index_patterns": ["logs-app-*"]}), json!({"_meta": {"managed_by": "me"}})] {
        assert_eq!(planned(Some(&foreign)), Plan::Foreign);
    }
}

#[test]
fn a_pattern_is_added_to_those_of_other_weirs() {
    assert_eq!(planned(Some(&existing(VERSION, &["logs-app-*", "logs-b-*"]))), Plan::Fine);
    assert_eq!(planned(Some(&existing(VERSION, &["logs-b-*"]))), ours(&["logs-app-*", "logs-b-*"]));
}

#[test]
fn an_older_template_is_replaced_and_a_newer_one_only_gets_the_pattern() {
    assert_eq!(planned(Some(&existing(VERSION - 1, &["logs-app-*"]))), ours(&["logs-app-*"]));
    let newer = existing(VERSION + 1, &["logs-b-*"]);
    let Plan::Newer(kept) = planned(Some(&newer)) else { panic!("{newer}") };
    assert_eq!(kept["index_patterns"], json!(["logs-app-*", "logs-b-*"]));
    assert_eq!((&kept["template"], &kept["_meta"]), (&newer["template"], &newer["_meta"]));
    assert_eq!(kept.get("created_date"), None);
}

#[test]
fn the_template_looks_like_ours_and_maps_what_documents_hold() {
    let made = template(&["logs-app-*".to_owned()].into(), TEXT_TYPES[1]);
    assert_eq!(planned(Some(&made)), Plan::Fine);
    let properties = &made["template"]["mappings"]["properties"];
    for (field, kind) in [
        ("@timestamp", "date"),
        ("message", "text"),
        ("json", "flattened"),
        ("log.offset", "long"),
        ("trace.id", "keyword"),
        ("kubernetes.pod.name", "keyword"),
    ] {
        assert_eq!(properties[field]["type"], kind, "{field}");
    }
}
