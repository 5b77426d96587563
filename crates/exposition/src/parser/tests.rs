//! Prometheus' own examples of pages, accepted and refused, and properties of the walk.

mod properties;

use super::{Item, Kind, Parser};
use crate::{Format, LabelBuf, ParseError, Reason, SeriesLine};

type Sample = (Vec<(String, String)>, f64, Option<i64>);
type Expected<'a> = (&'a [(&'a str, &'a str)], f64, Option<i64>);

fn labels_of(line: &SeriesLine<'_>) -> Vec<(String, String)> {
    let mut buf = LabelBuf::new();
    line.labels(&mut buf).unwrap();
    buf.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn samples(page: &[u8], format: Format) -> Result<Vec<Sample>, ParseError> {
    let mut samples = Vec::new();
    for item in Parser::new(page, format) {
        if let Item::Series(line) = item? {
            samples.push((labels_of(&line), line.value, line.timestamp_ms));
        }
    }
    Ok(samples)
}

/// The labels of the only sample on a page.
fn only(page: &str, format: Format) -> Vec<(String, String)> {
    let samples = samples(page.as_bytes(), format).unwrap();
    assert_eq!(samples.len(), 1, "{page}");
    samples.into_iter().next().unwrap().0
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn refusal(page: &[u8], format: Format) -> Option<Reason> {
    samples(page, format).err().map(|error| error.reason)
}

const TEXT: &str = r#"# HELP go_gc_duration_seconds A summary of the GC invocation durations.
# 	TYPE go_gc_duration_seconds summary
go_gc_duration_seconds{quantile="0"} 4.9351e-05
go_gc_duration_seconds{quantile="0.25",} 7.424100000000001e-05
go_gc_duration_seconds{ quantile="0.9", a="b"} 8.3835e-05
# TYPE request_seconds histogram
request_seconds_bucket{handler="/",le="1"} 423
request_seconds_bucket{handler="/",le="+Inf"} 1423
# Hrandom comment starting with prefix of HELP
#
wind_speed{A="2",c="3"} 12345
# HELP nohelp1
go_gc_duration_seconds { quantile = "2.0" a = "b" } 8.3835e-05
some:aggregate:rate5m{a_b="c"}	1
# TYPE go_goroutines gauge
go_goroutines 33  	123123
testmetric{label="\"bar\""} 1
testmetric{le="10"} 1"#;

#[test]
fn the_text_format_reads_as_in_prometheus() {
    let expected: &[Expected<'_>] = &[
        (&[("__name__", "go_gc_duration_seconds"), ("quantile", "0.0")], 4.9351e-05, None),
        (&[("__name__", "go_gc_duration_seconds"), ("quantile", "0.25")], 7.424100000000001e-05, None),
        (&[("__name__", "go_gc_duration_seconds"), ("quantile", "0.9"), ("a", "b")], 8.3835e-05, None),
        (&[("__name__", "request_seconds_bucket"), ("handler", "/"), ("le", "1.0")], 423.0, None),
        (&[("__name__", "request_seconds_bucket"), ("handler", "/"), ("le", "+Inf")], 1423.0, None),
        (&[("__name__", "wind_speed"), ("A", "2"), ("c", "3")], 12345.0, None),
        (&[("__name__", "go_gc_duration_seconds"), ("quantile", "2.0"), ("a", "b")], 8.3835e-05, None),
        (&[("__name__", "some:aggregate:rate5m"), ("a_b", "c")], 1.0, None),
        (&[("__name__", "go_goroutines")], 33.0, Some(123_123)),
        (&[("__name__", "testmetric"), ("label", "\"bar\"")], 1.0, None),
        (&[("__name__", "testmetric"), ("le", "10")], 1.0, None),
    ];
    let expected: Vec<Sample> =
        expected.iter().map(|&(labels, value, time)| (pairs(labels), value, time)).collect();
    assert_eq!(samples(TEXT.as_bytes(), Format::Text), Ok(expected.clone()));
    assert_eq!(samples(format!("{TEXT}\n").as_bytes(), Format::Text), Ok(expected));
}

#[test]
fn metadata_is_read_with_its_escapes() {
    let page =
        b"# HELP a one \\\\ two \\n three \\\" four\n# TYPE a counter\n# HELP b\n# UNIT c_s s\n# EOF\n";
    let items: Vec<_> = Parser::new(&page[..62], Format::Text).map(Result::unwrap).collect();
    assert!(
        matches!(items[0], Item::Help { name: b"a", text } if text.decode() == "one \\ two \n three \\\" four")
    );
    assert_eq!(items[1], Item::Type { name: b"a", kind: Kind::Counter });
    let page = b"# HELP a say \\\"hi\\\"\n# TYPE \"a.b\" stateset\n# UNIT c_s s\n# UNIT d \n# EOF\n";
    let items: Vec<_> = Parser::new(page, Format::OpenMetrics).map(Result::unwrap).collect();
    assert!(matches!(items[0], Item::Help { name: b"a", text } if text.decode() == "say \"hi\""));
    assert_eq!(items[1], Item::Type { name: b"a.b", kind: Kind::StateSet });
    assert_eq!(items[2], Item::Unit { name: b"c_s", unit: b"s" });
    assert_eq!(items[3], Item::Unit { name: b"d", unit: b"" });
}

#[test]
fn names_in_quotes_may_hold_any_utf8() {
    let name = "{\"Heiz\u{f6}l 10\u{20ac} \\\"x\\\" {a\\nb}\",\"str\u{a9}\\n'q'\"=\"6\"} 10.0\n";
    let expected = pairs(&[("__name__", "Heiz\u{f6}l 10\u{20ac} \"x\" {a\nb}"), ("str\u{a9}\n'q'", "6")]);
    assert_eq!(only(name, Format::Text), expected);
    assert_eq!(only(&format!("{name}# EOF\n"), Format::OpenMetrics), expected);
    assert_eq!(
        only("{q=\"0.9\",\"http.status\",a=\"b\"} 1\n# EOF\n", Format::OpenMetrics),
        pairs(&[("q", "0.9"), ("__name__", "http.status"), ("a", "b")])
    );
}

#[test]
fn empty_labels_are_kept_since_they_hide_those_of_a_target() {
    assert_eq!(only("a{b=\"\",c=\"d\"} 1", Format::Text), pairs(&[("__name__", "a"), ("b", ""), ("c", "d")]));
}

#[test]
fn a_label_name_that_is_not_utf8_matters_only_with_a_value() {
    let decode = |page: &[u8]| {
        let Some(Ok(Item::Series(line))) = Parser::new(page, Format::Text).next() else {
            panic!("not a series")
        };
        line.labels(&mut LabelBuf::new())
    };
    assert_eq!(decode(b"a{\"\xff\"=\"\"} 1"), Ok(()));
    assert_eq!(decode(b"a{\"\xff\"=\"b\"} 1"), Err(Reason::Utf8));
    assert_eq!(decode(b"{\"\xff\"} 1"), Err(Reason::Utf8));
}

#[test]
fn a_text_name_keeps_the_blanks_before_it() {
    assert_eq!(only("\n  a 1", Format::Text), pairs(&[("__name__", "  a")]));
}

#[test]
fn a_text_label_may_span_lines() {
    assert_eq!(only("a{b=\"c\nd\"} 1", Format::Text), pairs(&[("__name__", "a"), ("b", "c\nd")]));
}

#[test]
fn bounds_are_canonical_only_under_the_type_that_has_them() {
    let bound = |page: &str| only(page, Format::Text)[1].1.clone();
    assert_eq!(bound("# TYPE a histogram\na_bucket{le=\"1000000\"} 1"), "1e+06");
    assert_eq!(bound("# TYPE a histogram\na_bucket{le=\"x\"} 1"), "x");
    assert_eq!(bound("# TYPE a histogram\na_bucket{quantile=\"1\"} 1"), "1");
    assert_eq!(bound("# TYPE a summary\na{quantile=\"1\"} 1"), "1.0");
    assert_eq!(bound("# TYPE a gauge\na{le=\"1\"} 1"), "1");
    assert_eq!(only("# TYPE a gaugehistogram\na_bucket{le=\"1\"} 1\n# EOF\n", Format::OpenMetrics)[1].1, "1");
}

#[test]
fn malformed_text_pages_are_refused() {
    use Reason::{
        Equals, Kind as BadKind, LabelName, LabelValue, MetaName, NameMissing, NameTwice, Start, Utf8, Value,
    };
    for (page, reason) in [
        (&b"a"[..], Value),
        (b"9 1\n", Start),
        (b"a{b='c'} 1\n", LabelValue),
        (b"a{b=\n", LabelValue),
        (b"a{\xff=\"foo\"} 1\n", LabelName),
        (b"a{b=\"\xff\"} 1\n", Utf8),
        (b"{\"a\", \"b = \"c\"}", Equals),
        (b"{\"a\",b\\nc=\"d\"} 1", Equals),
        (b"a true\n", Value),
        (b"something_weird{problem=\"", LabelValue),
        (b"empty_label_name{=\"\"} 0", LabelName),
        (b"a{,} 0", LabelName),
        (b"a{b=\"c\",,} 0", LabelName),
        (b"{A}0", Equals),
        (b"foo 1_2\n", Value),
        (b"foo 0x1p-3\n", Value),
        (b"{a=\"ok\"} 1", NameMissing),
        (b"a{\"b\"} 1", NameTwice),
        (b"{\"a\",\"b\"} 1", NameTwice),
        (b"a{b=\"c\\\n\"} 1", LabelValue),
        (b"# TYPE #\n", MetaName),
        (b"# HELP #\n", MetaName),
        (b"# HELP a \xff\n", Utf8),
        (b"# TYPE a\n", BadKind),
        (b"# TYPE a  counter\n", BadKind),
        (b"# TYPE a unknown\n", BadKind),
        (b"# TYPE a info\n", BadKind),
        (b"a{b=\0\"ssss\"} 1\n", LabelValue),
        (b"a{b\0=\"hiih\"}\t1", Equals),
        (b"a\0{b=\"ddd\"} 1", Value),
    ] {
        assert_eq!(refusal(page, Format::Text), Some(reason), "{}", String::from_utf8_lossy(page));
    }
}

#[test]
fn nul_is_allowed_in_label_values_and_help_and_ends_a_page_at_a_line_start() {
    assert_eq!(only("a{b=\"abc\0\"} 1", Format::Text)[1].1, "abc\0");
    assert_eq!(refusal(b"# HELP metric foo\0bar\n# any\0thing\n", Format::Text), None);
    assert_eq!(samples(b"a 1\n\0b", Format::Text).unwrap().len(), 1);
    assert_eq!(samples(b"a 1\n#x\0\nb", Format::Text).unwrap().len(), 1);
    assert_eq!(refusal(b"# HE\0LP a b\n", Format::Text), Some(Reason::Start));
}

#[test]
fn an_empty_text_page_is_a_page() {
    assert_eq!(samples(b"", Format::Text), Ok(vec![]));
    assert_eq!(samples(b"\n \n", Format::Text), Ok(vec![]));
}

#[test]
fn an_openmetrics_page_ends_with_its_eof_line() {
    assert_eq!(refusal(b"# EOF", Format::OpenMetrics), None);
    assert_eq!(refusal(b"# EOF\n", Format::OpenMetrics), None);
    for page in [&b""[..], b"metric 1\n", b"a 1\n#EOF\n"] {
        let reason = refusal(page, Format::OpenMetrics);
        assert!(matches!(reason, Some(Reason::EofMissing | Reason::Start)), "{reason:?}");
    }
    assert_eq!(refusal(b"# EOF\n\n", Format::OpenMetrics), Some(Reason::AfterEof));
    assert_eq!(refusal(b"# EOF\na 1\n", Format::OpenMetrics), Some(Reason::AfterEof));
}

#[test]
fn malformed_openmetrics_pages_are_refused() {
    use Reason::{Kind as BadKind, LabelEnd, LabelName, LabelValue, MetaName, MetaText, Start, Unit, Value};
    for (page, reason) in [
        (&b"\n# EOF\n"[..], Start),
        (b" a 1\n# EOF\n", Start),
        (b"9\n# EOF\n", Start),
        (b"# comment\n# EOF\n", Start),
        (b"# TYPE u untyped\n# EOF\n", BadKind),
        (b"# TYPE c counter \n# EOF\n", BadKind),
        (b"#  TYPE c counter\n# EOF\n", Start),
        (b"# TYPE  c counter\n# EOF\n", MetaName),
        (b"# TYPE \n# EOF\n", MetaName),
        (b"# TYPE m\n# EOF\n", MetaText),
        (b"# HELP m x", MetaText),
        (b"# UNIT metric suffix\n# EOF\n", Unit),
        (b"# UNIT metricsuffix suffix\n# EOF\n", Unit),
        (b"# UNIT m suffix\n# EOF\n", Unit),
        (b"a {b=\"c\"} 1\n# EOF\n", Value),
        (b"a{b=\"c\"}1\n# EOF\n", Value),
        (b"a{ b=\"c\"} 1\n# EOF\n", LabelName),
        (b"a{b=\"c\"d=\"e\"} 1\n# EOF\n", LabelEnd),
        (b"a{b=\"c\nd\"} 1\n# EOF\n", LabelValue),
        (b"a\t1\n# EOF\n", Value),
    ] {
        assert_eq!(refusal(page, Format::OpenMetrics), Some(reason), "{}", String::from_utf8_lossy(page));
    }
}

#[test]
fn an_error_names_its_line() {
    let error = samples(b"a 1\n\n# c\n\nb x\n", Format::Text).unwrap_err();
    assert_eq!(error.to_string(), "line 5: expected a number as value");
    let error = samples(b"a 1\n", Format::OpenMetrics).unwrap_err();
    assert_eq!(error.to_string(), "line 2: data does not end with # EOF");
}

#[test]
fn created_lines_are_ordinary_samples() {
    let page = b"# TYPE foo counter\nfoo_total 17.0\nfoo_created 1520872607.123\n# EOF\n";
    assert_eq!(samples(page, Format::OpenMetrics).unwrap().len(), 2);
}

#[test]
fn a_known_series_is_taken_only_where_it_is_the_whole_series() {
    let take = |page: &str, series: &str| {
        let mut parser = Parser::new(page.as_bytes(), Format::Text);
        (parser.take_series(series.as_bytes()).map(|tail| tail.value), parser.position())
    };
    assert_eq!(take("a 1\n", "a"), (Some(1.0), 4));
    assert_eq!(take("ab 1\n", "a"), (None, 0));
    assert_eq!(take("a {b=\"c\"} 1\n", "a"), (None, 0));
    assert_eq!(take("a{b=\"c\"} 1\n", "a"), (None, 0));
    assert_eq!(take("a{b=\"c\"} x\n", "a{b=\"c\"}"), (None, 0));
    assert_eq!(take("a{b=\"c\"} 2 7", "a{b=\"c\"}"), (Some(2.0), 12));
}
