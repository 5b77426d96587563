//! The signals that end a program.

use std::io;

use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

/// SIGTERM and SIGINT.
pub(super) struct StopSignals {
    terminate: Signals,
    interrupt: Signals,
}

impl StopSignals {
    pub(super) fn install() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Returns after one of them. Cancel safe.
    pub(super) async fn recv(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
