//! From the configuration to the settings of parts, and what of it cannot change while weir runs.

use std::path::PathBuf;

use weir_config::{Config, Durability, WhenFull};
use weir_intake::IntakeSettings;
use weir_model::Signal;
use weir_spool::SpoolSettings;

use super::Program;
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

/// A collector is not where its records come from, so that of itself it adds nothing to them.
pub(super) fn intake_settings(
    program: Program,
    config: &Config,
    destinations: &[Destination],
) -> IntakeSettings {
    let resource = match program {
        Program::Agent => Identity::of(config).attributes(),
        Program::Collector => config.resource.clone().into_iter().collect(),
    };
    IntakeSettings {
        resource,
        correlation_keys: config.correlation_keys.clone(),
        traces_ratio: config.traces_ratio,
        logs_follow_traces: config.logs_follow_traces,
        has_exporter: Signal::ALL.map(|signal| {
            let is_counted = signal == Signal::Traces && config.span_metrics.is_some();
            is_counted || destinations.iter().any(|it| it.signals().contains(&signal))
        }),
    }
}

/// The same for undecided traces, all of which are taken.
pub(super) fn undecided_settings(settings: &IntakeSettings) -> IntakeSettings {
    IntakeSettings { has_exporter: [true; 3], ..settings.clone() }
}

/// Refuses settings of the other program, which would have no effect.
pub(super) fn refuse_other_program(program: Program, config: &Config) -> Result<(), String> {
    let of_nodes = [
        ("scrape_configs", !config.scrape_configs.is_empty()),
        ("host_metrics", config.host_metrics.is_some()),
        ("logs", !config.logs.is_empty()),
        ("journald", config.journald.is_some()),
        ("kubernetes", config.kubernetes.is_some()),
    ];
    let of_the_tier =
        [("tail_sampling", config.tail_sampling.is_some()), ("span_metrics", config.span_metrics.is_some())];
    let (own, others) = match program {
        Program::Agent => ("weir agent", named(&of_the_tier)),
        Program::Collector => ("weir collector", named(&of_nodes)),
    };
    if others.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} has no effect in {own}; leave it out here, and give it to the other program",
        others.join(", ")
    ))
}

fn named<'a>(settings: &[(&'a str, bool)]) -> Vec<&'a str> {
    settings.iter().filter_map(|&(key, is_set)| is_set.then_some(key)).collect()
}

pub(super) fn refuse_what_needs_a_restart(old: &Config, new: &Config) -> Result<(), String> {
    let changed = [
        ("spool", old.spool != new.spool),
        ("limits", old.limits != new.limits),
        ("telemetry", old.telemetry != new.telemetry),
        ("kubernetes", old.kubernetes != new.kubernetes),
        ("tail_sampling", old.tail_sampling.is_some() != new.tail_sampling.is_some()),
        ("span_metrics", old.span_metrics != new.span_metrics),
    ];
    let keys = named(&changed);
    if keys.is_empty() {
        return Ok(());
    }
    Err(format!("{} cannot change while weir runs; restart it, or undo that change", keys.join(", ")))
}
