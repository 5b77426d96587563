//! Exceptions hold for what they name and do not outlive it.

use super::{Exception, apply_these};
use crate::tidy::Finding;

const EXCEPTION: Exception =
    Exception { rule: "file-length", path: "a/src/table.rs", reason: "it is a table" };

#[test]
fn an_exception_takes_out_its_finding_only() {
    let excepted = Finding::new("file-length", "a/src/table.rs", 401, "too long");
    let other = Finding::new("ascii", "a/src/table.rs", 3, "not ASCII");
    assert_eq!(apply_these(vec![excepted, other.clone()], &[EXCEPTION]), [other]);
}

#[test]
fn an_exception_that_nothing_needs_is_a_finding() {
    let left = apply_these(Vec::new(), &[EXCEPTION]);
    assert!(left[0].message.contains("not needed any more"), "{left:?}");
}
