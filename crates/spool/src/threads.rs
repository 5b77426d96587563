//! The spool's threads: one writer per signal, one that writes cursors, one that syncs.

use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use weir_model::{Signal, UnixNanos};

use crate::bell::Woken;
use crate::saving;
use crate::shared::Shared;
use crate::writer::Writer;

/// How long a settlement may wait until its cursor is written.
const WRITE_DELAY: Duration = Duration::from_millis(20);
/// How often everything is synced.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);
/// How often at most, when room is wanted.
const SYNC_INTERVAL_MIN: Duration = Duration::from_millis(100);

/// Starts the writer of `signal`.
pub(crate) fn start_writer(shared: &Arc<Shared>, signal: Signal) -> io::Result<JoinHandle<()>> {
    let writer = Writer::new(Arc::clone(shared), Arc::clone(shared.log(signal)));
    Builder::new().name(format!("spool-{signal}")).spawn(move || writer.run())
}

/// Starts the thread that writes cursors.
pub(crate) fn start_keeper(shared: &Arc<Shared>) -> io::Result<JoinHandle<()>> {
    let shared = Arc::clone(shared);
    Builder::new().name("spool-cursors".to_owned()).spawn(move || keep(&shared))
}

/// Starts the thread that syncs, expires and removes.
pub(crate) fn start_syncer(shared: &Arc<Shared>) -> io::Result<JoinHandle<()>> {
    let shared = Arc::clone(shared);
    Builder::new().name("spool-sync".to_owned()).spawn(move || sync(&shared))
}

fn keep(shared: &Shared) {
    while shared.keeper.wait() == Woken::Rung {
        let is_open = shared.keeper.pause(WRITE_DELAY);
        shared.logs.iter().for_each(|log| saving::write_cursors(shared, log));
        if !is_open {
            break;
        }
    }
}

fn sync(shared: &Shared) {
    loop {
        match shared.syncer.wait_for(SYNC_INTERVAL) {
            Woken::Closed => break,
            // Failures are counted and logged where they happen; the next round tries again.
            Woken::TimedOut => drop(saving::maintain(shared, UnixNanos::now())),
            Woken::Rung => {
                drop(saving::maintain(shared, UnixNanos::now()));
                if !shared.syncer.pause(SYNC_INTERVAL_MIN) {
                    break;
                }
            }
        }
    }
}
