//! A rule: its form in the configuration, its checks, its effect.

use std::borrow::Cow;
use std::fmt;

use regex::Regex;

use crate::letter_case;
use crate::re2;
use crate::template::Template;
use crate::{Action, Labels, RuleError};

const DEFAULT_REGEX: &str = "(.*)";
const DEFAULT_REPLACEMENT: &str = "$1";
const DEFAULT_SEPARATOR: &str = ";";

/// A rule as written; what is left out gets Prometheus' default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleSpec {
    /// Labels whose values are joined.
    pub source_labels: Option<Vec<String>>,
    /// Put between the values. Default `;`.
    pub separator: Option<String>,
    /// The label that is written or compared with.
    pub target_label: Option<String>,
    /// Go's (RE2) syntax, matched against the whole text; `.` matches line ends too. Default `(.*)`.
    pub regex: Option<String>,
    /// Of `hashmod`.
    pub modulus: Option<u64>,
    /// With `$1`, `${name}` for what groups matched. Default `$1`.
    pub replacement: Option<String>,
    /// An action's name in any case. Default `replace`.
    pub action: Option<String>,
}

/// A checked and compiled rule. Cloning is cheap; two rules are equal when they were written equally.
#[derive(Clone)]
pub struct Rule {
    spec: RuleSpec,
    action: Action,
    regex: Regex,
    /// With the default regex everything matches and the only group is the whole text.
    matches_all: bool,
    target: Template,
    replacement: Template,
}

impl Rule {
    /// Checks and compiles `spec`.
    pub fn new(spec: RuleSpec) -> Result<Self, RuleError> {
        let action = match &spec.action {
            Some(name) => Action::parse(name).ok_or_else(|| RuleError::Action(name.clone()))?,
            None => Action::Replace,
        };
        check(&spec, action)?;
        let pattern = spec.regex();
        let regex = compile(pattern)?;
        let target = Template::new(spec.target_label.as_deref().unwrap_or_default(), &regex);
        let replacement = Template::new(spec.replacement(), &regex);
        let matches_all = pattern == DEFAULT_REGEX;
        Ok(Self { spec, action, regex, matches_all, target, replacement })
    }

    /// The rule as it was written.
    pub fn spec(&self) -> &RuleSpec {
        &self.spec
    }

    /// What it does.
    pub fn action(&self) -> Action {
        self.action
    }

    fn apply(&self, labels: &mut Labels) -> bool {
        match self.action {
            Action::Keep => return self.is_match(&self.source(labels)),
            Action::Drop => return !self.is_match(&self.source(labels)),
            Action::KeepEqual => {
                return labels.get(self.target_label()).unwrap_or_default() == self.source(labels);
            }
            Action::DropEqual => {
                return labels.get(self.target_label()).unwrap_or_default() != self.source(labels);
            }
            Action::Replace => self.replace(labels),
            Action::HashMod => {
                let remainder = hash(&self.source(labels)) % self.spec.modulus.unwrap_or(1);
                labels.set(self.target_label(), remainder.to_string());
            }
            Action::Lowercase => {
                let value = letter_case::lower(&self.source(labels));
                labels.set(self.target_label(), value);
            }
            Action::Uppercase => {
                let value = letter_case::upper(&self.source(labels));
                labels.set(self.target_label(), value);
            }
            Action::LabelMap => self.map_names(labels),
            Action::LabelDrop => labels.retain(|name, _| !self.is_match(name)),
            Action::LabelKeep => labels.retain(|name, _| self.is_match(name)),
        }
        true
    }

    fn target_label(&self) -> &str {
        self.spec.target_label.as_deref().unwrap_or_default()
    }

    /// The values of the source labels, joined; an absent label is empty.
    fn source<'a>(&self, labels: &'a Labels) -> Cow<'a, str> {
        let mut names = self.spec.source_labels.iter().flatten();
        let Some(first) = names.next() else { return Cow::Borrowed("") };
        let mut joined = Cow::Borrowed(labels.get(first).unwrap_or_default());
        for name in names {
            let joined = joined.to_mut();
            joined.push_str(self.spec.separator());
            joined.push_str(labels.get(name).unwrap_or_default());
        }
        joined
    }

    fn is_match(&self, text: &str) -> bool {
        self.matches_all || self.regex.is_match(text)
    }

    fn replace(&self, labels: &mut Labels) {
        let (name, value) = {
            let source = self.source(labels);
            if self.matches_all {
                let whole = |_| Some(source.as_ref());
                (self.target.expand(whole), self.replacement.expand(whole))
            } else {
                let Some(captures) = self.regex.captures(&source) else { return };
                let group = |number| captures.get(number).map(|group| group.as_str());
                (self.target.expand(group), self.replacement.expand(group))
            }
        };
        if !name.is_empty() {
            labels.set(&name, value);
        }
    }

    fn map_names(&self, labels: &mut Labels) {
        let mapped: Vec<(String, String)> = labels
            .iter()
            .filter(|(name, _)| self.is_match(name))
            .map(|(name, value)| (self.mapped_name(name), value.to_owned()))
            .collect();
        for (name, value) in mapped {
            labels.set(&name, value);
        }
    }

    fn mapped_name(&self, name: &str) -> String {
        let expanded = |captures: &regex::Captures<'_>| {
            self.replacement.expand(|number| captures.get(number).map(|group| group.as_str()))
        };
        self.regex.replace_all(name, expanded).into_owned()
    }
}

impl RuleSpec {
    /// The pattern, the default included.
    pub fn regex(&self) -> &str {
        self.regex.as_deref().unwrap_or(DEFAULT_REGEX)
    }

    /// What is put between the values, the default included.
    pub fn separator(&self) -> &str {
        self.separator.as_deref().unwrap_or(DEFAULT_SEPARATOR)
    }

    /// What is written, the default included.
    pub fn replacement(&self) -> &str {
        self.replacement.as_deref().unwrap_or(DEFAULT_REPLACEMENT)
    }

    /// Whether separator, modulus and replacement are left at their defaults.
    fn is_plain(&self) -> bool {
        self.separator() == DEFAULT_SEPARATOR
            && self.replacement() == DEFAULT_REPLACEMENT
            && self.modulus.unwrap_or(0) == 0
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spec.fmt(f)
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.spec == other.spec
    }
}

/// Runs `rules` in order. False when one of them drops the label set; `labels` is then of no use.
pub fn apply(rules: &[Rule], labels: &mut Labels) -> bool {
    rules.iter().all(|rule| rule.apply(labels))
}

/// Which keys an action needs and which it refuses. Label names may be any UTF-8 text but the empty one.
fn check(spec: &RuleSpec, action: Action) -> Result<(), RuleError> {
    let no_target = spec.target_label.as_deref().is_none_or(str::is_empty);
    if spec.source_labels.iter().flatten().any(String::is_empty) {
        return Err(RuleError::SourceLabel);
    }
    match action {
        Action::HashMod if spec.modulus.unwrap_or(0) == 0 => Err(RuleError::Modulus),
        Action::Replace
        | Action::HashMod
        | Action::Lowercase
        | Action::Uppercase
        | Action::KeepEqual
        | Action::DropEqual
            if no_target =>
        {
            Err(RuleError::TargetLabel(action))
        }
        Action::KeepEqual | Action::DropEqual if !spec.is_plain() || spec.regex.is_some() => {
            Err(RuleError::OnlyLabels(action))
        }
        Action::Lowercase | Action::Uppercase if spec.replacement() != DEFAULT_REPLACEMENT => {
            Err(RuleError::ReplacementUnused(action))
        }
        Action::LabelMap if spec.replacement().is_empty() => Err(RuleError::ReplacementEmpty),
        Action::LabelDrop | Action::LabelKeep
            if !spec.is_plain() || spec.source_labels.is_some() || !no_target =>
        {
            Err(RuleError::OnlyRegex(action))
        }
        _ => Ok(()),
    }
}

/// Anchors and compiles a pattern as Prometheus does.
fn compile(pattern: &str) -> Result<Regex, RuleError> {
    let refuse = |cause: String| RuleError::Regex { pattern: pattern.to_owned(), cause };
    let translated = re2::translate(pattern).map_err(|error| refuse(error.to_string()))?;
    Regex::new(&format!("^(?s:{translated})$")).map_err(|error| refuse(last_line(&error)))
}

/// The regex crate's message without the drawing of the pattern, which shows our anchors.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}

/// The last eight bytes of the MD5 sum, as Prometheus takes them.
fn hash(text: &str) -> u64 {
    let [.., a, b, c, d, e, f, g, h] = md5::compute(text).0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests;
