//! The tables of both specifications.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use weir_config::RemoteWriteMessage::{self, V1, V2};
use weir_model::Reason;

use super::{HINT_ONLY_V1, Verdict, judge};

const RECORDS: u64 = 10;

fn judged(message: RemoteWriteMessage, status: u16, headers: &[(&'static str, &'static str)]) -> Verdict {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect();
    judge(message, StatusCode::from_u16(status).unwrap(), &headers, RECORDS, SystemTime::UNIX_EPOCH)
}

fn written(samples: &'static str, histograms: &'static str) -> [(&'static str, &'static str); 2] {
    [(super::SAMPLES_WRITTEN, samples), (super::HISTOGRAMS_WRITTEN, histograms)]
}

#[test]
fn too_many_requests_and_server_errors_are_retried_when_the_server_says() {
    for message in [V1, V2] {
        for status in [429, 500, 502, 503, 504] {
            assert_eq!(judged(message, status, &[]), Verdict::Retry { after: None });
            let after = Some(Duration::from_secs(7));
            assert_eq!(judged(message, status, &[("retry-after", "7")]), Verdict::Retry { after });
        }
    }
}

#[test]
fn every_other_error_is_final() {
    for message in [V1, V2] {
        for status in [301, 400, 401, 403, 404, 408, 409, 413, 422] {
            assert_eq!(judged(message, status, &[]), Verdict::Refused { hint: None }, "{status}");
        }
    }
}

#[test]
fn any_success_delivers_a_request_of_1_0() {
    assert_eq!(judged(V1, 200, &[]), Verdict::Delivered);
    assert_eq!(judged(V1, 204, &written("0", "0")), Verdict::Delivered);
}

#[test]
fn a_success_delivers_a_request_of_2_0_only_when_every_record_was_written() {
    assert_eq!(judged(V2, 204, &written("10", "0")), Verdict::Delivered);
    assert_eq!(judged(V2, 200, &written("7", "3")), Verdict::Delivered);
    assert_eq!(judged(V2, 204, &[(super::HISTOGRAMS_WRITTEN, "10")]), Verdict::Delivered);
    let partly = Verdict::Written { records: 6, lost_as: Reason::PartialSuccess };
    assert_eq!(judged(V2, 204, &written("5", "1")), partly);
}

#[test]
fn a_receiver_that_does_not_know_2_0_is_named_with_what_to_do() {
    let refused = Verdict::Refused { hint: Some(HINT_ONLY_V1) };
    assert_eq!(judged(V2, 415, &[]), refused);
    assert_eq!(judged(V2, 204, &[]), refused);
    assert_eq!(judged(V2, 204, &[(super::SAMPLES_WRITTEN, "many")]), refused);
    assert_eq!(judged(V1, 415, &[]), Verdict::Refused { hint: None });
}

#[test]
fn a_bad_request_of_2_0_loses_only_what_was_not_written() {
    let partly = |records| Verdict::Written { records, lost_as: Reason::Rejected };
    assert_eq!(judged(V2, 400, &written("9", "0")), partly(9));
    assert_eq!(judged(V2, 400, &[(super::EXEMPLARS_WRITTEN, "1")]), partly(0));
    // A bad exemplar is a bad request of which every record was written.
    assert_eq!(judged(V2, 400, &written("10", "0")), partly(10));
    assert_eq!(judged(V2, 400, &written("99", "0")), partly(RECORDS));
    assert_eq!(judged(V1, 400, &written("9", "0")), Verdict::Refused { hint: None });
}
