use std::time::Duration;

use bytes::{Buf, Bytes};
use proptest::prelude::{any, prop};
use proptest::{prop_assert, prop_assert_eq, proptest};
use weir_delivery::{Outcome, Retry};
use weir_model::Reason;
use weir_proto::wire::{put_bytes_field, put_varint_field};

use super::{ExportResponse, Reply};
use crate::request::{Kind, Part, Request};

/// A request whose n-th part has n + 1 records.
fn request(parts: u64) -> Request {
    let part = |n: u64| Part { payload: Bytes::from(vec![n as u8; 10]), records: n + 1 };
    Request::new(Kind::Traces, (0..parts).map(part).collect(), None)
}

fn body(request: &Request) -> Vec<u8> {
    let mut body = request.body();
    body.copy_to_bytes(body.remaining()).to_vec()
}

fn conclude(reply: Reply, request: &mut Request) -> Outcome {
    reply.conclude("test", request, None)
}

fn taken(rejected: u64) -> Reply {
    Reply::Taken(ExportResponse { rejected, message: "because".to_owned() })
}

fn too_large() -> Reply {
    Reply::TooLarge { cause: "5000 vs. 4000".to_owned() }
}

fn is_at_once(retry: &Option<Retry>) -> bool {
    retry.as_ref().is_some_and(|retry| retry.after == Some(Duration::ZERO))
}

#[test]
fn what_was_taken_is_delivered() {
    let mut request = request(3);
    assert_eq!(conclude(taken(0), &mut request), Outcome::Delivered { deduplicated: 0 });
    assert!(request.is_done());
}

#[test]
fn rejected_records_are_counted_as_lost_and_never_more_than_there_were() {
    for (rejected, counted) in [(2, 2), (6, 6), (7, 6), (u64::MAX, 6)] {
        let outcome = conclude(taken(rejected), &mut request(3));
        let dropped = vec![(Reason::PartialSuccess, counted)];
        let delivered = 6 - counted;
        assert_eq!(outcome, Outcome::Partial { delivered, deduplicated: 0, dropped, retry: None });
    }
}

#[test]
fn later_leaves_the_request_as_it_was() {
    let mut request = request(3);
    let before = body(&request);
    let after = Some(Duration::from_secs(7));
    let outcome = conclude(Reply::Later { after, cause: "full".to_owned() }, &mut request);
    assert_eq!(outcome, Outcome::Retry(Retry { after, cause: "full".to_owned() }));
    assert_eq!(body(&request), before);
}

#[test]
fn a_refused_request_is_lost_with_the_servers_words() {
    let outcome = conclude(Reply::Refused { cause: "no".to_owned() }, &mut request(3));
    assert_eq!(outcome, Outcome::Rejected { reason: Reason::Rejected, cause: "no".to_owned() });
}

#[test]
fn a_request_that_is_too_large_is_sent_in_parts() {
    let mut request = request(5);
    let Outcome::Retry(retry) = conclude(too_large(), &mut request) else { panic!("not to be sent again") };
    assert!(is_at_once(&Some(retry)));
    assert_eq!(body(&request), [[0; 10], [1; 10], [2; 10]].concat());
    let Outcome::Partial { delivered: 6, retry, .. } = conclude(taken(0), &mut request) else {
        panic!("not partial")
    };
    assert!(is_at_once(&retry));
    assert_eq!(body(&request), [[3; 10], [4; 10]].concat());
    assert_eq!(conclude(taken(0), &mut request), Outcome::Delivered { deduplicated: 0 });
}

#[test]
fn only_the_batch_that_is_too_large_by_itself_is_lost() {
    let mut request = request(2);
    assert!(matches!(conclude(too_large(), &mut request), Outcome::Retry(_)));
    let outcome = conclude(too_large(), &mut request);
    let Outcome::Partial { delivered: 0, dropped, retry, .. } = outcome else {
        panic!("not partial: {outcome:?}")
    };
    assert_eq!(dropped, [(Reason::TooLarge, 1)]);
    assert!(is_at_once(&retry));
    let outcome = conclude(too_large(), &mut request);
    let Outcome::Rejected { reason: Reason::TooLarge, cause } = outcome else {
        panic!("not rejected: {outcome:?}")
    };
    assert_eq!(cause, "a single batch of 10 bytes is more than the server takes: 5000 vs. 4000");
}

proptest! {
    #[test]
    fn every_record_ends_exactly_once_whatever_the_server_says(
        parts in 1..9_u64,
        replies in prop::collection::vec((0..5_u8, 0..5_u64), 0..60),
    ) {
        let mut request = request(parts);
        let all: u64 = (1..=parts).sum();
        let mut ended = 0;
        for (kind, rejected) in replies {
            let left: u64 = all - ended;
            let reply = match kind {
                0 | 1 => taken(rejected),
                2 => too_large(),
                3 => Reply::Refused { cause: String::new() },
                _ => Reply::Later { after: None, cause: String::new() },
            };
            match conclude(reply, &mut request) {
                Outcome::Retry(_) => {}
                Outcome::Partial { delivered, dropped, retry, .. } => {
                    ended += delivered + dropped.iter().map(|(_, count)| count).sum::<u64>();
                    prop_assert_eq!(retry.is_none(), request.is_done());
                    prop_assert_eq!(request.is_done(), ended == all);
                }
                Outcome::Delivered { .. } | Outcome::Rejected { .. } => ended += left,
            }
            prop_assert_eq!(request.is_done(), ended == all);
            if request.is_done() {
                break;
            }
            prop_assert!(request.bytes() > 0);
        }
    }

    #[test]
    fn responses_are_read_as_they_were_written(rejected in 0..i64::MAX as u64, message in ".{0,40}") {
        let mut partial = Vec::new();
        put_varint_field(&mut partial, 1, rejected);
        put_bytes_field(&mut partial, 2, message.as_bytes());
        let mut response = Vec::new();
        put_varint_field(&mut response, 9, 1);
        put_bytes_field(&mut response, 1, &partial);
        prop_assert_eq!(ExportResponse::read(&response), Ok(ExportResponse { rejected, message }));
    }

    #[test]
    fn any_bytes_as_an_answer_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = Reply::taken("test", &bytes);
    }
}
