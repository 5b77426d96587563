//! Answers as Elasticsearch 8.19 gives them.

use reqwest::StatusCode;

use super::{AnswerError, Refusal, RequestVerdict, Results, judge, read, request_error};

fn results(body: &str, documents: u64) -> Results {
    read(body.as_bytes(), documents).unwrap()
}

#[test]
fn an_answer_without_errors_is_not_read_further() {
    let delivered = Results { delivered: 3, ..Results::default() };
    assert_eq!(results(r#"{"errors":false,"items":[{"create":{"status":201}},..."#, 3), delivered);
    assert_eq!(results(r#"{ "took": 1, "errors": false, "items": [] }"#, 3), delivered);
}

#[test]
fn each_document_ends_by_its_own_status() {
    let body = r#"{"errors":true,"items":[
        {"create":{"status":201}},
        {"create":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"exists"}}},
        {"create":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"queue full"}}},
        {"create":{"status":503,"error":{"type":"unavailable_shards_exception","reason":"no shard"}}},
        {"create":{"status":403,"error":{"type":"cluster_block_exception","reason":"disk"}}},
        {"create":{"status":404,"error":{"type":"index_not_found_exception","reason":"no such index"}}},
        {"create":{"status":400,"error":{"type":"document_parsing_exception","reason":"bad",
            "caused_by":{"reason":"Duplicate\nfield"}}}},
        {"create":{"status":413}}]}"#;
    let refusal = |position, status, reason: &str| Refusal { position, status, reason: reason.to_owned() };
    let expected = Results {
        delivered: 2,
        deduplicated: 1,
        again: vec![2, 3, 4, 5],
        again_cause: "document answered 429: es_rejected_execution_exception: queue full".to_owned(),
        refused: vec![
            refusal(6, 400, "document_parsing_exception: bad: Duplicate field"),
            refusal(7, 413, ""),
        ],
    };
    assert_eq!(results(body, 8), expected);
}

#[test]
fn an_answer_to_another_request_is_none() {
    let one = r#"{"errors":true,"items":[{"create":{"status":409}}]}"#;
    assert!(matches!(read(one.as_bytes(), 2), Err(AnswerError::Count { expected: 2, found: 1 })));
    for body in ["", "<html>", "{}", r#"{"errors":true,"items":[{"index":{"status":201}}]}"#] {
        assert!(matches!(read(body.as_bytes(), 1), Err(AnswerError::Json(_))), "{body}");
    }
}

#[test]
fn only_elasticsearch_s_own_words_count_as_a_refusal() {
    let own = r#"{"error":{"type":"illegal_argument_exception","reason":"no newline"},"status":400}"#;
    assert_eq!(request_error(own).as_deref(), Some("illegal_argument_exception: no newline"));
    assert_eq!(request_error("<html><h1>400 Bad Request</h1>"), None);
    assert_eq!(request_error(r#"{"error":"bad"}"#), None);
}

#[test]
fn statuses_of_whole_requests_say_whether_waiting_splitting_or_repairing_helps() {
    let judged = |status| judge(StatusCode::from_u16(status).unwrap());
    assert_eq!(judged(200), RequestVerdict::Answered);
    assert_eq!(judged(413), RequestVerdict::TooLarge);
    assert_eq!(judged(400), RequestVerdict::Refused);
    for status in [429, 500, 502, 503, 504] {
        assert_eq!(judged(status), RequestVerdict::Busy);
    }
    for status in [301, 401, 403, 404, 405, 406, 415] {
        assert!(matches!(judged(status), RequestVerdict::Misconfigured(_)), "{status}");
    }
}
