//! What the wiring decides by itself. The running agent is tested end to end (tests/e2e).

use weir_config::parse;

use super::{Built, Destination, Program, intake_settings, refuse_what_needs_a_restart};
use crate::budget::Budget;
use weir_agent::cgroup::Limits;

fn config(text: &str) -> weir_config::Config {
    parse(text, "weir.yaml").unwrap_or_else(|mistakes| panic!("{mistakes}")).config
}

#[test]
fn signals_without_a_destination_are_known_so_that_they_are_dropped_with_a_reason() {
    let config = config("jaeger: [{endpoint: \"http://127.0.0.1:4317\"}]\n");
    let settings = intake_settings(
        Program::Agent,
        &config,
        &Destination::all(&config, Built { print: false, store: false }),
    );
    assert_eq!(settings.has_exporter, [false, false, true]);
    let settings = intake_settings(
        Program::Agent,
        &config,
        &Destination::all(&config, Built { print: true, store: false }),
    );
    assert_eq!(settings.has_exporter, [true, true, true]);
}

#[test]
fn a_configured_host_name_wins_over_the_detected_one() {
    let config = config("resource: {attributes: {host.name: given}}\n");
    let resource = intake_settings(Program::Agent, &config, &[]).resource;
    let names: Vec<_> = resource.iter().filter(|(key, _)| key == "host.name").collect();
    assert_eq!(names, [&("host.name".to_owned(), "given".to_owned())]);
}

#[test]
fn a_reload_that_needs_a_restart_is_refused_with_the_keys_named() {
    let old = config("spool: {path: /a}\n");
    let new = config("spool: {path: /b}\nlimits: {memory: 1GiB}\n");
    let refused = refuse_what_needs_a_restart(&old, &new).expect_err("the spool cannot move");
    assert!(refused.starts_with("spool, limits cannot change"), "{refused}");
    assert_eq!(refuse_what_needs_a_restart(&old, &old), Ok(()));
}

#[test]
fn the_shares_of_the_memory_budget_stay_within_half_of_it() {
    for mib in [32, 64, 128, 512, 4096] {
        let config = config(&format!("limits: {{memory: {mib}MiB}}\n"));
        let budget = Budget::of(&config, &Limits::default());
        let shares = 3 * (budget.spool_memory + budget.spool_in_flight) + budget.otlp_in_flight;
        assert!(shares <= (mib << 20) / 2, "{mib} MiB: {budget:?}");
    }
}
