//! Requests into a real spool, and the ledger's view of them.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;
use weir_ledger::Ledger;
use weir_model::{Batch, OrderKey, Reason, Receiver, Signal, UnixNanos};
use weir_proto::generated::otlp::trace::Span;
use weir_spool::{AppendError, Position, Reader, Spool, SpoolSettings, TakeLimits};

use super::{APPENDING_BYTES_MAX, Intake, RETRY_AFTER};
use crate::samples::{encode, logs, record, settings, span, spans_of, trace_id, traces};
use crate::{Accepted, IntakeSettings, Refused};

const EXPORTER: &str = "jaeger";

struct Rig {
    intake: Intake,
    ledger: Ledger,
    reader: Reader,
    // Dropped last.
    _folder: TempDir,
}

impl Rig {
    fn new(settings: IntakeSettings) -> Self {
        Self::with_spool_bytes(settings, 1 << 20)
    }

    fn with_spool_bytes(settings: IntakeSettings, bytes_max: u64) -> Self {
        Self::with_spool(settings, SpoolSettings { bytes_max, ..SpoolSettings::default() })
    }

    fn with_spool(settings: IntakeSettings, spool_settings: SpoolSettings) -> Self {
        let folder = TempDir::new().unwrap();
        let ledger = Ledger::new();
        let spool_settings = SpoolSettings { path: folder.path().into(), ..spool_settings };
        let spool = Spool::open(spool_settings, ledger.clone()).unwrap();
        let reader = spool.subscribe(Signal::Traces, EXPORTER).unwrap();
        Self { intake: Intake::new(settings, spool, ledger.clone()), ledger, reader, _folder: folder }
    }

    /// Pending records, what was received over gRPC, and drops by component and reason.
    fn books(&self, signal: Signal) -> (u64, u64, Vec<(String, Reason, u64)>) {
        let snapshot = self.ledger.snapshot();
        assert!(snapshot.balances(), "{snapshot:?}");
        let books = snapshot.signal(signal);
        (books.pending, books.received[Receiver::OtlpGrpc.index()].1, books.dropped.clone())
    }

    fn held(&self) -> u64 {
        self.ledger.snapshot().signal(Signal::Traces).exporters[0].held
    }

    async fn traces(&self, body: Bytes) -> Result<Accepted, Refused> {
        self.intake.traces(Receiver::OtlpGrpc, body).await
    }

    /// Fills the spool to the last byte that a request of this size leaves.
    async fn fill(&self, body: &Bytes) -> u64 {
        let mut accepted = 0;
        while self.traces(body.clone()).await.is_ok() {
            accepted += 1;
        }
        accepted
    }
}

fn drop_of(component: &str, reason: Reason, records: u64) -> (String, Reason, u64) {
    (component.to_owned(), reason, records)
}

fn half() -> IntakeSettings {
    IntakeSettings { traces_ratio: 0.5, ..settings() }
}

const LOW: u64 = 1;
const HIGH: u64 = (1 << 56) - 1;

fn batch(bytes: usize) -> Batch {
    let payload = Bytes::from(vec![0; bytes]);
    Batch { signal: Signal::Traces, records: 3, key: OrderKey::ANY, received: UnixNanos::now(), payload }
}

#[tokio::test]
async fn an_accepted_request_is_in_the_spool() {
    let rig = Rig::new(settings());
    let body = encode(&traces(None, vec![span(trace_id(1)), span(trace_id(2))]));
    assert_eq!(rig.traces(body.clone()).await, Ok(Accepted::default()));
    let entries = rig.reader.take(&TakeLimits::default()).await;
    assert_eq!((&entries[0].batch.payload, entries[0].batch.records), (&body, 2));
    assert_eq!(rig.books(Signal::Traces), (0, 2, vec![]));
    assert_eq!(rig.held(), 2);
}

#[tokio::test]
async fn spans_sampled_out_are_counted_and_the_rest_is_kept() {
    let rig = Rig::new(half());
    let body = encode(&traces(None, vec![span(trace_id(LOW)), span(trace_id(HIGH)), span(trace_id(LOW))]));
    assert_eq!(rig.traces(body).await, Ok(Accepted::default()));
    assert_eq!(rig.books(Signal::Traces), (0, 3, vec![drop_of("sampling", Reason::Sampled, 2)]));
    assert_eq!(spans_of(&rig.reader.take(&TakeLimits::default()).await[0].batch.payload).len(), 1);
}

#[tokio::test]
async fn a_request_of_which_nothing_is_kept_leaves_no_batch() {
    let rig = Rig::new(half());
    assert_eq!(rig.traces(encode(&traces(None, vec![span(trace_id(LOW))]))).await, Ok(Accepted::default()));
    assert_eq!(rig.books(Signal::Traces), (0, 1, vec![drop_of("sampling", Reason::Sampled, 1)]));
    assert_eq!(rig.reader.try_take(&TakeLimits::default()), []);
}

#[tokio::test]
async fn an_empty_request_is_accepted_without_an_entry() {
    let rig = Rig::new(settings());
    assert_eq!(rig.traces(Bytes::new()).await, Ok(Accepted::default()));
    assert_eq!(rig.traces(encode(&traces(None, vec![]))).await, Ok(Accepted::default()));
    assert_eq!(rig.books(Signal::Traces), (0, 0, vec![]));
    assert_eq!(rig.reader.try_take(&TakeLimits::default()), []);
}

#[tokio::test]
async fn a_partial_success_names_the_number_and_the_reason() {
    let rig = Rig::new(settings());
    let body = encode(&traces(None, vec![span(vec![1; 5]), span(trace_id(1))]));
    let message = "trace id or span id has the wrong length".to_owned();
    assert_eq!(rig.traces(body).await, Ok(Accepted { rejected: 1, message }));
    assert_eq!(rig.books(Signal::Traces), (0, 2, vec![drop_of("otlp_grpc", Reason::Malformed, 1)]));
    assert_eq!(rig.held(), 1);
}

#[tokio::test]
async fn an_unreadable_request_counts_as_one_malformed_record() {
    let rig = Rig::new(settings());
    let refused = rig.traces(Bytes::from_static(b"\x0a\xff")).await.unwrap_err();
    assert_eq!(refused, Refused::Malformed("not an OTLP request of traces: message is cut off".to_owned()));
    assert_eq!(rig.books(Signal::Traces), (0, 1, vec![drop_of("otlp_grpc", Reason::Malformed, 1)]));
    let logs = rig.intake.logs(Receiver::OtlpGrpc, Bytes::from_static(b"{}")).await;
    assert!(matches!(logs, Err(Refused::Malformed(_))), "{logs:?}");
    assert_eq!(rig.books(Signal::Logs), (0, 1, vec![drop_of("otlp_grpc", Reason::Malformed, 1)]));
}

#[tokio::test]
async fn records_that_no_exporter_takes_are_counted_once() {
    let rig = Rig::new(IntakeSettings { has_exporter: [false; 3], ..half() });
    let body = encode(&logs(None, vec![record(trace_id(1)), record(vec![]), record(vec![9])]));
    assert_eq!(rig.intake.logs(Receiver::OtlpGrpc, body).await.map(|accepted| accepted.rejected), Ok(1));
    let expected = vec![drop_of("intake", Reason::NoExporter, 2), drop_of("otlp_grpc", Reason::Malformed, 1)];
    assert_eq!(rig.books(Signal::Logs), (0, 3, expected));

    rig.ledger.receive(Signal::Traces, Receiver::OtlpGrpc, 3);
    assert_eq!(rig.intake.append(Receiver::Tail, batch(10)).await.ok(), Some(Position(0)));
    assert_eq!(rig.books(Signal::Traces), (0, 3, vec![drop_of("intake", Reason::NoExporter, 3)]));
    assert_eq!(rig.reader.try_take(&TakeLimits::default()), []);
}

#[tokio::test]
async fn a_full_spool_sends_the_sender_away_without_an_entry() {
    let rig = Rig::with_spool_bytes(half(), 64 << 10);
    let large = span(trace_id(HIGH));
    let spans = vec![span(trace_id(LOW)), Span { name: "x".repeat(4_000), ..large }];
    let body = encode(&traces(None, spans));
    let accepted = rig.fill(&body).await;
    assert!(accepted > 0);
    assert_eq!(rig.traces(body).await, Err(Refused::Full { retry_after: RETRY_AFTER }));
    let expected = (0, 2 * accepted, vec![drop_of("sampling", Reason::Sampled, accepted)]);
    assert_eq!(rig.books(Signal::Traces), expected);
    assert_eq!(rig.held(), accepted);
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_weir_s_own_waits_for_room() {
    let rig = Rig::with_spool_bytes(settings(), 64 << 10);
    let spans = vec![Span { name: "x".repeat(4_000), ..span(trace_id(1)) }];
    let body = encode(&traces(None, spans));
    let accepted = rig.fill(&body).await;
    rig.ledger.receive(Signal::Traces, Receiver::OtlpGrpc, 3);
    let waiting =
        tokio::time::timeout(Duration::from_secs(60), rig.intake.append(Receiver::Tail, batch(4_000)));
    assert!(waiting.await.is_err(), "appended to a full spool");
    assert_eq!(rig.books(Signal::Traces).0, 3);
    let (appended, ()) =
        tokio::join!(rig.intake.append(Receiver::Tail, batch(4_000)), drain(&rig.reader, accepted));
    assert!(appended.is_ok());
    assert_eq!(rig.books(Signal::Traces), (0, accepted + 3, vec![]));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_room_once_the_intake_is_closed() {
    let rig = Rig::with_spool_bytes(settings(), 64 << 10);
    let spans = vec![Span { name: "x".repeat(4_000), ..span(trace_id(1)) }];
    rig.fill(&encode(&traces(None, spans))).await;
    rig.ledger.receive(Signal::Traces, Receiver::OtlpGrpc, 3);
    let closed = async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        rig.intake.close();
    };
    let (appended, ()) = tokio::join!(rig.intake.append(Receiver::Tail, batch(4_000)), closed);
    assert!(matches!(appended, Err(AppendError::Closed)), "{appended:?}");
    assert_eq!(rig.books(Signal::Traces).0, 3);
}

/// Settles `entries` entries, so that their segments go.
async fn drain(reader: &Reader, entries: u64) {
    let mut taken = 0;
    while taken < entries {
        let ids: Vec<_> = reader.take(&TakeLimits::default()).await.iter().map(|entry| entry.id).collect();
        taken += ids.len() as u64;
        reader.settle(&ids);
    }
}

#[tokio::test]
async fn a_batch_that_never_fits_stays_pending_and_a_request_is_refused_for_good() {
    let rig = Rig::with_spool_bytes(settings(), 64 << 10);
    rig.ledger.receive(Signal::Traces, Receiver::OtlpGrpc, 3);
    assert!(matches!(
        rig.intake.append(Receiver::Tail, batch(10_000)).await,
        Err(AppendError::TooLarge { .. })
    ));
    assert_eq!(rig.books(Signal::Traces).0, 3);
    let spans = vec![Span { name: "x".repeat(10_000), ..span(trace_id(1)) }];
    let refused = rig.traces(encode(&traces(None, spans))).await;
    assert!(
        matches!(&refused, Err(Refused::Malformed(text)) if text.contains("above the limit")),
        "{refused:?}"
    );
    assert_eq!(rig.books(Signal::Traces), (3, 1, vec![drop_of("intake", Reason::TooLarge, 1)]));
}

#[tokio::test]
async fn senders_that_go_away_leave_balanced_books() {
    // Only one batch at a time may wait for the writer, so that most requests are left before they get that far.
    let spool_settings = SpoolSettings { in_flight_bytes_max: 1, ..SpoolSettings::default() };
    let rig = Rig::with_spool(settings(), spool_settings);
    let body = encode(&traces(None, vec![span(trace_id(1))]));
    for _ in 0..50 {
        let mut request = pin!(rig.traces(body.clone()));
        assert!(poll_fn(|context| Poll::Ready(request.as_mut().poll(context))).await.is_pending());
    }
    // All permits are free once nothing is on its way any more.
    let _all = rig.intake.appending.acquire_many(APPENDING_BYTES_MAX as u32).await.unwrap();
    assert_eq!(rig.books(Signal::Traces), (0, 50, vec![]));
    assert_eq!(rig.held(), 50);
}

#[tokio::test]
async fn new_settings_hold_for_the_next_request() {
    let rig = Rig::new(settings());
    let body = encode(&traces(None, vec![span(trace_id(LOW))]));
    rig.traces(body.clone()).await.unwrap();
    let clone = rig.intake.clone();
    rig.intake.set(half());
    assert_eq!(*clone.settings(), half());
    clone.traces(Receiver::OtlpGrpc, body).await.unwrap();
    assert_eq!(rig.books(Signal::Traces), (0, 2, vec![drop_of("sampling", Reason::Sampled, 1)]));
}
