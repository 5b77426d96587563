//! The schema that is committed, and what it says.

use std::path::Path;

use serde_json::{Value, json};

use super::schema;

fn property(section: &str, name: &str) -> Value {
    schema()["$defs"][section]["properties"][name].clone()
}

#[test]
fn the_committed_schema_is_the_one_that_the_reader_follows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/config.schema.json");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let committed: Value = serde_json::from_str(&committed).unwrap_or_default();
    assert!(committed == schema(), "run: cargo run -p weir -- validate --schema > docs/config.schema.json");
}

#[test]
fn a_setting_has_its_doc_and_its_default() {
    let age = property("spool", "age_max");
    assert_eq!(
        (&age["default"], &age["description"]),
        (&json!("24h"), &json!("Records older than this are dropped and counted."))
    );
    assert_eq!(property("otlp_grpc", "request_bytes_max")["default"], "16MiB");
    assert_eq!(property("sampling_traces", "ratio")["default"], 1);
    assert_eq!(property("elasticsearch", "install_template")["default"], true);
}

#[test]
fn unknown_and_refused_settings_are_not_allowed() {
    let job = schema()["$defs"]["scrape_config"].clone();
    assert_eq!(job["additionalProperties"], false);
    assert_eq!(job["required"], json!(["job_name"]));
    assert!(job["properties"]["consul_sd_configs"].is_null());
    assert!(job["properties"]["basic_auth"].is_object(), "settings of included sections belong to it");
}
