//! Servers that answer with what goes wrong.

use std::time::Duration;

use bytes::Bytes;
use tonic::{Code, Status};
use weir_config::{Authorization, BasicAuth, OtlpProtocol, Secret};
use weir_delivery::{Exporter, Outcome, Retry};
use weir_model::Reason;
use weir_otlp_exporter::OtlpExporter;

use crate::script::{Line, scripted};
use crate::stand::{DELIVERED, config, exporter, small};

/// An `ExportTraceServiceResponse` with 1 rejected span and the message "no id".
const PARTIAL: &[u8] = b"\x0a\x09\x08\x01\x12\x05no id";

async fn grpc(line: Line) -> Outcome {
    let server = scripted(vec![line]).await;
    let exporter = exporter(server.address, OtlpProtocol::Grpc);
    exporter.send(&mut small(&exporter)).await
}

async fn http(line: Line) -> Outcome {
    let server = scripted(vec![line]).await;
    let exporter = exporter(server.address, OtlpProtocol::HttpProtobuf);
    exporter.send(&mut small(&exporter)).await
}

fn later(outcome: &Outcome) -> Option<(Option<Duration>, &str)> {
    match outcome {
        Outcome::Retry(Retry { after, cause }) => Some((*after, cause)),
        _ => None,
    }
}

#[tokio::test]
async fn rejected_records_of_a_partial_success_are_lost_and_counted() {
    let protobuf = [("content-type", "application/x-protobuf")];
    let lost = Outcome::Partial {
        delivered: 0,
        deduplicated: 0,
        dropped: vec![(Reason::PartialSuccess, 1)],
        retry: None,
    };
    assert_eq!(grpc(Line::grpc_message(PARTIAL)).await, lost);
    assert_eq!(http(Line::http(200, &protobuf, PARTIAL)).await, lost);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_counts_as_taken() {
    assert_eq!(grpc(Line::grpc_message(b"\xff\xff")).await, DELIVERED);
    assert_eq!(grpc(Line::grpc(&Status::new(Code::Ok, ""))).await, DELIVERED);
    assert_eq!(http(Line::http(200, &[("content-type", "text/html")], "<html>")).await, DELIVERED);
}

#[tokio::test]
async fn a_full_server_is_asked_again_when_it_says_and_also_when_it_does_not() {
    let outcome = grpc(Line::grpc(&Status::resource_exhausted("full"))).await;
    assert_eq!(later(&outcome).expect("it is sent again").0, None);

    // google.rpc.Status with a RetryInfo of 7 s.
    let details = b"\x1a\x30\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12\x04\x0a\x02\x08\x07";
    let status = Status::with_details(Code::ResourceExhausted, "full", Bytes::from_static(details));
    let outcome = grpc(Line::grpc(&status)).await;
    assert_eq!(later(&outcome).expect("it is sent again").0, Some(Duration::from_secs(7)));

    let outcome = http(Line::http(429, &[("retry-after", "7")], "full")).await;
    let (after, cause) = later(&outcome).expect("it is sent again");
    assert_eq!((after, cause), (Some(Duration::from_secs(7)), "429 Too Many Requests: full"));
}

#[tokio::test]
async fn http_statuses_are_sent_again_as_the_specification_says() {
    for status in [429, 502, 503, 504] {
        assert!(later(&http(Line::http(status, &[], "")).await).is_some(), "{status}");
    }
    for status in [400, 401, 403, 404, 405, 415, 500, 501] {
        let outcome = http(Line::http(status, &[], "<p>no</p>\n")).await;
        let Outcome::Rejected { reason: Reason::Rejected, cause } = outcome else {
            panic!("{status}: {outcome:?}")
        };
        assert!(cause.starts_with(&status.to_string()) && cause.ends_with("<p>no</p>"), "{cause}");
    }
}

#[tokio::test]
async fn the_message_of_a_status_in_protobuf_is_the_cause() {
    let status = b"\x08\x03\x12\x07no name";
    let outcome = http(Line::http(400, &[("content-type", "application/x-protobuf")], &status[..])).await;
    let cause = "400 Bad Request: no name".to_owned();
    assert_eq!(outcome, Outcome::Rejected { reason: Reason::Rejected, cause });
}

#[tokio::test]
async fn a_batch_that_the_server_calls_too_large_is_lost_with_a_clear_cause() {
    let words = "grpc: received message larger than max (8 vs. 4)";
    for outcome in
        [grpc(Line::grpc(&Status::resource_exhausted(words))).await, http(Line::http(413, &[], words)).await]
    {
        let Outcome::Rejected { reason: Reason::TooLarge, cause } = outcome else { panic!("{outcome:?}") };
        assert!(cause.starts_with("a single batch of 8 bytes is more than the server takes"), "{cause}");
        assert!(cause.ends_with(words), "{cause}");
    }
}

#[tokio::test]
async fn statuses_are_told_apart() {
    let outcome = grpc(Line::grpc(&Status::invalid_argument("no \"name\""))).await;
    let Outcome::Rejected { reason: Reason::Rejected, cause } = outcome else { panic!("{outcome:?}") };
    assert!(cause.ends_with("no \"name\""), "{cause}");
    assert!(later(&grpc(Line::grpc(&Status::unavailable("away"))).await).is_some());
}

#[tokio::test]
async fn an_answer_without_a_status_is_no_answer() {
    let headers = [("content-type", "application/grpc")];
    assert!(later(&grpc(Line::http(200, &headers, &b"\0\0\0\0\0"[..])).await).is_some());
    assert!(later(&grpc(Line::http(502, &[], "bad gateway")).await).is_some());
    let outcome = grpc(Line::http(404, &[], "nothing here")).await;
    assert!(matches!(outcome, Outcome::Rejected { reason: Reason::Rejected, .. }), "{outcome:?}");
}

#[tokio::test]
async fn after_a_lost_connection_the_request_goes_over_a_new_one() {
    for protocol in [OtlpProtocol::Grpc, OtlpProtocol::HttpProtobuf] {
        let mut server = scripted(vec![Line::Hangup, Line::grpc_message(b"")]).await;
        let exporter = exporter(server.address, protocol);
        let mut request = small(&exporter);
        assert!(later(&exporter.send(&mut request).await).is_some());
        assert_eq!(exporter.send(&mut request).await, DELIVERED);
        let (first, second) = (server.got.recv().await, server.got.recv().await);
        let (first, second) = (first.expect("it got one"), second.expect("it got two"));
        assert_eq!((first.connection, second.connection), (0, 1));
        assert_eq!(first.body, second.body);
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_in_time_is_asked_again_on_a_new_connection() {
    for protocol in [OtlpProtocol::Grpc, OtlpProtocol::HttpProtobuf] {
        let mut server = scripted(vec![Line::Hang, Line::Hang]).await;
        let timeout = Duration::from_millis(100);
        let config = weir_config::OtlpExporterConfig { timeout, ..config(server.address, protocol) };
        let exporter = OtlpExporter::new(&config).expect("the configuration is valid");
        let mut request = small(&exporter);
        for connection in 0..2 {
            assert!(later(&exporter.send(&mut request).await).is_some());
            assert_eq!(server.got.recv().await.expect("it got one").connection, connection);
        }
    }
}

#[tokio::test]
async fn the_server_sees_paths_credentials_and_headers() {
    for protocol in [OtlpProtocol::Grpc, OtlpProtocol::HttpProtobuf] {
        let mut server = scripted(vec![Line::grpc_message(b"")]).await;
        let mut config = config(server.address, protocol);
        config.headers.insert("X-Tenant".to_owned(), Secret("blue".to_owned()));
        config.http.headers.insert("X-Cluster".to_owned(), Secret("eu-1".to_owned()));
        config.http.authorization = Some(Authorization {
            kind: "Bearer".to_owned(),
            credentials: Some(Secret("token".to_owned())),
            credentials_file: None,
        });
        let exporter = OtlpExporter::new(&config).expect("the configuration is valid");
        assert_eq!(exporter.send(&mut small(&exporter)).await, DELIVERED);
        let got = server.got.recv().await.expect("it got one");
        let (path, kind, body) = match protocol {
            OtlpProtocol::Grpc => (
                "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
                "application/grpc",
                &b"\0\0\0\0\x08one span"[..],
            ),
            OtlpProtocol::HttpProtobuf => ("/v1/traces", "application/x-protobuf", &b"one span"[..]),
        };
        assert_eq!((got.path.as_str(), &got.body[..]), (path, body));
        for (name, value) in [
            ("content-type", kind),
            ("authorization", "Bearer token"),
            ("x-tenant", "blue"),
            ("x-cluster", "eu-1"),
        ] {
            assert_eq!(got.headers[name], value);
        }
        assert!(got.headers["user-agent"].to_str().expect("it is text").starts_with("weir/"));
    }
}

#[tokio::test]
async fn a_missing_password_file_is_a_reason_to_come_back_not_to_lose() {
    let server = scripted(Vec::new()).await;
    let mut config = config(server.address, OtlpProtocol::Grpc);
    config.http.basic_auth = Some(BasicAuth {
        username: "weir".to_owned(),
        password: None,
        password_file: Some("/does/not/exist".into()),
    });
    let exporter = OtlpExporter::new(&config).expect("the file is read at use");
    let outcome = exporter.send(&mut small(&exporter)).await;
    assert!(later(&outcome).expect("it is sent again").1.contains("/does/not/exist"));
}
