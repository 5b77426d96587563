//! No request is accepted and then lost.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tonic::Code;
use weir_otlp_receiver::Limits;

use crate::grpc::{Client, Fed, TRACES, raw, send, status_of};
use crate::http::{request, send_http1};
use crate::stand::{OK, Port, start, start_waiting};

#[tokio::test]
async fn requests_at_the_sink_are_answered_before_the_listener_ends() {
    for port in [Port::Grpc, Port::Http] {
        let mut server = start_waiting(port, Limits::default(), OK).await;
        let address = server.address;
        let call = tokio::spawn(async move {
            match port {
                Port::Grpc => Client::connect(address).await.traces(1).await.is_ok(),
                Port::Http => {
                    let body = http_body_util::Full::new(Bytes::new());
                    send_http1(address, request(Method::POST, "/v1/traces", &[], body)).await.status == 200
                }
            }
        });
        server.taken.recv().await.expect("the sink was called");
        server.shutdown.send(()).expect("the listener runs");
        // The listening socket closes before the wait for requests begins.
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        assert!(!server.ended.is_finished());
        server.leave.add_permits(1);
        assert!(call.await.expect("no panic"), "it is taken");
        server.ended.await.expect("no panic");
    }
}

#[tokio::test]
async fn a_request_whose_body_is_on_its_way_is_still_taken() {
    let mut server = start(Port::Grpc, Limits::default(), OK).await;
    let (feed, fed) = mpsc::unbounded_channel();
    let address = server.address;
    let call = tokio::spawn(async move { send(address, raw(TRACES, &[], Fed(fed))).await });
    feed.send(Bytes::from_static(b"\0\0\0\0\x03ab")).expect("the body is there");
    while server.metric("weir_otlp_in_flight_bytes", "otlp_grpc") == 0.0 {
        tokio::task::yield_now().await;
    }
    server.shutdown.send(()).expect("the listener runs");
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    feed.send(Bytes::from_static(b"c")).expect("the body is there");
    drop(feed);
    let answer = call.await.expect("no panic").expect("it is answered");
    assert_eq!(status_of(answer).await.0.code(), Code::Ok);
    assert_eq!(server.taken.recv().await.expect("the sink was called").2, "abc");
    server.ended.await.expect("no panic");
}

#[tokio::test]
async fn a_client_that_never_ends_its_request_does_not_hold_up_the_end() {
    let limits = Limits { drain_timeout: Duration::from_millis(20), ..Limits::default() };
    let server = start(Port::Grpc, limits, OK).await;
    let (feed, fed) = mpsc::unbounded_channel();
    feed.send(Bytes::from_static(b"\0\0\0\0\x03ab")).expect("the body is there");
    let address = server.address;
    let call = tokio::spawn(async move { send(address, raw(TRACES, &[], Fed(fed))).await });
    while server.metric("weir_otlp_in_flight_bytes", "otlp_grpc") == 0.0 {
        tokio::task::yield_now().await;
    }
    server.shutdown.send(()).expect("the listener runs");
    server.ended.await.expect("no panic");
    assert!(call.await.expect("no panic").is_err());
    drop(feed);
}

#[tokio::test]
async fn a_client_that_goes_away_does_not_cancel_the_sink() {
    let mut server = start_waiting(Port::Grpc, Limits::default(), OK).await;
    let mut client = Client::connect(server.address).await;
    let call = tokio::spawn(async move { client.traces(1).await });
    server.taken.recv().await.expect("the sink was called");
    call.abort();
    assert!(call.await.expect_err("it was aborted").is_cancelled());
    while server.metric("weir_otlp_connections", "otlp_grpc") > 0.0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.finished.load(Ordering::SeqCst), 0);
    server.leave.add_permits(1);
    server.shutdown.send(()).expect("the listener runs");
    server.ended.await.expect("no panic");
    assert_eq!(server.finished.load(Ordering::SeqCst), 1);
}
