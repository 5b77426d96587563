//! The exporter against an in-process receiver.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use tokio::net::TcpListener;
use weir_config::{RemoteWriteConfig, RemoteWriteMessage};
use weir_delivery::{Exporter, Outcome, Retry};
use weir_model::{Batch, Reason};

use super::RemoteWrite;
use crate::encode::tests::{Series, batch, config, read_v1, read_v2};

/// A planned answer.
struct Answer(u16, Vec<(&'static str, &'static str)>, &'static str);

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let headers: HeaderMap = self
            .1
            .into_iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        (StatusCode::from_u16(self.0).unwrap(), headers, self.2).into_response()
    }
}

/// A receiver that gives planned answers in turn and keeps what it got.
#[derive(Clone, Default)]
struct Receiver {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    got: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Receiver {
    async fn start(answers: impl IntoIterator<Item = Answer>) -> (Self, String) {
        let receiver = Self::default();
        receiver.answers.lock().extend(answers);
        let app = Router::new().fallback(answer).with_state(receiver.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/v1/write", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (receiver, url)
    }

    fn bodies(&self) -> Vec<Bytes> {
        self.got.lock().iter().map(|(_, body)| body.clone()).collect()
    }
}

async fn answer(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    receiver.got.lock().push((headers, body));
    receiver.answers.lock().pop_front().unwrap_or(Answer(500, vec![], "no answer planned")).into_response()
}

fn exporter(message: RemoteWriteMessage, url: String) -> RemoteWrite {
    RemoteWrite::new(&RemoteWriteConfig { url, ..config(message, vec![]) }).unwrap()
}

fn up(value: f64) -> Series {
    Series::new("up", "a", value)
}

fn written(samples: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![("x-prometheus-remote-write-samples-written", samples)]
}

/// Sends `batches` once and returns the outcome and whether something is left to send.
async fn send_once(exporter: &RemoteWrite, batches: &[Batch]) -> (Outcome, usize) {
    let mut request = exporter.encode(batches).request.unwrap();
    let outcome = exporter.send(&mut request).await;
    (outcome, request.parts.len())
}

#[tokio::test]
async fn a_request_of_2_0_carries_the_headers_of_the_specification() {
    let (receiver, url) = Receiver::start([Answer(204, written("1"), "")]).await;
    let (outcome, left) = send_once(&exporter(RemoteWriteMessage::V2, url), &[batch(&[up(1.0)])]).await;
    assert_eq!((outcome, left), (Outcome::Delivered { deduplicated: 0 }, 0));
    let got = receiver.got.lock();
    let (headers, body) = &got[0];
    assert_eq!(headers["content-type"], "application/x-protobuf;proto=io.prometheus.write.v2.Request");
    assert_eq!(headers["content-encoding"], "snappy");
    assert_eq!(headers["x-prometheus-remote-write-version"], "2.0.0");
    assert!(headers["user-agent"].to_str().unwrap().starts_with("weir/"));
    assert_eq!(read_v2(body), [up(1.0)]);
}

#[tokio::test]
async fn a_request_of_1_0_carries_the_headers_that_old_receivers_know() {
    let (receiver, url) = Receiver::start([Answer(200, vec![], "")]).await;
    let (outcome, _) = send_once(&exporter(RemoteWriteMessage::V1, url), &[batch(&[up(1.0)])]).await;
    assert_eq!(outcome, Outcome::Delivered { deduplicated: 0 });
    let got = receiver.got.lock();
    let (headers, body) = &got[0];
    assert_eq!(headers["content-type"], "application/x-protobuf");
    assert_eq!(headers["x-prometheus-remote-write-version"], "0.1.0");
    assert_eq!(read_v1(body).0, [up(1.0)]);
}

#[tokio::test]
async fn a_busy_receiver_is_asked_again_with_the_same_request_when_it_says() {
    let busy = Answer(429, vec![("retry-after", "3")], "slow down");
    let (receiver, url) =
        Receiver::start([busy, Answer(503, vec![], ""), Answer(204, written("1"), "")]).await;
    let exporter = exporter(RemoteWriteMessage::V2, url);
    let mut request = exporter.encode(&[batch(&[up(1.0)])]).request.unwrap();
    let cause = "server answered 429 Too Many Requests: slow down".to_owned();
    let retry = Retry { after: Some(Duration::from_secs(3)), cause };
    assert_eq!(exporter.send(&mut request).await, Outcome::Retry(retry));
    let cause = "server answered 503 Service Unavailable".to_owned();
    assert_eq!(exporter.send(&mut request).await, Outcome::Retry(Retry { after: None, cause }));
    assert_eq!(exporter.send(&mut request).await, Outcome::Delivered { deduplicated: 0 });
    let bodies = receiver.bodies();
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let (outcome, left) = send_once(&exporter(RemoteWriteMessage::V2, url), &[batch(&[up(1.0)])]).await;
    assert!(matches!(outcome, Outcome::Retry(Retry { after: None, .. })), "{outcome:?}");
    assert_eq!(left, 1);
}

#[tokio::test]
async fn samples_that_the_receiver_did_not_write_are_lost_under_the_reason_that_fits() {
    let answers = [Answer(400, written("1"), "out of order sample"), Answer(204, written("1"), "")];
    let (_, url) = Receiver::start(answers).await;
    let exporter = exporter(RemoteWriteMessage::V2, url);
    for reason in [Reason::Rejected, Reason::PartialSuccess] {
        let (outcome, left) = send_once(&exporter, &[batch(&[up(1.0), up(2.0), up(3.0)])]).await;
        let dropped = vec![(reason, 2)];
        assert_eq!(outcome, Outcome::Partial { delivered: 1, deduplicated: 0, dropped, retry: None });
        assert_eq!(left, 0);
    }
}

#[tokio::test]
async fn a_request_refused_for_good_is_rejected_with_the_server_s_words() {
    let (_, url) = Receiver::start([Answer(401, vec![], "who are you")]).await;
    let (outcome, left) = send_once(&exporter(RemoteWriteMessage::V2, url), &[batch(&[up(1.0)])]).await;
    let cause = "server answered 401 Unauthorized: who are you".to_owned();
    assert_eq!((outcome, left), (Outcome::Rejected { reason: Reason::Rejected, cause }, 0));
}

#[tokio::test]
async fn a_receiver_of_1_0_that_swallows_2_0_is_found_out() {
    for answer in [Answer(415, vec![], "unsupported"), Answer(200, vec![], "")] {
        let (_, url) = Receiver::start([answer]).await;
        let (outcome, _) = send_once(&exporter(RemoteWriteMessage::V2, url), &[batch(&[up(1.0)])]).await;
        let Outcome::Rejected { reason: Reason::Rejected, cause } = outcome else { panic!("{outcome:?}") };
        assert!(cause.contains("set protobuf_message to prometheus.WriteRequest"), "{cause}");
    }
}

#[tokio::test]
async fn one_bad_batch_does_not_take_the_others_with_it_to_a_receiver_of_1_0() {
    let refusal = || Answer(400, vec![], "out of order sample");
    let taken = || Answer(204, vec![], "");
    let (receiver, url) = Receiver::start([refusal(), refusal(), taken(), taken()]).await;
    let exporter = exporter(RemoteWriteMessage::V1, url);
    // Whole: refused. First half, which is batch 1: refused. Second half: taken.
    let batches = [batch(&[up(1.0)]), batch(&[up(2.0)]), batch(&[up(3.0)])];
    let (outcome, left) = send_once(&exporter, &batches).await;
    let dropped = vec![(Reason::Rejected, 1)];
    assert_eq!(outcome, Outcome::Partial { delivered: 2, deduplicated: 0, dropped, retry: None });
    assert_eq!(left, 0);
    let sent: Vec<_> = receiver.bodies().iter().map(|body| read_v1(body).0).collect();
    assert_eq!(sent, [vec![up(1.0), up(2.0), up(3.0)], vec![up(1.0)], vec![up(2.0), up(3.0)]]);
}

#[tokio::test]
async fn after_a_split_only_what_is_left_is_sent_again() {
    let answers =
        [Answer(413, vec![], ""), Answer(204, vec![], ""), Answer(500, vec![], ""), Answer(204, vec![], "")];
    let (receiver, url) = Receiver::start(answers).await;
    let exporter = exporter(RemoteWriteMessage::V1, url);
    let mut request = exporter.encode(&[batch(&[up(1.0)]), batch(&[up(2.0)])]).request.unwrap();
    let outcome = exporter.send(&mut request).await;
    let Outcome::Partial { delivered: 1, dropped, retry: Some(_), .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(dropped, []);
    assert_eq!(exporter.send(&mut request).await, Outcome::Delivered { deduplicated: 0 });
    assert_eq!(read_v1(&receiver.bodies()[3]).0, [up(2.0)]);
}

#[tokio::test]
async fn a_dropped_attempt_leaves_the_request_as_it_was() {
    // A receiver that takes connections and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let exporter = exporter(RemoteWriteMessage::V2, url);
    let mut request = exporter.encode(&[batch(&[up(1.0)])]).request.unwrap();
    tokio::select! {
        outcome = exporter.send(&mut request) => panic!("{outcome:?}"),
        accepted = listener.accept() => drop(accepted.unwrap()),
    }
    assert_eq!(request.parts.len(), 1);
}

#[test]
fn the_delivery_loop_is_driven_as_the_configuration_says() {
    let mut config = config(RemoteWriteMessage::V2, vec![]);
    config.shards = 3;
    config.batch_send_deadline = Duration::from_secs(5);
    let settings = RemoteWrite::settings(&config);
    assert_eq!((settings.requests_max, settings.batch_records_max), (3, 2000));
    assert_eq!(settings.linger, super::LINGER_MAX);
}
