//! What tests of the tier have in common.

use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use weir_intake::{Intake, IntakeSettings};
use weir_ledger::Ledger;
use weir_spool::{Spool, SpoolSettings};

/// What everything that is waited for must be within.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Opens a spool; the threads of a life that was killed may still hold its lock for a moment.
pub(crate) async fn opened(path: &Path, ledger: &Ledger) -> Spool {
    let until = Instant::now() + DEADLINE;
    loop {
        let settings = SpoolSettings { path: path.to_owned(), ..SpoolSettings::default() };
        match Spool::open(settings, ledger.clone()) {
            Ok(spool) => return spool,
            Err(error) => assert!(Instant::now() < until, "{error}"),
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// The way into a spool, without any changes on it.
pub(crate) fn intake(spool: &Spool, ledger: &Ledger) -> Intake {
    let settings = IntakeSettings {
        resource: Vec::new(),
        correlation_keys: Vec::new(),
        traces_ratio: 1.0,
        logs_follow_traces: false,
        has_exporter: [true; 3],
    };
    Intake::new(settings, spool.clone(), ledger.clone())
}
