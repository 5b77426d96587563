//! The rules of the conventions that a program can check.

mod exceptions;
mod length;
mod links;
mod manifests;
mod names;
mod texts;

use std::fmt;

use crate::tree::Tree;

/// A place where a rule is broken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// From the repository's root.
    pub(crate) path: String,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) rule: &'static str,
    pub(crate) message: String,
}

impl Finding {
    fn new(rule: &'static str, path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, rule, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {} [{}]", self.path, self.line, self.message, self.rule)
    }
}

/// Every place where a rule is broken and no exception stands, and every exception that nothing needs any more.
pub(crate) fn findings(tree: &Tree) -> Vec<Finding> {
    let rules = [length::check, links::check, manifests::check, names::check, texts::check];
    let mut found: Vec<Finding> = rules.iter().flat_map(|rule| rule(tree)).collect();
    found.sort();
    exceptions::apply(found)
}

#[cfg(test)]
mod tests;
