//! A turn: a few reads of one file, each appended before the next.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tracing::warn;
use weir_ledger::Ledger;
use weir_model::{Batch, OrderKey, Reason, Receiver, Signal, UnixNanos};
use weir_spool::{AppendError, Position};

use crate::tail::halves::halves;
use crate::tail::mark::Mark;
use crate::tail::metrics::TailMetrics;
use crate::tail::reader::{Job, READ_BYTES, Read, Reader, Step};
use crate::tail::sink::Sink;
use crate::tail::table::SlotId;
use crate::tail::watch::Watcher;

/// Reads of a file before others have their turn.
const READS_PER_TURN: usize = 4;
/// Pause before a batch is offered again that could not be written.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Under which drops are counted that the tailer causes.
pub(crate) const COMPONENT: &str = "tail";
/// Under which drops are counted of records that follow their trace.
const SAMPLING: &str = "sampling";

/// What turns share.
#[derive(Debug)]
pub(crate) struct TurnContext<S> {
    pub(crate) sink: S,
    pub(crate) ledger: Ledger,
    pub(crate) metrics: TailMetrics,
    pub(crate) watcher: Option<Arc<Watcher>>,
    pub(crate) buffers: Buffers,
}

/// Read buffers that are not in use.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    free: Mutex<Vec<Vec<u8>>>,
}

impl Buffers {
    fn take(&self) -> Vec<u8> {
        self.free.lock().pop().unwrap_or_default()
    }

    /// A buffer that had to grow for a long line is not kept.
    fn give_back(&self, buffer: Vec<u8>) {
        if buffer.len() <= READ_BYTES {
            self.free.lock().push(buffer);
        }
    }

    /// Gives the memory back.
    pub(crate) fn clear(&self) {
        self.free.lock().clear();
    }
}

/// How a turn ended.
#[derive(Debug)]
pub(crate) struct TurnEnd {
    pub(crate) slot: SlotId,
    pub(crate) reader: Box<Reader>,
    /// Where restarts may begin once the positions are synced.
    pub(crate) marks: Vec<(Option<Position>, Mark)>,
    pub(crate) was_last: bool,
    pub(crate) outcome: Outcome,
}

/// What to do with the file next.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// There is more to read.
    More,
    /// Everything is read. `is_armed`: the next write will be notified.
    CaughtUp { is_armed: bool },
    /// See [`Step::Renewed`].
    Renewed { unread: u64 },
    /// See [`Step::Compressed`].
    Compressed,
    /// Reading failed.
    Failed(io::Error),
    /// The spool takes nothing more.
    Closed,
}

/// What a job on the blocking pool brings back.
struct Stepped {
    reader: Box<Reader>,
    step: io::Result<Step>,
    /// Set when the file's end was reached, whether or not something was read on the way: whether the next write will
    /// be notified.
    caught_up: Option<bool>,
}

/// Reads and appends. Dropped half way, batches may have been appended whose marks are lost: their lines will be read
/// again and have the same ids.
pub(crate) async fn turn<S: Sink>(
    slot: SlotId,
    mut reader: Box<Reader>,
    job: Job,
    context: Arc<TurnContext<S>>,
) -> TurnEnd {
    let mut marks = Vec::new();
    let job = Arc::new(job);
    let mut outcome = Outcome::More;
    for _ in 0..READS_PER_TURN {
        let stepped = step(slot, reader, &job, &context).await;
        reader = stepped.reader;
        outcome = match stepped.step {
            Ok(Step::Read(read)) => match context.take(read, &mut marks).await {
                Ok(()) => stepped.caught_up.map_or(Outcome::More, |is_armed| Outcome::CaughtUp { is_armed }),
                Err(Closed) => Outcome::Closed,
            },
            Ok(Step::CaughtUp) => {
                stepped.caught_up.map_or(Outcome::More, |is_armed| Outcome::CaughtUp { is_armed })
            }
            Ok(Step::Renewed { unread }) => Outcome::Renewed { unread },
            Ok(Step::Compressed) => Outcome::Compressed,
            Err(error) => Outcome::Failed(error),
        };
        if !matches!(outcome, Outcome::More) {
            break;
        }
    }
    TurnEnd { slot, reader, marks, was_last: job.is_last, outcome }
}

async fn step<S: Sink>(
    slot: SlotId,
    mut reader: Box<Reader>,
    job: &Arc<Job>,
    context: &Arc<TurnContext<S>>,
) -> Stepped {
    let (job, context) = (Arc::clone(job), Arc::clone(context));
    let blocking = spawn_blocking(move || {
        let mut buffer = context.buffers.take();
        let mut step = reader.step(&job, &mut buffer);
        let caught_up = match &step {
            Ok(Step::Read(_)) if reader.is_at_end(&job) => context.arm_after(slot, &mut reader),
            Ok(Step::CaughtUp) => {
                let is_armed = context.arm(slot, &reader);
                // What was written before that is not notified, and need not show in the size.
                step = reader.step(&job, &mut buffer);
                matches!(step, Ok(Step::CaughtUp)).then_some(is_armed)
            }
            _ => None,
        };
        context.buffers.give_back(buffer);
        Stepped { reader, step, caught_up }
    });
    match blocking.await {
        Ok(stepped) => stepped,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is going away, and this task with it.
        Err(_) => std::future::pending().await,
    }
}

/// The spool takes nothing more.
struct Closed;

/// How an offer to the spool ended.
enum Offered {
    Taken(Position),
    TooLarge(AppendError),
    Closed,
}

impl<S: Sink> TurnContext<S> {
    /// Asks for a notification; false when there will be none.
    fn arm(&self, slot: SlotId, reader: &Reader) -> bool {
        let Some(watcher) = &self.watcher else { return false };
        let is_armed = watcher.arm(reader.file(), slot).is_ok();
        if !is_armed {
            self.metrics.watch_errors.inc();
        }
        is_armed
    }

    /// As [`TurnContext::arm`], after the last read. Nothing when the file changed in between.
    fn arm_after(&self, slot: SlotId, reader: &mut Reader) -> Option<bool> {
        let is_armed = self.arm(slot, reader);
        (!reader.has_changed().unwrap_or(true)).then_some(is_armed)
    }

    /// Accounts for a read and appends its batch.
    async fn take(&self, read: Read, marks: &mut Vec<(Option<Position>, Mark)>) -> Result<(), Closed> {
        self.count(&read);
        let (records, sampled) = (u64::from(read.encoded.records), read.encoded.sampled);
        self.ledger.receive(Signal::Logs, Receiver::Tail, records + sampled);
        self.ledger.drop_pending(Signal::Logs, SAMPLING, Reason::Sampled, sampled);
        let position = if records > 0 { self.append(read.encoded.payload, records).await? } else { None };
        marks.push((position, read.mark));
        Ok(())
    }

    fn count(&self, read: &Read) {
        self.metrics.bytes_read.inc_by(read.bytes);
        self.metrics.lines_cut.inc_by(read.lines_cut);
        self.metrics.lines_invalid_utf8.inc_by(read.lines_invalid_utf8);
        self.metrics.lines_not_in_format.inc_by(read.encoded.not_in_format);
        self.metrics.partials_joined.inc_by(read.partials_joined);
        self.metrics.nul_bytes_skipped.inc_by(read.nul_bytes);
    }

    /// Appends a request, in parts where it is larger than the spool takes. Returns the position after the last part.
    async fn append(&self, payload: bytes::Bytes, records: u64) -> Result<Option<Position>, Closed> {
        let mut position = None;
        // The next part is on top.
        let mut parts = vec![(payload, records)];
        while let Some((payload, records)) = parts.pop() {
            match self.offer(&payload, records).await {
                Offered::Taken(end) => position = Some(end),
                Offered::TooLarge(error) => match halves(&payload, records) {
                    Some([first, second]) => parts.extend([second, first]),
                    None => {
                        warn!(%error, "a line is dropped; a larger spool.bytes_max or a smaller line_bytes_max keeps such lines");
                        self.ledger.drop_pending(Signal::Logs, COMPONENT, Reason::TooLarge, records);
                    }
                },
                Offered::Closed => {
                    let left = records + parts.iter().map(|(_, records)| records).sum::<u64>();
                    self.ledger.refuse(Signal::Logs, Receiver::Tail, left);
                    return Err(Closed);
                }
            }
        }
        Ok(position)
    }

    /// Offers a request until it is taken, or never will be.
    async fn offer(&self, payload: &bytes::Bytes, records: u64) -> Offered {
        let batch = Batch {
            signal: Signal::Logs,
            records: records as u32,
            key: OrderKey::ANY,
            received: UnixNanos::now(),
            payload: payload.clone(),
        };
        let mut has_warned = false;
        loop {
            match self.sink.append(batch.clone()).await {
                Ok(position) => return Offered::Taken(position),
                Err(AppendError::Closed) => return Offered::Closed,
                Err(error @ AppendError::TooLarge { .. }) => return Offered::TooLarge(error),
                Err(error) => {
                    if !has_warned {
                        warn!(%error, "log lines wait for the spool");
                    }
                    has_warned = true;
                    sleep(RETRY_PAUSE).await;
                }
            }
        }
    }
}
