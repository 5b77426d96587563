//! What a rule does, and why one is refused.

use std::fmt;

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

impl Action {
    /// Every action.
    pub const ALL: [Self; 11] = [
        Self::Replace,
        Self::Keep,
        Self::Drop,
        Self::KeepEqual,
        Self::DropEqual,
        Self::HashMod,
        Self::LabelMap,
        Self::LabelDrop,
        Self::LabelKeep,
        Self::Lowercase,
        Self::Uppercase,
    ];

    /// The name in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::KeepEqual => "keepequal",
            Self::DropEqual => "dropequal",
            Self::HashMod => "hashmod",
            Self::LabelMap => "labelmap",
            Self::LabelDrop => "labeldrop",
            Self::LabelKeep => "labelkeep",
            Self::Lowercase => "lowercase",
            Self::Uppercase => "uppercase",
        }
    }

    /// Reads a name in any case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a rule is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// No such action.
    #[error("unknown relabel action \"{0}\"")]
    Action(String),
    /// A source label without a name.
    #[error("a source label has an empty name")]
    SourceLabel,
    /// `hashmod` without a modulus.
    #[error("relabel configuration for hashmod requires non-zero modulus")]
    Modulus,
    /// The action writes to or compares with a label, and none is named.
    #[error("relabel configuration for {0} action requires 'target_label' value")]
    TargetLabel(Action),
    /// The action takes its value from the source labels alone.
    #[error("'replacement' can not be set for {0} action")]
    ReplacementUnused(Action),
    /// `labelmap` would give labels an empty name.
    #[error("\"\" is invalid 'replacement' for labelmap action")]
    ReplacementEmpty,
    /// More is set than the action compares.
    #[error("{0} action requires only 'source_labels' and 'target_label', and no other fields")]
    OnlyLabels(Action),
    /// More is set than the action uses.
    #[error("{0} action requires only 'regex', and no other fields")]
    OnlyRegex(Action),
    /// The pattern does not compile.
    #[error("error parsing regexp \"{pattern}\": {cause}")]
    Regex {
        /// As written.
        pattern: String,
        /// What is wrong with it.
        cause: String,
    },
}

impl RuleError {
    /// The key of the rule at which a message about it should point; absent when the rule as a whole is at fault.
    pub const fn key(&self) -> Option<&'static str> {
        match self {
            Self::Action(_) => Some("action"),
            Self::SourceLabel => Some("source_labels"),
            Self::Modulus => Some("modulus"),
            Self::TargetLabel(_) => Some("target_label"),
            Self::ReplacementUnused(_) | Self::ReplacementEmpty => Some("replacement"),
            Self::OnlyLabels(_) | Self::OnlyRegex(_) => None,
            Self::Regex { .. } => Some("regex"),
        }
    }
}
