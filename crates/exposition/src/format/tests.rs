//! Prometheus' own examples of content types.

use super::{Format, FormatError, format_of};

#[test]
fn the_formats_of_prometheus_are_known_with_and_without_parameters() {
    for header in
        ["text/plain", "text/plain; version=0.0.4", "Text/Plain;version=1.0.0; escaping=\"allow-utf-8\";"]
    {
        assert_eq!(format_of(Some(header)), Ok(Format::Text), "{header}");
    }
    for header in [
        "application/openmetrics-text",
        "application/openmetrics-text; charset=utf-8",
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        "application/openmetrics-text; charset=utf-8; charset=utf-8",
    ] {
        assert_eq!(format_of(Some(header)), Ok(Format::OpenMetrics), "{header}");
    }
}

#[test]
fn a_page_without_a_content_type_is_refused() {
    assert_eq!(format_of(None), Err(FormatError::Missing));
    assert_eq!(format_of(Some("")), Err(FormatError::Missing));
}

#[test]
fn a_malformed_content_type_is_refused() {
    for header in [
        "invalid/",
        "invalid/invalid/invalid",
        "/",
        "text plain",
        "application/openmetrics-text; charset=UTF-8; charset=utf-8",
        "text/plain; version",
        "text/plain; version=",
        "text/plain; =1",
        "text/plain; a=\"b",
        "text/plain; a=b c=d",
    ] {
        assert_eq!(format_of(Some(header)), Err(FormatError::Malformed(header.to_owned())), "{header}");
    }
}

#[test]
fn formats_that_are_not_read_are_refused_by_name() {
    for header in [
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
        "application/openmetrics-text; version=2.0.0",
        "text/html; charset=utf-8",
        "text",
    ] {
        assert_eq!(format_of(Some(header)), Err(FormatError::Unsupported(header.to_owned())), "{header}");
    }
}
