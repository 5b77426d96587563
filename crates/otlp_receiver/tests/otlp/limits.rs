//! Sizes, room, times.

use std::time::Duration;

use bytes::Bytes;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tonic::Code;
use weir_otlp_receiver::Limits;

use crate::grpc::{Client, Fed, TRACES, raw, send, status_of};
use crate::http;
use crate::stand::{OK, Port, gzip, limits, read_status, spans, start, start_waiting};

/// Ends by itself soon, so that a test which waits for it need not.
const SOON: Duration = Duration::from_millis(20);

fn name_len_for(bytes: usize) -> usize {
    let len = (0..bytes).rev().find(|len| spans(*len).encoded_len() == bytes);
    len.expect("some name makes the request as large as that")
}

#[tokio::test]
async fn a_request_of_exactly_the_limit_is_taken_and_a_larger_one_never() {
    let server = start(Port::Grpc, limits(1000), OK).await;
    let mut client = Client::connect(server.address).await;
    client.traces(name_len_for(1000)).await.expect("it fits");
    let status = client.traces(name_len_for(1001)).await.expect_err("it does not fit");
    // Neither RESOURCE_EXHAUSTED nor OUT_OF_RANGE, which clients would send again for ever.
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("larger than 1000 bytes"), "{}", status.message());
}

#[tokio::test]
async fn a_zip_bomb_is_too_large() {
    let server = start(Port::Grpc, limits(100_000), OK).await;
    let mut client = Client::connect(server.address).await.with_gzip();
    client.traces(90_000).await.expect("it fits");
    let status = client.traces(8_000_000).await.expect_err("it does not fit");
    assert_eq!(status.code(), Code::InvalidArgument);

    let server = start(Port::Http, limits(100_000), OK).await;
    let packed = gzip(&vec![0; 8 << 20]);
    let answer = http::post(server.address, "/v1/traces", &[("content-encoding", "gzip")], &packed).await;
    assert_eq!(answer.status, 413);
    assert_eq!(server.metric("weir_otlp_in_flight_bytes", "otlp_http"), 0.0);
}

#[tokio::test]
async fn without_room_a_request_is_told_to_come_back_before_its_body_is_read() {
    let limits = Limits { request_bytes_max: 1000, in_flight_bytes_max: 2000, ..Limits::default() };
    let mut server = start_waiting(Port::Grpc, limits, OK).await;
    let client = Client::connect(server.address).await;
    let held: Vec<_> = (0..2)
        .map(|_| {
            let mut client = client.clone();
            tokio::spawn(async move { client.traces(name_len_for(1000)).await })
        })
        .collect();
    for _ in &held {
        server.taken.recv().await.expect("the sink was called");
    }
    assert_eq!(server.metric("weir_otlp_in_flight_bytes", "otlp_grpc"), 2000.0);

    let (feed, fed) = mpsc::unbounded_channel();
    feed.send(Bytes::from_static(b"\0\0\0\0\x01")).expect("the body is there");
    let answer = send(server.address, raw(TRACES, &[], Fed(fed))).await.expect("it is answered");
    let (status, _) = status_of(answer).await;
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(read_status(status.details()).2, Some(Duration::from_secs(1)));
    drop(feed);

    server.leave.add_permits(2);
    for call in held {
        call.await.expect("no panic").expect("it is taken");
    }
    server.leave.add_permits(1);
    client.clone().traces(name_len_for(1000)).await.expect("there is room again");
}

#[tokio::test]
async fn a_body_that_does_not_arrive_gives_its_room_back() {
    let server = start(Port::Grpc, Limits { body_timeout: SOON, ..Limits::default() }, OK).await;
    let (feed, fed) = mpsc::unbounded_channel();
    feed.send(Bytes::from_static(b"\0\0\x0f\0\0some")).expect("the body is there");
    let answer = send(server.address, raw(TRACES, &[], Fed(fed))).await.expect("it is answered");
    assert_eq!(status_of(answer).await.0.code(), Code::Unavailable);
    assert_eq!(server.metric("weir_otlp_in_flight_bytes", "otlp_grpc"), 0.0);
    assert_eq!(server.metric("weir_otlp_requests_total", "timed_out"), 1.0);
}

#[tokio::test]
async fn a_head_that_does_not_arrive_ends_the_connection() {
    let server = start(Port::Http, Limits { head_timeout: SOON, ..Limits::default() }, OK).await;
    let mut stream = TcpStream::connect(server.address).await.expect("the listener is there");
    stream.write_all(b"POST /v1/traces HTTP/1.1\r\nhost: ").await.expect("it is open");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("it is closed in order");
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408"));
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    is_closed(&Limits { idle_timeout: SOON, drain_timeout: SOON, ..Limits::default() }).await;
}

#[tokio::test]
async fn an_old_connection_is_closed() {
    is_closed(&Limits { connection_age_max: Some(SOON), drain_timeout: SOON, ..Limits::default() }).await;
}

async fn is_closed(limits: &Limits) {
    for hello in [&b""[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"] {
        let server = start(Port::Grpc, limits.clone(), OK).await;
        let mut stream = TcpStream::connect(server.address).await.expect("the listener is there");
        stream.write_all(hello).await.expect("it is open");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
    }
}

#[tokio::test]
async fn connections_past_the_limit_wait_for_a_slot() {
    let limits = Limits { connections_max: 1, ..Limits::default() };
    let server = start(Port::Grpc, limits, OK).await;
    let mut first = Client::connect(server.address).await;
    first.traces(1).await.expect("it is taken");
    let address = server.address;
    let second = tokio::spawn(async move { Client::connect(address).await.traces(1).await });
    for _ in 0..20 {
        first.traces(1).await.expect("it is taken");
    }
    assert_eq!(server.metric("weir_otlp_connections", "otlp_grpc"), 1.0);
    assert!(!second.is_finished());
    drop(first);
    second.await.expect("no panic").expect("it is taken once there is a slot");
}
