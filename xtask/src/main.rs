//! The project's own checks: format, lints and the tidy rules.
fn main() {}
