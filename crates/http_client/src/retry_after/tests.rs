//! Both forms of the header, and what is neither.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, header::RETRY_AFTER};

use super::retry_after;

/// 1994-11-06 08:49:37 UTC, the RFC's example.
const EXAMPLE_SECONDS: u64 = 784_111_777;

fn wait(value: &'static str) -> Option<Duration> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(EXAMPLE_SECONDS - 30);
    let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
    retry_after(&headers, now)
}

#[test]
fn seconds_are_taken_as_they_are() {
    assert_eq!(wait("120"), Some(Duration::from_secs(120)));
}

#[test]
fn a_date_is_the_time_until_then() {
    assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(30)));
}

#[test]
fn a_date_in_the_past_is_no_wait() {
    assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
}

#[test]
fn what_is_neither_is_as_if_it_were_not_there() {
    for value in ["", "soon", "-1", "1.5", "99999999999"] {
        assert_eq!(wait(value), None, "{value}");
    }
    assert_eq!(retry_after(&HeaderMap::new(), SystemTime::UNIX_EPOCH), None);
}
