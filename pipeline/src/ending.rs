//! The end: what is delivered still, and the last look at the books.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::{error, info, warn};
use weir_ledger::Ledger;
use weir_model::Reason;

use super::RunError;
use super::exporters::Exporters;

/// How often a stop looks whether everything has been delivered.
const DRAIN_POLL: Duration = Duration::from_millis(20);

/// Waits until all is delivered, as long as someone still takes it.
pub(super) async fn drain(exporters: &Exporters, ledger: &Ledger, deadline: Instant) {
    while Instant::now() < deadline && is_draining(exporters, ledger) {
        sleep_until(deadline.min(Instant::now() + DRAIN_POLL)).await;
    }
}

fn is_draining(exporters: &Exporters, ledger: &Ledger) -> bool {
    // Undecided traces have an account too, but stay where they are.
    let statuses = exporters.statuses();
    let delivers =
        |name: &str| statuses.iter().any(|it| it.name == name && it.status.retrying_since.is_none());
    let snapshot = ledger.snapshot();
    let mut accounts = snapshot.signals.iter().flat_map(|signal| &signal.exporters);
    accounts.any(|account| account.held > 0 && delivers(&account.name))
}

/// The last look at the books: everything is delivered, dropped for a reason, or in the spool.
pub(super) fn close_books(ledger: &Ledger) -> Result<(), RunError> {
    let snapshot = ledger.snapshot();
    let mut lost = 0;
    for signal in &snapshot.signals {
        for account in &signal.exporters {
            let (delivered, dropped, held) = (account.delivered, account.dropped, account.held);
            info!(signal = %signal.signal, exporter = %account.name, delivered, dropped, held, "closing the books");
            if account.imbalance != 0 {
                error!(exporter = %account.name, imbalance = account.imbalance, "the books do not balance");
                lost += account.imbalance.unsigned_abs();
            }
        }
        let at_shutdown = signal.dropped.iter().filter(|(_, reason, _)| *reason == Reason::Shutdown);
        lost += at_shutdown.map(|(_, _, records)| records).sum::<u64>();
        if signal.pending > 0 {
            warn!(signal = %signal.signal, records = signal.pending, "records did not reach the spool");
            lost += signal.pending;
        }
    }
    if lost > 0 { Err(RunError::Lost { records: lost }) } else { Ok(()) }
}
