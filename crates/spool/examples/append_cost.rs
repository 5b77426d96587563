//! What an append costs beside a plain write of the same bytes.
//!
//! `cargo run --profile quick -p weir-spool --example append_cost [batches] [batch bytes] [in flight]`
//!
//! Prints CPU time of the whole process (user and system, all threads) and wall time per batch, for
//! - `write`: one `write` of the batch per call, from one thread, nothing else;
//! - `write and sync`: the same, synced each second as the spool does;
//! - `append`: `Spool::append` without a reader;
//! - `append and take`: with one reader that keeps up and settles each batch.
#![allow(clippy::print_stdout)] // It is what the program is for.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::fs::{Advice, fadvise};
use rustix::time::{ClockId, clock_gettime};
use tempfile::TempDir;
use tokio::task::JoinSet;
use weir_ledger::{Ledger, Settlement};
use weir_model::{Batch, OrderKey, Receiver, Signal, UnixNanos};
use weir_spool::{EntryId, Reader, Spool, SpoolSettings, TakeLimits};

const EXPORTER: &str = "bench";
const SEGMENT_BYTES: usize = 8 << 20;
const SEGMENTS: usize = 32;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |default: usize| arguments.next().map_or(Ok(default), |text| text.parse());
    let (batches, batch_bytes, in_flight) = (next(20_000)?, next(70_000)?, next(16)?);
    println!("{batches} batches of {batch_bytes} bytes, {in_flight} in flight");
    let payload = Bytes::from(vec![b'x'; batch_bytes]);
    let folder = TempDir::new_in(".")?;
    report("write", batches, || plain_write(folder.path(), &payload, batches, false))?;
    report("write and sync", batches, || plain_write(folder.path(), &payload, batches, true))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for (name, with_reader) in [("append", false), ("append and take", true)] {
        let folder = TempDir::new_in(".")?;
        report(name, batches, || {
            runtime.block_on(append(folder.path(), &payload, batches, in_flight, with_reader))
        })?;
    }
    Ok(())
}

fn report(
    name: &str,
    batches: usize,
    run: impl FnOnce() -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let (cpu, wall) = (cpu_time(), Instant::now());
    run()?;
    let (cpu, wall) = (cpu_time() - cpu, wall.elapsed());
    let per_batch = |time: Duration| time.as_secs_f64() * 1e6 / batches as f64;
    println!("{name:16} {:8.2} us CPU {:8.2} us wall per batch", per_batch(cpu), per_batch(wall));
    Ok(())
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Writes files as large and as many as the spool does; with `is_synced` syncs them each second and drops their pages.
fn plain_write(
    folder: &Path,
    payload: &Bytes,
    batches: usize,
    is_synced: bool,
) -> Result<(), Box<dyn Error>> {
    let per_file = (SEGMENT_BYTES / payload.len().max(1)).max(1);
    let path = |number: usize| folder.join(number.to_string());
    let mut synced = Instant::now();
    let mut unsynced = Vec::new();
    for (number, start) in (0..batches).step_by(per_file).enumerate() {
        let mut file = File::create(path(number))?;
        for _ in start..batches.min(start + per_file) {
            file.write_all(payload)?;
        }
        unsynced.push(file);
        if is_synced && synced.elapsed() >= Duration::from_secs(1) {
            for file in unsynced.drain(..) {
                file.sync_data()?;
                fadvise(&file, 0, None, Advice::DontNeed)?;
            }
            synced = Instant::now();
        }
        if number >= SEGMENTS {
            fs::remove_file(path(number - SEGMENTS))?;
        }
    }
    Ok(())
}

async fn append(
    folder: &Path,
    payload: &Bytes,
    batches: usize,
    in_flight: usize,
    with_reader: bool,
) -> Result<(), Box<dyn Error>> {
    let ledger = Ledger::new();
    let settings = SpoolSettings {
        path: folder.to_owned(),
        bytes_max: (SEGMENTS * SEGMENT_BYTES) as u64,
        drop_oldest: true,
        ..SpoolSettings::default()
    };
    let spool = Spool::open(settings, ledger.clone())?;
    let reader = if with_reader { Some(Arc::new(spool.subscribe(Signal::Traces, EXPORTER)?)) } else { None };
    let mut tasks = JoinSet::new();
    for _ in 0..in_flight {
        let (spool, ledger, payload) = (spool.clone(), ledger.clone(), payload.clone());
        tasks.spawn(async move {
            for _ in 0..batches / in_flight {
                ledger.receive(Signal::Traces, Receiver::OtlpGrpc, 100);
                let received = UnixNanos::now();
                let batch = Batch {
                    signal: Signal::Traces,
                    records: 100,
                    key: OrderKey::ANY,
                    received,
                    payload: payload.clone(),
                };
                spool.append(batch).await.expect("drop_oldest makes room");
            }
        });
    }
    let taking = reader.map(|reader| tokio::spawn(take_all(reader, ledger, batches / in_flight * in_flight)));
    tasks.join_all().await;
    if let Some(taking) = taking {
        taking.await?;
    }
    Ok(())
}

async fn take_all(reader: Arc<Reader>, ledger: Ledger, batches: usize) {
    let mut taken = 0;
    while taken < batches {
        let entries = reader.take(&TakeLimits::default()).await;
        taken += entries.len();
        let ids: Vec<EntryId> = entries.iter().map(|entry| entry.id).collect();
        let records = entries.iter().map(|entry| u64::from(entry.batch.records)).sum();
        let settlement = Settlement { delivered: records, ..Settlement::default() };
        ledger.settle(Signal::Traces, EXPORTER, records, &settlement);
        reader.settle(&ids);
    }
}
