//! Exporter and receiver of weir together.

use tokio::sync::Semaphore;
use weir_config::{Compression, OtlpProtocol};
use weir_delivery::{Exporter, Outcome};
use weir_model::{Reason, Signal};
use weir_otlp_exporter::OtlpExporter;
use weir_otlp_receiver::Limits;

use crate::stand::{DELIVERED, batches, config, exporter, loopback, small, three, weir};

const PROTOCOLS: [OtlpProtocol; 2] = [OtlpProtocol::Grpc, OtlpProtocol::HttpProtobuf];

#[tokio::test]
async fn batches_arrive_joined_and_unchanged() {
    for protocol in PROTOCOLS {
        for compression in [Compression::None, Compression::Gzip(1), Compression::Gzip(12)] {
            let mut server = weir(loopback(), protocol, Limits::default(), Semaphore::MAX_PERMITS).await;
            let config = weir_config::OtlpExporterConfig { compression, ..config(server.address, protocol) };
            let exporter = OtlpExporter::new(&config).expect("the configuration is valid");
            for signal in [Signal::Traces, Signal::Logs] {
                let (mut request, joined) = three(&exporter, signal);
                assert_eq!(exporter.send(&mut request).await, DELIVERED);
                let (kept, body) = server.kept.recv().await.expect("the sink was called");
                assert_eq!(kept, signal);
                assert!(body == joined, "{protocol:?} {compression:?}");
            }
        }
    }
}

#[tokio::test]
async fn requests_are_under_way_at_once_on_one_connection() {
    let mut server = weir(loopback(), OtlpProtocol::Grpc, Limits::default(), 0).await;
    let exporter = std::sync::Arc::new(exporter(server.address, OtlpProtocol::Grpc));
    let sends: Vec<_> = (0..4)
        .map(|_| {
            let exporter = exporter.clone();
            tokio::spawn(async move { exporter.send(&mut three(&exporter, Signal::Traces).0).await })
        })
        .collect();
    for _ in &sends {
        server.kept.recv().await.expect("the sink was called");
    }
    server.leave.add_permits(4);
    for send in sends {
        assert_eq!(send.await.expect("no panic"), DELIVERED);
    }
}

#[tokio::test]
async fn the_exporter_comes_back_when_the_server_does() {
    for protocol in PROTOCOLS {
        let first = weir(loopback(), protocol, Limits::default(), Semaphore::MAX_PERMITS).await;
        let exporter = exporter(first.address, protocol);
        assert_eq!(exporter.send(&mut small(&exporter)).await, DELIVERED);
        first.shutdown.send(()).expect("it runs");
        first.ended.await.expect("no panic");

        let mut request = small(&exporter);
        let Outcome::Retry(retry) = exporter.send(&mut request).await else { panic!("nobody is there") };
        assert!(retry.cause.contains("connect"), "{}", retry.cause);

        let mut second = weir(first.address, protocol, Limits::default(), Semaphore::MAX_PERMITS).await;
        assert_eq!(exporter.send(&mut request).await, DELIVERED);
        assert_eq!(second.kept.recv().await.expect("the sink was called").1, "one span");
    }
}

#[tokio::test]
async fn a_shutdown_in_the_middle_of_requests_loses_none_of_them() {
    for protocol in PROTOCOLS {
        let mut server = weir(loopback(), protocol, Limits::default(), 0).await;
        let exporter = std::sync::Arc::new(exporter(server.address, protocol));
        let sends: Vec<_> = (0..3)
            .map(|_| {
                let exporter = exporter.clone();
                tokio::spawn(async move { exporter.send(&mut three(&exporter, Signal::Logs).0).await })
            })
            .collect();
        server.kept.recv().await.expect("the sink was called");
        server.shutdown.send(()).expect("it runs");
        server.leave.add_permits(Semaphore::MAX_PERMITS / 2);
        let mut delivered = 0;
        for send in sends {
            match send.await.expect("no panic") {
                DELIVERED => delivered += 1,
                // Not begun when the server went away: still with the sender.
                Outcome::Retry(_) => {}
                other => panic!("lost: {other:?}"),
            }
        }
        server.ended.await.expect("no panic");
        let mut kept = 1;
        while server.kept.recv().await.is_some() {
            kept += 1;
        }
        assert!(delivered >= 1);
        assert_eq!(delivered, kept);
    }
}

#[tokio::test]
async fn a_dropped_attempt_leaves_the_request_to_be_sent_again() {
    let mut server = weir(loopback(), OtlpProtocol::Grpc, Limits::default(), 0).await;
    let exporter = exporter(server.address, OtlpProtocol::Grpc);
    let (mut request, joined) = three(&exporter, Signal::Traces);
    tokio::select! {
        outcome = exporter.send(&mut request) => panic!("the sink has no leave: {outcome:?}"),
        kept = server.kept.recv() => assert!(kept.expect("the sink was called").1 == joined),
    }
    server.leave.add_permits(2);
    assert_eq!(exporter.send(&mut request).await, DELIVERED);
    assert!(server.kept.recv().await.expect("the sink was called").1 == joined);
}

#[tokio::test]
async fn a_request_larger_than_the_receiver_takes_arrives_in_parts() {
    for protocol in PROTOCOLS {
        let limits = Limits { request_bytes_max: 1000, ..Limits::default() };
        let mut server = weir(loopback(), protocol, limits, Semaphore::MAX_PERMITS).await;
        let exporter = exporter(server.address, protocol);
        let payloads = [400, 400, 400, 1001, 400].map(|len| bytes::Bytes::from(vec![7; len]));
        let encoded = exporter.encode(&batches(Signal::Traces, &payloads));
        let mut request = encoded.request.expect("there is something to send");
        let (mut sum, mut lost) = (0, Vec::new());
        loop {
            match exporter.send(&mut request).await {
                Outcome::Retry(_) => {}
                Outcome::Partial { delivered, dropped, retry, .. } => {
                    sum += delivered;
                    lost.extend(dropped);
                    if retry.is_none() {
                        break;
                    }
                }
                Outcome::Delivered { .. } => {
                    sum = encoded.records - lost.iter().map(|(_, records)| records).sum::<u64>();
                    break;
                }
                other => panic!("all lost: {other:?}"),
            }
        }
        assert_eq!((sum, lost), (1 + 2 + 3 + 5, vec![(Reason::TooLarge, 4)]));
        drop(server.shutdown);
        let mut bytes = 0;
        while let Some((_, body)) = server.kept.recv().await {
            bytes += body.len();
        }
        assert_eq!(bytes, 1600);
    }
}
