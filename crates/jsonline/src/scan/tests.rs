//! Lines of common loggers, the grammar's corners, and a comparison with serde_json.

mod model;

use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::{collection, sample};

use super::{DEPTH_MAX, Keys, scan};
use crate::{Found, Severity};

const TRACE: [u8; 16] = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes();
const SPAN: [u8; 8] = 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes();
const TIME: u64 = 1_700_000_000_123_000_000;

fn find(line: &str) -> Found<'_> {
    scan(line.as_bytes(), &Keys::new(["x-request-id", "correlation_id"])).unwrap_or_else(|| panic!("{line}"))
}

/// Reads a line whose message is `done` and whose severity is `info`.
fn assert_typical(line: &str) {
    let found = find(line);
    assert_eq!(found.time, Some(TIME), "{line}");
    assert_eq!(found.severity.map(|severity| severity.number), Some(9), "{line}");
    assert_eq!(
        found.message.map(|range| &line[range.start as usize..range.end as usize]),
        Some("\"done\""),
        "{line}"
    );
    assert_eq!((found.trace_id, found.span_id), (Some(TRACE), Some(SPAN)), "{line}");
}

#[test]
fn lines_of_common_loggers_are_understood() {
    for line in [
        r#"{"@timestamp":"2023-11-14T22:13:20.123Z","log.level":"INFO","message":"done","trace.id":"4bf92f3577b34da6a3ce929d0e0e4736","span.id":"00f067aa0ba902b7"}"#,
        r#"{"@timestamp":"2023-11-14T22:13:20.123Z","log":{"level":"info","logger":"x"},"message":"done","trace":{"id":"4bf92f3577b34da6a3ce929d0e0e4736"},"span":{"id":"00f067aa0ba902b7"}}"#,
        r#"{"level":30,"time":1700000000123,"pid":1,"hostname":"h","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","trace_flags":"01","msg":"done"}"#,
        r#"{"level":"info","ts":1700000000.123,"caller":"main.go:1","msg":"done","traceID":"4BF92F3577B34DA6A3CE929D0E0E4736","spanID":"00F067AA0BA902B7"}"#,
        r#"{"timestamp":"2023-11-14T23:13:20.123+0100","level":"INFO","thread":"main","message":"done","traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7"}"#,
        r#"{"log":"done","stream":"stdout","time":"2023-11-14T22:13:20.123000000Z","lvl":"information","traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}"#,
        "\t{ \"severity\" : \"Info\" , \"body\" : \"done\" , \"datetime\" : \"2023-11-14 22:13:20.123Z\" ,\n\"dd.trace_id\" : \"4bf92f3577b34da6a3ce929d0e0e4736\" , \"span\" : { \"x\" : [ ] , \"id\" : \"00f067aa0ba902b7\" } } \r\n",
    ] {
        assert_typical(line);
    }
}

#[test]
fn the_preferred_spelling_wins_whatever_the_order() {
    let line = r#"{"msg":"b","body":"c","message":"a","ts":1700000001,"time":1700000000,"message":"z"}"#;
    let found = find(line);
    assert_eq!(found.message, Some(32..35));
    assert_eq!(found.time, Some(1_700_000_000_000_000_000));
}

#[test]
fn a_traceparent_counts_only_where_no_id_is_given() {
    let line = r#"{"traceparent":"00-11111111111111111111111111111111-2222222222222222-01","span_id":"00f067aa0ba902b7"}"#;
    let found = find(line);
    assert_eq!((found.trace_id, found.span_id), (Some([0x11; 16]), Some(SPAN)));
}

#[test]
fn values_that_cannot_be_used_leave_the_next_spelling_its_chance() {
    let line = concat!(
        r#"{"message":{"a":1},"msg":null,"log":"text","time":"yesterday","timestamp":12.5,"ts":"1700000000.123","#,
        r#""trace_id":"00000000000000000000000000000000","traceId":"4bf92f3577b34da6a3ce929d0e0e4736","#,
        r#""span_id":"4bf9","spanId":12,"span":{"id":"00f067aa0ba902b7"},"level":7,"severity":"warn"}"#
    );
    let found = find(line);
    assert_eq!(found.message.map(|range| &line[range.start as usize..range.end as usize]), Some("\"text\""));
    assert_eq!(found.time, Some(TIME));
    assert_eq!((found.trace_id, found.span_id), (Some(TRACE), Some(SPAN)));
    assert_eq!(found.severity, Some(Severity { number: 13, text: "warn" }));
}

#[test]
fn an_unknown_severity_keeps_its_text() {
    assert_eq!(find(r#"{"level":"loud"}"#).severity, Some(Severity { number: 0, text: "loud" }));
    assert_eq!(find(r#"{"level":""}"#).severity, None);
    assert_eq!(find(r#"{"level":"abcdefghijklmnopqrstuvwxyz0123456"}"#).severity, None);
}

#[test]
fn only_the_line_s_own_object_and_the_three_known_ones_are_looked_into() {
    let line = r#"{"a":{"message":"x","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"},"b":[{"level":"info"}],"log":{"log":{"level":"info"},"id":"y"},"trace":{"level":"info","x-request-id":"z"}}"#;
    assert_eq!(find(line), Found::default());
}

#[test]
fn the_correlation_key_configured_first_wins_and_its_escapes_are_resolved() {
    let id = |line: &str| find(line).correlation_id.map(|text| text.decode().into_owned());
    assert_eq!(id(r#"{"correlation_id":"b","x-request-id":"a"}"#).as_deref(), Some("a"));
    assert_eq!(id(r#"{"x-request-id":"","correlation_id":-1.5e3}"#).as_deref(), Some("-1.5e3"));
    assert_eq!(id(r#"{"x-request-id":["a"],"correlation_id":null}"#), None);
    let escaped = r#"{"x-request-id":"\u0061\"\\\/\b\f\n\r\t\ud83d\ude00\u00e9z"}"#;
    assert_eq!(id(escaped).as_deref(), Some("a\"\\/\u{8}\u{c}\n\r\t\u{1f600}\u{e9}z"));
    assert_eq!(id(&format!(r#"{{"x-request-id":"{}"}}"#, "x".repeat(257))), None);
}

#[test]
fn a_configured_key_may_also_be_one_that_is_always_looked_for() {
    let found =
        scan(br#"{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}"#, &Keys::new(["trace_id"])).unwrap();
    assert_eq!(found.trace_id, Some(TRACE));
    assert_eq!(found.correlation_id.unwrap().decode(), "4bf92f3577b34da6a3ce929d0e0e4736");
}

#[test]
fn what_is_not_one_json_object_is_refused() {
    for line in [
        "",
        " ",
        "[]",
        "1",
        "\"a\"",
        "null",
        "{",
        "{}x",
        "{}{}",
        "\u{feff}{}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" 1}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":+1}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":1e}",
        "{\"a\":1e+}",
        "{\"a\":tru}",
        "{\"a\":nul",
        "{\"a\":True}",
        "{\"a\":NaN}",
        "{\"a\":[1,]}",
        "{\"a\":[1}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\\u123",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\ud800\\u0041\"}",
        "{\"a\":\"\\udc00\"}",
        "{\"a\":\"b",
        "{\"a\":\"b\\",
        "{\"a\":1/**/}",
        "{\"a\":1}\u{0}",
        "{\u{a0}}",
    ] {
        assert_eq!(scan(line.as_bytes(), &Keys::default()), None, "{line}");
        assert!(serde_json::from_str::<serde_json::Map<_, _>>(line).is_err(), "{line}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_refused_wherever_they_stand() {
    let wrong = [&b"\xff"[..], b"\xc3", b"\xc3(", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80"];
    for bytes in wrong {
        for before in ["", "\\n", "longer than a word", "\u{e9}", "\\n\u{e9}\\n"] {
            let value = [b"{\"a\":\"", before.as_bytes(), bytes, b"\"}"].concat();
            let key = [b"{\"", before.as_bytes(), bytes, b"\":1}"].concat();
            assert_eq!(
                [scan(&value, &Keys::default()), scan(&key, &Keys::default())],
                [None, None],
                "{bytes:?}"
            );
        }
    }
}

#[test]
fn nesting_is_accepted_up_to_the_limit() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested =
            |depth: usize| format!("{{\"a\":{}1{}}}", open.repeat(depth - 1), close.repeat(depth - 1));
        let limit = DEPTH_MAX as usize;
        for (depth, accepted) in [(limit, true), (limit + 1, false), (100_000, false)] {
            let line = nested(depth);
            assert_eq!(scan(line.as_bytes(), &Keys::default()).is_some(), accepted, "{depth}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&line).is_ok(), accepted, "{depth}");
        }
    }
}

/// A value as JSON text: what the keys hold in practice, and anything else.
fn value() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        "[ -~]{0,20}",
        any::<String>(),
        Just("4bf92f3577b34da6a3ce929d0e0e4736".to_owned()),
        Just("00f067aa0ba902b7".to_owned()),
        Just("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        Just("2023-11-14T22:13:20.123Z".to_owned()),
        "(?i)info|warn2|error|loud|1700000000",
    ]
    .prop_map(|text| serde_json::to_string(&text).unwrap());
    let leaf = prop_oneof![
        4 => text,
        1 => r#""(\\[bfnrt/"\\]|\\u[0-9a-f]{4}|\\ud83d\\ude00|[a-z]){0,8}""#,
        1 => "-?(0|[1-9][0-9]{0,18})(\\.[0-9]{1,12})?([eE][+-]?[0-9]{1,3})?",
        1 => "30|50|1700000000(123|123456|123456789)?(\\.[0-9]{1,9})?",
        1 => "true|false|null|\\[\\]|\\{\\}",
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(" , "))),
            object(inner),
        ]
    })
}

fn object(values: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let key = prop_oneof![
        4 => sample::select(&model::KEYS[..]).prop_map(str::to_owned),
        1 => sample::select(&["id", "level", "x-request-id", "correlation_id", "\\u006ds\\u0067", "trace\\u005fid"][..])
            .prop_map(str::to_owned),
        1 => "[a-z@._ -]{0,12}",
    ];
    (collection::vec((key, "[ \t]{0,2}", values), 0..8), "[ \n]{0,2}").prop_map(|(members, space)| {
        let members: Vec<_> =
            members.iter().map(|(key, space, value)| format!("\"{key}\"{space}:{value}{space}")).collect();
        format!("{space}{{{space}{}}}", members.join(&format!(",{space}")))
    })
}

/// Replaces, inserts or removes a byte at a place.
fn mutation() -> impl Strategy<Value = (sample::Index, u8, Option<u8>)> {
    let byte = prop_oneof![sample::select(&b"\"\\{}[]:,0e-. \t\n\x80\xc3\x1fu"[..]), any::<u8>()];
    (any::<sample::Index>(), 0..3_u8, byte.prop_map(Some))
}

fn mutate(line: &mut Vec<u8>, (place, kind, byte): &(sample::Index, u8, Option<u8>)) {
    let at = place.index(line.len() + 1);
    match (kind, byte) {
        (0, Some(byte)) => line.insert(at, *byte),
        (1, Some(byte)) if at < line.len() => line[at] = *byte,
        _ if at < line.len() => drop(line.remove(at)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

    #[test]
    fn an_object_is_accepted_and_searched_as_serde_json_would(line in object(value())) {
        let keys = ["x-request-id", "correlation_id"];
        let found = scan(line.as_bytes(), &Keys::new(keys));
        prop_assert_eq!(found, model::scan(line.as_bytes(), &keys));
    }

    #[test]
    fn a_damaged_object_is_accepted_or_refused_as_by_serde_json(
        line in object(value()),
        mutations in collection::vec(mutation(), 1..4),
    ) {
        let mut line = line.into_bytes();
        for change in &mutations {
            mutate(&mut line, change);
        }
        let keys = ["x-request-id", "correlation_id"];
        prop_assert_eq!(scan(&line, &Keys::new(keys)), model::scan(&line, &keys));
    }

    #[test]
    fn arbitrary_bytes_are_accepted_or_refused_as_by_serde_json(bytes in collection::vec(any::<u8>(), 0..24), inner in any::<bool>()) {
        let line = if inner { [b"{\"k\":\"", &bytes[..], b"\"}"].concat() } else { bytes };
        prop_assert_eq!(scan(&line, &Keys::default()).is_some(), model::is_object(&line));
    }

    #[test]
    fn a_found_message_is_a_json_string_of_the_line(line in object(value())) {
        if let Some(range) = scan(line.as_bytes(), &Keys::default()).and_then(|found| found.message) {
            let raw = &line[range.start as usize..range.end as usize];
            prop_assert!(serde_json::from_str::<String>(raw).is_ok(), "{raw}");
        }
    }
}
