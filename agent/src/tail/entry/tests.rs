//! Which entry has a file, and how it reads it.

use std::collections::BTreeMap;
use std::path::Path;

use weir_config::{LineFormat, LogsConfig, StartAt};

use super::Entries;

fn config(name: &str, paths: &[&str], exclude: &[&str]) -> LogsConfig {
    LogsConfig {
        name: name.to_owned(),
        paths: paths.iter().map(|&path| path.to_owned()).collect(),
        exclude: exclude.iter().map(|&path| path.to_owned()).collect(),
        format: LineFormat::Auto,
        start_at: StartAt::Beginning,
        line_bytes_max: 1 << 20,
        attributes: BTreeMap::new(),
    }
}

#[test]
fn the_first_entry_that_matches_and_does_not_exclude_has_the_file() {
    let entries = Entries::new(&[
        config("first", &["/log/*.log"], &["b.log", "/log/c*"]),
        config("second", &["/log/?.log", "/log/b*"], &[]),
    ])
    .expect("valid");
    let name = |path: &str| entries.find(Path::new(path)).map(|found| found.entry.config.name.clone());
    assert_eq!(name("/log/a.log").as_deref(), Some("first"));
    assert_eq!(name("/log/b.log").as_deref(), Some("second"));
    assert_eq!(name("/log/c.log").as_deref(), Some("second"));
    assert_eq!(name("/log/cc.log"), None);
    assert!(!entries.matches(Path::new("/log/cc.log")));
    let of_both = entries.find(Path::new("/log/b.log")).expect("matches");
    assert_eq!(of_both.patterns.len(), 2);
}

#[test]
fn container_logs_are_read_as_such_when_nothing_is_said() {
    let entries = Entries::new(&[config("all", &["/**"], &[])]).expect("valid");
    let entry = entries.iter().next().expect("one");
    for (path, format) in [
        ("/var/log/pods/ns_pod_uid/c/0.log", LineFormat::Cri),
        ("/var/log/containers/c.log", LineFormat::Cri),
        ("/var/log/podsy/c.log", LineFormat::Auto),
        ("/var/log/syslog", LineFormat::Auto),
    ] {
        assert_eq!(entry.format_of(Path::new(path)), format, "{path}");
    }
}

#[test]
fn a_pattern_s_key_tells_entries_and_patterns_apart_and_is_the_same_in_every_process() {
    let entries = Entries::new(&[config("a", &["/x", "/y"], &[]), config("b", &["/x"], &[])]).expect("valid");
    let mut keys = entries.pattern_keys();
    assert_eq!(keys[0], 9_927_325_167_101_880_870);
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 3);
}
