//! Where a rule does not hold, and why.

use super::Finding;

/// A rule, the path it does not hold for, and the reason.
struct Exception {
    rule: &'static str,
    path: &'static str,
    reason: &'static str,
}

/// Kept short: an entry that nothing needs any more is a finding.
const EXCEPTIONS: &[Exception] = &[];

/// Takes out what is excepted and adds exceptions that are not needed.
pub(super) fn apply(found: Vec<Finding>) -> Vec<Finding> {
    apply_these(found, EXCEPTIONS)
}

fn apply_these(found: Vec<Finding>, exceptions: &[Exception]) -> Vec<Finding> {
    let covers = |exception: &Exception, finding: &Finding| {
        exception.rule == finding.rule && exception.path == finding.path
    };
    let unneeded =
        exceptions.iter().filter(|exception| !found.iter().any(|finding| covers(exception, finding)));
    let mut left: Vec<Finding> = unneeded
        .map(|exception| {
            let message = format!("the exception ({}) is not needed any more", exception.reason);
            Finding::new(exception.rule, exception.path, 1, message)
        })
        .collect();
    left.extend(
        found.into_iter().filter(|finding| !exceptions.iter().any(|exception| covers(exception, finding))),
    );
    left
}

#[cfg(test)]
mod tests;
