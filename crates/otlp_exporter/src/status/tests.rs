use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use proptest::prelude::{any, prop};
use proptest::proptest;
use tonic::{Code, Status};
use weir_proto::wire::{put_bytes_field, put_varint_field};

use super::{from_http, reply_to, retry_delay, rpc_message};
use crate::reply::Reply;

fn rpc_status(type_url: &str, seconds: i64, nanos: i64) -> Vec<u8> {
    let field = |number, bytes: &[u8]| {
        let mut out = Vec::new();
        put_bytes_field(&mut out, number, bytes);
        out
    };
    let mut duration = Vec::new();
    put_varint_field(&mut duration, 1, seconds as u64);
    put_varint_field(&mut duration, 2, nanos as u64);
    let any = [field(1, type_url.as_bytes()), field(2, &field(1, &duration))].concat();
    let other = [field(1, b"type.googleapis.com/google.rpc.DebugInfo"), field(2, b"x")].concat();
    [field(2, b"words"), field(3, &other), field(3, &any)].concat()
}

const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";

#[test]
fn the_delay_is_found_among_the_details() {
    let delay = |seconds, nanos| retry_delay(&rpc_status(RETRY_INFO, seconds, nanos));
    assert_eq!(delay(3, 250_000_000), Some(Duration::from_millis(3250)));
    assert_eq!(delay(0, 0), Some(Duration::ZERO));
    assert_eq!(delay(-5, -1), Some(Duration::ZERO));
    assert_eq!(delay(i64::MAX, i64::MAX), Some(Duration::new(i64::MAX as u64, 999_999_999)));
    assert_eq!(retry_delay(&rpc_status("type.googleapis.com/google.rpc.QuotaFailure", 3, 0)), None);
    assert_eq!(retry_delay(b""), None);
    assert_eq!(rpc_message(&rpc_status(RETRY_INFO, 1, 0)).as_deref(), Some("words"));
}

#[test]
fn codes_are_sent_again_as_the_specification_says_and_full_servers_always() {
    for code in (0..=16).map(Code::from).filter(|code| *code != Code::Ok) {
        let again = matches!(
            code,
            Code::Cancelled
                | Code::DeadlineExceeded
                | Code::ResourceExhausted
                | Code::Aborted
                | Code::OutOfRange
                | Code::Unavailable
                | Code::DataLoss
        );
        let reply = reply_to(&Status::new(code, "some words"));
        assert_eq!(matches!(reply, Reply::Later { after: None, .. }), again, "{code:?}");
        assert_eq!(matches!(reply, Reply::Refused { .. }), !again, "{code:?}");
    }
}

#[test]
fn the_servers_delay_is_kept() {
    let details = Bytes::from(rpc_status(RETRY_INFO, 9, 0));
    let status = Status::with_details(Code::ResourceExhausted, "full", details);
    let Reply::Later { after, cause } = reply_to(&status) else { panic!("not later") };
    assert_eq!(after, Some(Duration::from_secs(9)));
    assert!(cause.ends_with(": full"), "{cause}");
}

#[test]
fn a_message_that_is_too_large_is_not_sent_again_as_it_is() {
    for (code, words) in [
        (Code::ResourceExhausted, "grpc: received message larger than max (5000000 vs. 4194304)"),
        (Code::ResourceExhausted, "gRPC message exceeds maximum size 4194304: 5000000"),
        (
            Code::OutOfRange,
            "Error, decoded message length too large: found 5000000 bytes, the limit is: 4194304 bytes",
        ),
        (
            Code::InvalidArgument,
            "request is larger than 4194304 bytes (otlp request_bytes_max); send smaller batches",
        ),
    ] {
        assert!(matches!(reply_to(&Status::new(code, words)), Reply::TooLarge { .. }), "{words}");
    }
    assert!(matches!(reply_to(&Status::new(Code::Internal, "larger than max")), Reply::Refused { .. }));
}

#[test]
fn answers_of_proxies_have_codes() {
    for (status, again) in [(429, true), (502, true), (503, true), (504, true), (404, false), (500, false)] {
        let status = StatusCode::from_u16(status).expect("it is a status");
        assert_eq!(matches!(reply_to(&from_http(status)), Reply::Later { .. }), again, "{status}");
    }
}

proptest! {
    #[test]
    fn any_bytes_as_details_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = retry_delay(&bytes);
        let _ = rpc_message(&bytes);
    }
}
