//! Service level objectives to Prometheus rules, and to promtool tests of these rules.
//!
//! Of each SLO four files are made:
//!
//! | file | holds |
//! |---|---|
//! | `<name>.rules.yaml` | groups `-fast`, `-medium`, `-slow`, `-health`: ratios over windows, and the alerts on them |
//! | `<name>.budget.rules.yaml` | group `-budget`: what is left of the period's error budget |
//! | `<name>.test.yaml`, `<name>.budget.test.yaml` | promtool tests of the two |
//!
//! Recordings and the alert that uses them are in one group, in order, so that an alert takes one evaluation. The names
//! are the same for every SLO, told apart by `slo_id`, so that one dashboard serves all. See docs/slo.md.

mod alerts;
mod emit;
mod query;
mod rules;
mod series;
mod unit_tests;
mod windows;

use weir_config::{Mistakes, SloConfig, parse_slos};

/// A file that is generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Its name, without a folder.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// Reads OpenSLO v1 documents; `name` is the file's name, for messages.
///
/// # Errors
/// Every mistake of the text.
pub fn read(text: &str, name: &str) -> Result<Vec<SloConfig>, Mistakes> {
    parse_slos(text, name, &query::check)
}

/// The files of an SLO. Runbooks are at `runbooks`, one per alert: `<runbooks>/<alert>.md`.
pub fn generate(slo: &SloConfig, runbooks: &str) -> Vec<Generated> {
    let name = &slo.name;
    let main = rules::main_groups(slo, runbooks);
    let budget = vec![rules::budget_group(slo, runbooks)];
    let mut files = vec![
        Generated { name: format!("{name}.rules.yaml"), text: emit::rules(&main) },
        Generated { name: format!("{name}.budget.rules.yaml"), text: emit::rules(&budget) },
    ];
    if let Some(text) = unit_tests::main_file(slo) {
        files.push(Generated { name: format!("{name}.test.yaml"), text });
    }
    if let Some(text) = unit_tests::budget_file(slo) {
        files.push(Generated { name: format!("{name}.budget.test.yaml"), text });
    }
    files
}

#[cfg(test)]
mod tests;
