//! Encoding a request where it does not hold up other tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::{JoinError, spawn_blocking};
use weir_model::Batch;

use crate::{Encoded, Exporter};

/// What a task may spend without letting others run.
const INLINE_MAX: Duration = Duration::from_micros(500);
/// The guess before anything was encoded, in picoseconds per byte: compression takes about this.
const FIRST_GUESS: u64 = 4_000;

/// What encoding costs, learnt while running. Cheap encodings stay on the task that sends, dear ones go to the
/// blocking pool.
#[derive(Debug)]
pub(crate) struct EncodingCost {
    picos_per_byte: AtomicU64,
}

impl Default for EncodingCost {
    fn default() -> Self {
        Self { picos_per_byte: AtomicU64::new(FIRST_GUESS) }
    }
}

impl EncodingCost {
    fn is_cheap(&self, bytes: u64) -> bool {
        let picos = self.picos_per_byte.load(Ordering::Relaxed).saturating_mul(bytes);
        u128::from(picos) <= INLINE_MAX.as_nanos() * 1000
    }

    /// A moving average, a quarter of it new.
    fn learn(&self, bytes: u64, took: Duration) {
        let picos = u64::try_from(took.as_nanos() * 1000).unwrap_or(u64::MAX) / bytes.max(1);
        let old = self.picos_per_byte.load(Ordering::Relaxed);
        self.picos_per_byte.store(old / 4 * 3 + picos / 4, Ordering::Relaxed);
    }
}

/// Encodes `batches`. Dropped half way, a started encoding ends in the background and is thrown away.
pub(crate) async fn encode<E: Exporter>(
    exporter: &Arc<E>,
    batches: Vec<Batch>,
    cost: &EncodingCost,
) -> Result<Encoded<E::Request>, JoinError> {
    let bytes = batches.iter().map(|batch| batch.payload.len() as u64).sum();
    let (encoded, took) = if cost.is_cheap(bytes) {
        encode_now(&**exporter, &batches)
    } else {
        let exporter = Arc::clone(exporter);
        spawn_blocking(move || encode_now(&*exporter, &batches)).await?
    };
    cost.learn(bytes, took);
    Ok(encoded)
}

fn encode_now<E: Exporter>(exporter: &E, batches: &[Batch]) -> (Encoded<E::Request>, Duration) {
    let started = Instant::now();
    (exporter.encode(batches), started.elapsed())
}

#[cfg(test)]
mod tests;
