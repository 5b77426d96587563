//! Values, timestamps and exemplars behind a series.

use super::{Tail, parse_tail};
use crate::{Format, Reason};

fn text(rest: &str) -> Result<(f64, Option<i64>, usize), Reason> {
    parse_tail(rest.as_bytes(), Format::Text).map(|tail| (tail.value, tail.timestamp_ms, tail.len))
}

fn open_metrics(rest: &str) -> Result<Tail<'_>, Reason> {
    parse_tail(rest.as_bytes(), Format::OpenMetrics)
}

#[test]
fn text_allows_blanks_and_a_time_in_milliseconds() {
    assert_eq!(text(" 1\nnext"), Ok((1.0, None, 3)));
    assert_eq!(text("\t 1.5e3\t 123 \nnext"), Ok((1500.0, Some(123), 14)));
    assert_eq!(text("1"), Ok((1.0, None, 1)));
    assert_eq!(text(" 1 9223372036854775807"), Ok((1.0, Some(i64::MAX), 22)));
}

#[test]
fn text_refuses_what_is_no_number_or_no_line_end() {
    assert_eq!(text(" \n"), Err(Reason::Value));
    assert_eq!(text(" true\n"), Err(Reason::Value));
    assert_eq!(text(" {a=\"b\"} 1\n"), Err(Reason::Value));
    assert_eq!(text(" 0 1_2\n"), Err(Reason::LineEnd));
    assert_eq!(text(" 0 -1\n"), Err(Reason::LineEnd));
    assert_eq!(text(" 0 1 2\n"), Err(Reason::LineEnd));
    assert_eq!(text(" 0 1\0\n"), Err(Reason::LineEnd));
    assert_eq!(text(" 1 # {a=\"b\"} 1\n"), Err(Reason::LineEnd));
    assert_eq!(text(" 0 9223372036854775808\n"), Err(Reason::Timestamp));
}

#[test]
fn openmetrics_takes_a_time_in_seconds() {
    let time = |rest| open_metrics(rest).map(|tail| tail.timestamp_ms);
    assert_eq!(time(" 33 123.123\n"), Ok(Some(123_123)));
    assert_eq!(time(" 17.0 1520879607.789\n"), Ok(Some(1_520_879_607_789)));
    assert_eq!(time(" 1 -1.5e0\n"), Ok(Some(-1500)));
    assert_eq!(time(" 1 1e300\n"), Ok(Some(i64::MAX)));
    assert_eq!(time(" 1 NaN\n"), Err(Reason::Timestamp));
    assert_eq!(time(" 1 -Inf\n"), Err(Reason::Timestamp));
    assert_eq!(time(" 1 0x1\n"), Err(Reason::Timestamp));
}

#[test]
fn openmetrics_is_strict_about_blanks_and_line_ends() {
    assert_eq!(open_metrics("  1\n"), Err(Reason::Value));
    assert_eq!(open_metrics("1\n"), Err(Reason::Value));
    assert_eq!(open_metrics(" 1 \n"), Err(Reason::Timestamp));
    assert_eq!(open_metrics(" 1\t\n"), Err(Reason::Value));
    assert_eq!(open_metrics(" 1 2 3\n"), Err(Reason::LineEnd));
    assert_eq!(open_metrics(" 1 # a\n"), Err(Reason::LineEnd));
    assert_eq!(open_metrics(" 1"), Err(Reason::EofMissing));
}

#[test]
fn an_exemplar_has_labels_a_value_and_perhaps_a_time() {
    let tail = open_metrics(" 1 5.5 # {trace_id=\"ab\",\"x.y\"=\"\\\"c\",} 4 123.123\n").unwrap();
    assert_eq!(tail.timestamp_ms, Some(5500));
    let exemplar = tail.exemplar.unwrap();
    assert_eq!((exemplar.value, exemplar.timestamp_ms), (4.0, Some(123_123)));
    let labels: Vec<_> = exemplar.labels().collect();
    assert_eq!(labels, [(&b"trace_id"[..], &b"ab"[..]), (b"x.y", b"\\\"c")]);
    let tail = open_metrics(" 1 # {} 4\n").unwrap();
    assert_eq!(tail.exemplar.unwrap().labels().count(), 0);
    assert_eq!(tail.len, 10);
}

#[test]
fn a_malformed_exemplar_is_refused() {
    for (rest, reason) in [
        (" 1 # {a=\"b\"}\n", Reason::Value),
        (" 1 # {a=\"b\"} x\n", Reason::Value),
        (" 1 # {a=\"b\"} 1 x\n", Reason::Timestamp),
        (" 1 # {a=\"b\"} 1 Inf\n", Reason::Timestamp),
        (" 1 # {a=\"b\" 1\n", Reason::LabelEnd),
        (" 1 # {\"a\"} 1\n", Reason::Equals),
        (" 1 # {a\n", Reason::Equals),
        (" 1 # {a=b} 1\n", Reason::LabelValue),
        (" 1 # {a=\"b\nc\"} 1\n", Reason::LabelValue),
        (" 1 # {a=\"\0\"} 1\n", Reason::LabelValue),
        (" 1 # {1=\"b\"} 1\n", Reason::LabelName),
        (" 1 # {", Reason::LabelName),
        (" 1 # {a=\"b\"", Reason::LabelEnd),
        (" 1 # {a=\"b\"} 1", Reason::EofMissing),
    ] {
        assert_eq!(open_metrics(rest).unwrap_err(), reason, "{rest}");
    }
    assert_eq!(parse_tail(b" 1 # {a=\"\xff\"} 1\n", Format::OpenMetrics).unwrap_err(), Reason::Utf8);
}
