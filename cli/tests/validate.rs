//! The built program's `validate`, `--version` and `--help`.

use std::process::{Command, Output};

fn weir(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_weir")).args(arguments).output().expect("the program is built")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn sample(name: &str) -> String {
    format!("{}/../crates/config/samples/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn good_files_are_said_to_be_good() {
    let output = weir(&["validate", &sample("weir.yaml"), &sample("prometheus.yml")]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout).lines().filter(|line| line.ends_with(": good")).count(), 2);
}

#[test]
fn a_bad_file_fails_with_every_mistake_and_the_other_files_are_checked_too() {
    let output = weir(&["validate", &sample("mistakes.yaml"), &sample("weir.yaml")]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    for part in
        ["mistakes.yaml:2:20", "global.scrape_interval", "consul_sd_configs", "did you mean `durability`?"]
    {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    assert!(said.ends_with(" mistakes\n"), "{said}");
    assert!(!said.contains('\u{1b}') && !said.contains("hunter2"), "{said}");
    assert!(text(&output.stdout).ends_with("weir.yaml: good\n"));
}

#[test]
fn the_agent_does_not_start_with_a_bad_file() {
    let output = weir(&["agent", "--config", &sample("mistakes.yaml")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("global.scrape_interval"), "{}", text(&output.stderr));
}

#[test]
fn the_schema_is_the_committed_one() {
    let path = format!("{}/../docs/config.schema.json", env!("CARGO_MANIFEST_DIR"));
    let committed = std::fs::read(path).expect("the schema is committed");
    let read = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).expect("a schema is JSON");
    assert_eq!(read(&weir(&["validate", "--schema"]).stdout), read(&committed));
}

#[test]
fn version_and_help_are_there() {
    assert_eq!(text(&weir(&["--version"]).stdout), format!("weir {}\n", env!("CARGO_PKG_VERSION")));
    assert!(text(&weir(&["--help"]).stdout).contains("weir validate weir.yaml"));
    assert_eq!(weir(&["nonsense"]).status.code(), Some(2));
}
