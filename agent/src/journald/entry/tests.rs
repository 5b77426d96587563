//! Entries as journalctl writes them.

use super::Entry;

const CURSOR: &str = "s=e6deecc774934770bf706b33d531b745;i=1f;b=01;m=3e8;t=6612d64278c80;x=dc66090b8e8f9947";

fn parse(fields: &str) -> Entry {
    let line = format!("{{\"__CURSOR\":\"{CURSOR}\",\"__REALTIME_TIMESTAMP\":\"1795697442000001\"{fields}}}");
    Entry::parse(line.as_bytes()).expect("it is an entry")
}

#[test]
fn an_entry_has_its_time_severity_service_and_identity() {
    let entry = parse(
        r#","MESSAGE":"caf\u00e9","PRIORITY":"4","_SYSTEMD_UNIT":"shop.service","_PID":"42","_COMM":"shopd""#,
    );
    assert_eq!((entry.message.as_str(), entry.time), ("caf\u{e9}", 1_795_697_442_000_001_000));
    let severity = entry.severity.expect("a priority");
    assert_eq!((severity.number, severity.text), (13, "warning"));
    assert_eq!(
        (entry.service(), entry.process, entry.identifier.as_deref()),
        ("shop", Some(42), Some("shopd"))
    );
    assert_eq!(entry.identity(), Some(("e6deecc774934770bf706b33d531b745", 31)));
}

#[test]
fn the_source_s_own_time_is_closer_and_a_user_s_unit_is_narrower() {
    let entry = parse(
        r#","_SOURCE_REALTIME_TIMESTAMP":"5","_SYSTEMD_UNIT":"user@0.service","_SYSTEMD_USER_UNIT":"app.timer","SYSLOG_IDENTIFIER":"app""#,
    );
    assert_eq!((entry.time, entry.service()), (5_000, "app.timer"));
    assert_eq!(parse(r#","SYSLOG_IDENTIFIER":"kernel""#).service(), "kernel");
    assert_eq!(parse("").service(), "journal");
}

#[test]
fn a_message_may_be_bytes_or_there_more_than_once_or_missing() {
    assert_eq!(parse(r#","MESSAGE":[104,105,255]"#).message, "hi\u{fffd}");
    assert_eq!(parse(r#","MESSAGE":["one","two"]"#).message, "one");
    assert_eq!(parse(r#","MESSAGE":null"#).message, "");
    assert_eq!(parse(r#","PRIORITY":"9""#).severity, None);
}

#[test]
fn what_is_no_entry_is_none() {
    for line in ["", "{}", "[]", "{\"__CURSOR\":1}", "{\"__CURSOR\":\"a\"", "-- No entries --"] {
        assert_eq!(Entry::parse(line.as_bytes()), None, "{line}");
    }
}
