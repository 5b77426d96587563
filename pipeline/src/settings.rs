//! From the configuration to the settings of parts, and what of it cannot change while weir runs.

use std::path::PathBuf;

use weir_config::{Config, Durability, WhenFull};
use weir_intake::IntakeSettings;
use weir_model::Signal;
use weir_spool::SpoolSettings;

use super::budget::Budget;
use super::exporters::Destination;
use weir_agent::identity::Identity;

pub(super) fn spool_settings(config: &Config, budget: &Budget) -> SpoolSettings {
    let spool = &config.spool;
    SpoolSettings {
        path: spool_folder(config),
        bytes_max: spool.bytes_max,
        age_max: spool.age_max,
        power_loss: spool.durability == Durability::PowerLoss,
        drop_oldest: spool.when_full == WhenFull::DropOldest,
        memory_bytes_max: budget.spool_memory,
        in_flight_bytes_max: budget.spool_in_flight,
        ..SpoolSettings::default()
    }
}

fn spool_folder(config: &Config) -> PathBuf {
    config.spool.path.join("spool")
}

pub(super) fn intake_settings(config: &Config, destinations: &[Destination]) -> IntakeSettings {
    IntakeSettings {
        resource: Identity::of(config).attributes(),
        correlation_keys: config.correlation_keys.clone(),
        traces_ratio: config.traces_ratio,
        logs_follow_traces: config.logs_follow_traces,
        has_exporter: Signal::ALL.map(|signal| destinations.iter().any(|it| it.signals().contains(&signal))),
    }
}

pub(super) fn refuse_what_needs_a_restart(old: &Config, new: &Config) -> Result<(), String> {
    let changed = [
        ("spool", old.spool != new.spool),
        ("limits", old.limits != new.limits),
        ("telemetry", old.telemetry != new.telemetry),
    ];
    let keys: Vec<&str> = changed.into_iter().filter_map(|(key, changed)| changed.then_some(key)).collect();
    if keys.is_empty() {
        return Ok(());
    }
    Err(format!("{} cannot change while weir runs; restart it, or undo that change", keys.join(", ")))
}
