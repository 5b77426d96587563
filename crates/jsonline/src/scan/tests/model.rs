//! The same search by way of serde_json: slow, and written from the crate's table of keys.

use std::ops::Range;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use weir_correlation::{TraceParent, ids};

use crate::number::epoch_nanos;
use crate::{Found, Severity, Text, parse_rfc3339, severity_name, severity_of_number, severity_of_text};

const TIME: [&str; 7] = ["@timestamp", "time", "timestamp", "ts", "datetime", "timeMillis", "@t"];
const SEVERITY: [&str; 11] = [
    "level",
    "severity",
    "log.level",
    "log/level",
    "lvl",
    "loglevel",
    "logLevel",
    "log_level",
    "severityText",
    "severity_text",
    "@l",
];
const MESSAGE: [&str; 5] = ["message", "msg", "log", "body", "@m"];
const TRACE_ID: [&str; 7] =
    ["trace_id", "traceId", "traceID", "trace.id", "trace/id", "traceid", "dd.trace_id"];
const SPAN_ID: [&str; 6] = ["span_id", "spanId", "spanID", "span.id", "span/id", "spanid"];

/// What documents are made of.
pub(super) const KEYS: [&str; 35] = [
    "@timestamp",
    "time",
    "timestamp",
    "ts",
    "datetime",
    "timeMillis",
    "@t",
    "level",
    "severity",
    "log.level",
    "lvl",
    "loglevel",
    "logLevel",
    "log_level",
    "severityText",
    "severity_text",
    "@l",
    "message",
    "msg",
    "log",
    "body",
    "@m",
    "trace_id",
    "traceId",
    "traceID",
    "trace.id",
    "traceid",
    "trace",
    "dd.trace_id",
    "span_id",
    "spanId",
    "span",
    "span.id",
    "spanid",
    "traceparent",
];

/// A member by its path (`parent/key` for a nested one) and its raw value.
type Member<'a> = (String, &'a str);

pub(super) fn scan<'a>(line: &'a [u8], correlation: &[&str]) -> Option<Found<'a>> {
    if !is_object(line) {
        return None;
    }
    let line = std::str::from_utf8(line).unwrap();
    let mut members = members("", line);
    let nested: Vec<_> = members
        .iter()
        .filter(|(key, raw)| ["log", "trace", "span"].contains(&key.as_str()) && raw.starts_with('{'))
        .flat_map(|(key, raw)| self::members(&format!("{key}/"), raw))
        .collect();
    members.extend(nested);
    let trace_parent = first(&members, &["traceparent"], |raw| TraceParent::parse(plain(raw)?.as_bytes()));
    Some(Found {
        time: first(&members, &TIME, time),
        severity: first(&members, &SEVERITY, severity),
        message: first(&members, &MESSAGE, |raw| raw.starts_with('"').then(|| range(line, raw))),
        trace_id: first(&members, &TRACE_ID, |raw| ids::trace_id(plain(raw)?.as_bytes()))
            .or(trace_parent.map(|parent| parent.trace_id)),
        span_id: first(&members, &SPAN_ID, |raw| ids::span_id(plain(raw)?.as_bytes()))
            .or(trace_parent.map(|parent| parent.span_id)),
        correlation_id: first(&members, correlation, correlation_id),
    })
}

/// Whether serde_json reads an object. Of numbers that are out of its range it is asked for the grammar only.
pub(super) fn is_object(line: &[u8]) -> bool {
    match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line) {
        Ok(_) => true,
        Err(error) if error.to_string().starts_with("number out of range") => {
            serde_json::from_slice::<&RawValue>(line).is_ok_and(|raw| is_strict(raw.get()))
        }
        Err(_) => false,
    }
}

/// Whether each string in a raw value can be decoded.
fn is_strict(raw: &str) -> bool {
    match raw.as_bytes()[0] {
        b'"' => serde_json::from_str::<String>(raw).is_ok(),
        b'[' => serde_json::from_str::<Vec<&RawValue>>(raw).unwrap().iter().all(|item| is_strict(item.get())),
        b'{' => raw_members(raw).iter().all(|(key, value)| is_strict(key) && is_strict(value)),
        _ => true,
    }
}

/// The value of the most preferred key that `read` can use.
fn first<'a, T>(members: &[Member<'a>], keys: &[&str], read: impl Fn(&'a str) -> Option<T>) -> Option<T> {
    keys.iter().find_map(|key| members.iter().filter(|(name, _)| name == key).find_map(|(_, raw)| read(raw)))
}

/// An object's members in order. Keys with escapes are left out, since [`crate::scan`] does not know them.
fn members<'a>(parent: &str, object: &'a str) -> Vec<Member<'a>> {
    let members = raw_members(object).into_iter();
    members.filter_map(|(key, raw)| Some((format!("{parent}{}", plain(key)?), raw))).collect()
}

/// An object's keys and values as they stand in the text.
fn raw_members(object: &str) -> Vec<(&str, &str)> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(&'de str, &'de str)>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                members.push((key.get(), value.get()));
            }
            Ok(members)
        }
    }
    serde_json::Deserializer::from_str(object).deserialize_map(Members).unwrap()
}

/// The content of a string without escapes.
fn plain(raw: &str) -> Option<&str> {
    let content = raw.strip_prefix('"')?.strip_suffix('"')?;
    (!content.contains('\\')).then_some(content)
}

fn range(line: &str, raw: &str) -> Range<u32> {
    let start = raw.as_ptr().addr() - line.as_ptr().addr();
    start as u32..(start + raw.len()) as u32
}

fn time(raw: &str) -> Option<u64> {
    let text = plain(raw).unwrap_or(raw).as_bytes();
    parse_rfc3339(text).or_else(|| epoch_nanos(text))
}

fn severity(raw: &str) -> Option<Severity<'_>> {
    match plain(raw) {
        Some(text) if (1..=32).contains(&text.len()) => {
            Some(Severity { number: severity_of_text(text.as_bytes()).unwrap_or(0), text })
        }
        Some(_) => None,
        None => {
            let number = severity_of_number(raw.parse().ok()?)?;
            Some(Severity { number, text: severity_name(number)? })
        }
    }
}

fn correlation_id(raw: &str) -> Option<Text<'_>> {
    let content = match raw.as_bytes()[0] {
        b'"' => &raw[1..raw.len() - 1],
        b'-' | b'0'..=b'9' => raw,
        _ => return None,
    };
    (1..=256).contains(&content.len()).then(|| {
        let text = Text { raw: content, is_escaped: content.contains('\\') };
        let decoded: String =
            if raw.starts_with('"') { serde_json::from_str(raw).unwrap() } else { raw.to_owned() };
        assert_eq!(text.decode(), decoded);
        text
    })
}
