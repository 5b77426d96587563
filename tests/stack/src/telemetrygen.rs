//! The OpenTelemetry project's load generator.

use std::process::{Command, Output};

use crate::{StartError, locate};

/// Runs `telemetrygen` with `arguments` to its end.
pub fn telemetrygen(arguments: &[&str]) -> Result<Output, StartError> {
    Command::new(locate("telemetrygen")?)
        .args(arguments)
        .output()
        .map_err(|source| StartError::Spawn { name: "telemetrygen".to_owned(), source })
}
