//! Lines of container runtimes.

use super::{CriLine, Join, Joins, Stream};

#[test]
fn a_line_has_time_stream_tag_and_message() {
    let line = CriLine::parse(b"2026-11-24T12:00:00.123456789+01:00 stderr F two  words ").expect("valid");
    assert_eq!(line.time, 1_795_518_000_123_456_789);
    assert_eq!((line.stream, line.partial, line.message), (Stream::Stderr, false, &b"two  words "[..]));
}

#[test]
fn more_tags_may_follow_the_first_and_a_message_may_be_empty() {
    let parse = |line: &'static [u8]| CriLine::parse(line).map(|line| (line.partial, line.message));
    assert_eq!(parse(b"2026-11-24T12:00:00Z stdout P:x:y part"), Some((true, &b"part"[..])));
    assert_eq!(parse(b"2026-11-24T12:00:00Z stdout F "), Some((false, &b""[..])));
    assert_eq!(parse(b"2026-11-24T12:00:00Z stdout F"), Some((false, &b""[..])));
}

#[test]
fn anything_else_is_no_such_line() {
    for line in [
        "",
        "plain text with spaces",
        "{\"log\":\"json\"}",
        "2026-11-24T12:00:00Z stdin F x",
        "2026-11-24T12:00:00Z stdout X x",
        "2026-11-24T12:00:00Z stdout",
        "2026-11-24 stdout F x",
        "2026-13-24T12:00:00Z stdout F x",
    ] {
        assert_eq!(CriLine::parse(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn joins_are_ended_in_the_order_in_which_they_began() {
    let line = |stream| CriLine { time: 0, stream, partial: true, message: b"x" };
    let mut joins = Joins::default();
    *joins.of(Stream::Stdout) = Some(Join::begin(20, &line(Stream::Stdout), 9));
    *joins.of(Stream::Stderr) = Some(Join::begin(10, &line(Stream::Stderr), 9));
    assert!(!joins.is_empty());
    assert_eq!(joins.take().iter().map(|join| join.offset).collect::<Vec<_>>(), [10, 20]);
    assert!(joins.is_empty());
}

#[test]
fn a_join_takes_no_more_than_its_bound() {
    let line = CriLine { time: 0, stream: Stream::Stdout, partial: true, message: b"1234" };
    let mut join = Join::begin(0, &line, 6);
    assert!(!join.cut);
    join.add(b"56", 6);
    assert!(!join.cut);
    join.add(b"7", 6);
    assert_eq!((join.message.as_slice(), join.cut), (&b"123456"[..], true));
}
