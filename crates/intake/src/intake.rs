//! The handle that receivers hold.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::RwLock;
use prometheus::Registry;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use weir_ledger::Ledger;
use weir_model::{Batch, OrderKey, Reason, Receiver, Signal, UnixNanos};
use weir_proto::otlp::logs::LogRecord;
use weir_proto::otlp::traces::Span;
use weir_spool::{AppendError, Position, Spool};

use crate::prepare::{Prepared, Record, prepare};
use crate::pressure::Pressure;
use crate::received::Received;
use crate::settings::Plan;
use crate::{Accepted, IntakeSettings, Refused};

/// The component under which drops are counted that happen here.
const COMPONENT: &str = "intake";
/// The component under which traces and logs are counted that were sampled out.
const SAMPLING: &str = "sampling";
/// When a sender may try again after the spool was full.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How long a producer of weir's own waits between attempts.
const WAIT: Duration = Duration::from_millis(250);
/// Bytes of requests on their way into the spool, those included whose sender has gone.
const APPENDING_BYTES_MAX: usize = 64 << 20;

/// The way into the spool. Clones share it.
#[derive(Clone, Debug)]
pub struct Intake {
    plan: Arc<RwLock<Arc<Plan>>>,
    appending: Arc<Semaphore>,
    pressure: Pressure,
    received: Received,
    closing: CancellationToken,
    spool: Spool,
    ledger: Ledger,
}

impl Intake {
    /// Starts with `settings`.
    pub fn new(settings: IntakeSettings, spool: Spool, ledger: Ledger) -> Self {
        Self {
            plan: Arc::new(RwLock::new(Arc::new(Plan::new(settings)))),
            appending: Arc::new(Semaphore::new(APPENDING_BYTES_MAX)),
            pressure: Pressure::default(),
            received: Received::new(),
            closing: CancellationToken::new(),
            spool,
            ledger,
        }
    }

    /// Replaces the settings; requests under way keep the old ones.
    pub fn set(&self, settings: IntakeSettings) {
        *self.plan.write() = Arc::new(Plan::new(settings));
    }

    /// The settings in force.
    pub fn settings(&self) -> Arc<IntakeSettings> {
        Arc::clone(&self.plan().settings)
    }

    /// Registers `weir_received_bytes_total` and `weir_log_records_total`.
    ///
    /// # Errors
    /// They are registered already.
    pub fn register(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        self.received.register(registry)
    }

    /// Encoded bytes that `receiver` has brought into the spool.
    pub fn received_bytes(&self, signal: Signal, receiver: Receiver) -> u64 {
        self.received.bytes(signal, receiver)
    }

    /// Takes an `ExportTraceServiceRequest`.
    ///
    /// Dropped half way, the request is either taken whole (its sender may send it again) or not at all; the ledger
    /// balances in both cases.
    pub async fn traces(&self, receiver: Receiver, body: Bytes) -> Result<Accepted, Refused> {
        self.take::<Span>(receiver, body).await
    }

    /// Takes an `ExportLogsServiceRequest`, as [`Intake::traces`] takes its.
    pub async fn logs(&self, receiver: Receiver, body: Bytes) -> Result<Accepted, Refused> {
        self.take::<LogRecord>(receiver, body).await
    }

    /// Lets nobody wait for room any more: weir is stopping. What fits is still taken.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Appends a batch that `receiver` made; its records must be pending in the ledger.
    ///
    /// Waits while the spool has no room or cannot be written, which slows the receiver down. When no exporter takes
    /// the signal, the records are counted as dropped and the position is the log's start, which is safe already. On
    /// an error ([`AppendError::TooLarge`] or [`AppendError::Closed`]) the records stay pending and are the caller's to
    /// account for. Dropped half way, the batch is appended whole or not at all.
    pub async fn append(&self, receiver: Receiver, batch: Batch) -> Result<Position, AppendError> {
        self.append_until(receiver, batch, &self.closing).await
    }

    /// As [`Intake::append`], but waits for room only until `stop` is cancelled, or until [`Intake::close`].
    pub async fn append_until(
        &self,
        receiver: Receiver,
        batch: Batch,
        stop: &CancellationToken,
    ) -> Result<Position, AppendError> {
        let signal = batch.signal;
        if !self.plan().has_exporter(signal) {
            self.ledger.drop_pending(signal, COMPONENT, Reason::NoExporter, u64::from(batch.records));
            return Ok(Position(0));
        }
        loop {
            match self.spool.append(batch.clone()).await {
                Ok(position) => {
                    self.pressure.appended(signal);
                    self.received.add(signal, receiver, &batch.payload);
                    return Ok(position);
                }
                Err(error @ (AppendError::TooLarge { .. } | AppendError::Closed)) => return Err(error),
                Err(error) => self.pressure.refused(signal, &error),
            }
            // Only here is it certain that the batch is not on its way into the spool.
            tokio::select! {
                () = tokio::time::sleep(WAIT) => {}
                () = stop.cancelled() => return Err(AppendError::Closed),
                () = self.closing.cancelled() => return Err(AppendError::Closed),
            }
        }
    }

    fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.plan.read())
    }

    async fn take<R: Record>(&self, receiver: Receiver, body: Bytes) -> Result<Accepted, Refused> {
        let plan = self.plan();
        let prepared =
            prepare::<R>(&body, &plan).map_err(|error| self.refuse_unread::<R>(receiver, &error))?;
        drop(body);
        let request = Request { signal: R::SIGNAL, receiver, ledger: self.ledger.clone(), prepared };
        let accepted = request.accepted();
        if request.records() == 0 {
            return Ok(accepted);
        }
        if !plan.has_exporter(R::SIGNAL) {
            request.receive();
            request.drop_records(Reason::NoExporter);
            return Ok(accepted);
        }
        self.spool_request(request).await?;
        Ok(accepted)
    }

    /// Appends in a task of its own: once records are in the ledger, they must reach an end even if the sender goes
    /// away and this future is dropped. The permit bounds the memory of such requests.
    async fn spool_request(&self, request: Request) -> Result<(), Refused> {
        let bytes = request.prepared.payload.len().min(APPENDING_BYTES_MAX) as u32;
        let closed = || Refused::Unavailable("weir is shutting down".to_owned());
        let permit = Arc::clone(&self.appending).acquire_many_owned(bytes).await.map_err(|_| closed())?;
        let (spool, pressure) = (self.spool.clone(), self.pressure.clone());
        let received = self.received.clone();
        let task = tokio::spawn(async move {
            let outcome = request.append(&spool, &pressure, &received).await;
            drop(permit);
            outcome
        });
        task.await.unwrap_or_else(|_| Err(closed()))
    }

    /// How many records a request holds that cannot be read is not known. It counts as one.
    fn refuse_unread<R: Record>(&self, receiver: Receiver, error: &dyn std::error::Error) -> Refused {
        self.ledger.receive(R::SIGNAL, receiver, 1);
        self.ledger.drop_pending(R::SIGNAL, receiver.as_str(), Reason::Malformed, 1);
        Refused::Malformed(format!("not an OTLP request of {}: {error}", R::SIGNAL))
    }
}

/// A request on its way into the spool.
struct Request {
    signal: Signal,
    receiver: Receiver,
    ledger: Ledger,
    prepared: Prepared,
}

impl Request {
    fn records(&self) -> u64 {
        self.prepared.kept + self.prepared.sampled_out + self.prepared.malformed
    }

    fn accepted(&self) -> Accepted {
        match self.prepared.malformed {
            0 => Accepted::default(),
            rejected => Accepted { rejected, message: "trace id or span id has the wrong length".to_owned() },
        }
    }

    fn receive(&self) {
        self.ledger.receive(self.signal, self.receiver, self.records());
    }

    /// Counts what was left out, and what would have been kept as dropped for `reason`.
    fn drop_records(&self, reason: Reason) {
        self.drop_left_out();
        self.ledger.drop_pending(self.signal, COMPONENT, reason, self.prepared.kept);
    }

    fn drop_left_out(&self) {
        let Prepared { sampled_out, malformed, .. } = self.prepared;
        self.ledger.drop_pending(self.signal, self.receiver.as_str(), Reason::Malformed, malformed);
        self.ledger.drop_pending(self.signal, SAMPLING, Reason::Sampled, sampled_out);
    }

    /// Records that are left out count only once the rest is in: a sender that is told to come back brings all again.
    async fn append(self, spool: &Spool, pressure: &Pressure, received: &Received) -> Result<(), Refused> {
        self.receive();
        let Some(batch) = self.batch() else {
            self.drop_left_out();
            return Ok(());
        };
        match spool.append(batch).await {
            Ok(_) => {
                pressure.appended(self.signal);
                received.add(self.signal, self.receiver, &self.prepared.payload);
                self.drop_left_out();
                Ok(())
            }
            Err(AppendError::TooLarge { bytes, bytes_max }) => {
                self.drop_records(Reason::TooLarge);
                Err(Refused::Malformed(format!("request of {bytes} bytes is above the limit of {bytes_max}")))
            }
            Err(error) => {
                self.ledger.refuse(self.signal, self.receiver, self.records());
                Err(self.refused(error, pressure))
            }
        }
    }

    fn refused(&self, error: AppendError, pressure: &Pressure) -> Refused {
        if !matches!(error, AppendError::Closed) {
            pressure.refused(self.signal, &error);
        }
        match error {
            AppendError::Full | AppendError::DiskFull(_) => Refused::Full { retry_after: RETRY_AFTER },
            error => Refused::Unavailable(error.to_string()),
        }
    }

    /// None when no record is kept.
    fn batch(&self) -> Option<Batch> {
        let records =
            u32::try_from(self.prepared.kept).expect("a record takes two bytes, a request is below 4 GiB");
        (records > 0).then(|| Batch {
            signal: self.signal,
            records,
            key: OrderKey::ANY,
            received: UnixNanos::now(),
            payload: self.prepared.payload.clone(),
        })
    }
}

#[cfg(test)]
mod tests;
